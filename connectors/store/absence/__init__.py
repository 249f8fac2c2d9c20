"""What is not there or could not be read: gaps, losses, what is out of sight, what was dropped a while ago."""
