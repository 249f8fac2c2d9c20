"""The fields JQL may ask for, and how the values of each are compared."""
