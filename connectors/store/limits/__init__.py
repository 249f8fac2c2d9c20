"""What all processes know together of how much Jira lets them call: who calls, how much was called, what to leave alone, what is left."""
