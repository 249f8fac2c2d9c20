"""Events for programs: what happened is posted to whoever subscribed."""
