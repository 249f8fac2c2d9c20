"""What is measured, beside what it is measured against. Run with `python -m benchmarks`."""
