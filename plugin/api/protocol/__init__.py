"""What holds for every operation: how it is declared, read, dispatched, answered and described."""
