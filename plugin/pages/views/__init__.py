"""What the pages show, as values: pure functions from states to texts, widths and rows. Templates decide nothing."""
