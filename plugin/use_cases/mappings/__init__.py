"""The life of a mapping: drafts, check, preview, activation, revisions."""
