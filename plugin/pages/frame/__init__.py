"""What holds for every page: its place, address, forms, errors, static files and policy."""
