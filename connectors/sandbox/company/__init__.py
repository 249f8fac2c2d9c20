"""What a sandbox is filled with: the demo's company and its quarters, or very many plain issues."""
