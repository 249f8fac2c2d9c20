"""Text to document and back: YAML and JSON as one plain tree with places, its shape, and the canonical form."""
