"""Touched issues read again by id and landed in the mirror; what is believed of them and what is not."""
