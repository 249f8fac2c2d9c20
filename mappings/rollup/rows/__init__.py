"""The rows of a number: what each stands at and weighs, and the ledger in which they sum to it exactly."""
