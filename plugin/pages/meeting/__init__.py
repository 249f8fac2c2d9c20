"""The pages of a meeting: one objective at a time, the brief on a sheet, the map of alignment."""
