"""What the tables are made of: instants are BIGINT epoch milliseconds, documents are JSON as TEXT."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def site() -> Column[str]:
    """The site a row belongs to, in its key."""
    return Column("site", Text, primary_key=True)


def part(name: str) -> Column[str]:
    """A text in the key."""
    return Column(name, Text, primary_key=True)


def serial() -> Column[int]:
    """SQLite makes only INTEGER keys by itself."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def text(name: str) -> Column[str]:
    """A text that is always there."""
    return Column(name, Text, nullable=False)


def number(name: str) -> Column[int]:
    """A number or an instant that is always there."""
    return Column(name, BigInteger, nullable=False)
