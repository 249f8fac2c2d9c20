"""What a site consists of: its server, its catalogue, and what our account may do there."""
