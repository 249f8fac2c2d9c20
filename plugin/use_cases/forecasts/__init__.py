"""Will we make it: forecasts, how they are told, and how good they were."""
