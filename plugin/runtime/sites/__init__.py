"""What is known of a site before it is spoken to: its address as somebody copied it, and when its credential ends."""
