"""Pages of the life of a mapping: set-up, editor, form, preview, revisions."""
