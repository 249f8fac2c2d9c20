"""The forms in which OKRs are handed over: a table, the archive of Viva Goals, and the connector's own file. Pure."""
