"""Mappings as pages show them: forms, differences, presets, revisions."""
