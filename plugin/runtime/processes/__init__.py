"""What every process needs: its name and heartbeat, logs, counters and metrics, a governor per site."""
