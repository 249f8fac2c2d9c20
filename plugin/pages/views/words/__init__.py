"""Words and figures of all pages: numbers, moments, health, freshness."""
