"""What comes in from other tools and goes out to other programs: imports, subscriptions, badges."""
