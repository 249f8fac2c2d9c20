"""Readings that are pulled from a source: when it is asked, and the issues as they stood then."""
