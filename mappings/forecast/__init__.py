"""Will we make it? What a key result and its objective are likely to reach by the last day of their cycle. Advice, never an input of health."""
