"""What goes in and out of the sandbox: who asks, limits, faults and counters; webhooks and their delivery."""
