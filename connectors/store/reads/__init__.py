"""What is known of reads of a site: the full ones, those of recent changes, how far one is, and what asks for the next."""
