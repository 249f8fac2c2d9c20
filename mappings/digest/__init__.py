"""What is told by the week: which week it is, what happened in it, and the words for it. Sends nothing."""
