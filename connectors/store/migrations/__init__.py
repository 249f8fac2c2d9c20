"""How the tables came to be: one Alembic revision a file, only forwards. The way back is the backup taken before."""
