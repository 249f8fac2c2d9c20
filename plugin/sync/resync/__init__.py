"""Everything, or what changed of late, read again: completeness, places to go on from, what left the scope."""
