"""What all tools share: the server and how it is reached, who asks, what they take and give, how often, and how an answer is told."""
