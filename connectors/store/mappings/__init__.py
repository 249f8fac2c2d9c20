"""The mappings of a site: the one that rules, what is drafted, activated and to come, and what its names stand for."""
