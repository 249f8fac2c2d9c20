"""What several doors share: who is let in, the shapes they take and give, how a list goes on, how a refusal is told. It imports none of them."""
