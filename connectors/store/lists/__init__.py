"""Lists as the database gives them: filtered, sorted, counted, a page at a time."""
