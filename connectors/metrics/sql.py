"""`sql`: the one cell that a SELECT gives, in a transaction that only reads. With `:to` in it, it answers for the past as well."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import ClassVar
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from connectors.metrics.basis.connections import ConnectionFailure, connection_of
from connectors.metrics.basis.source import Answer, Clock, FailureKind, MetricSource, Reach, SourceFailure
from connectors.metrics.http_json import unreachable
from connectors.name_lookup import libpq_hosts
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import SourceOptions, SqlOptions
from mappings.numbers import count_of, exact

LIMIT_SECONDS = 10
INSTRUCTIONS = 10_000
PLACE = re.compile(r"(?<![:\w]):([a-z_]+)")
ADDRESS = "postgresql://user:password@host/database or sqlite:///path/to/file"
LONGEST_SAID = 300


class Sql(MetricSource[SqlOptions]):
    """Asks a database."""

    kind: ClassVar[str] = "sql"
    options: ClassVar[type[SourceOptions]] = SqlOptions

    def answers_late(self, options: SqlOptions) -> bool:
        return "to" in PLACE.findall(options.query)

    def read(self, options: SqlOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        query = options.query.strip().removesuffix(";")
        wrong = _wrong(query)
        if wrong:
            return SourceFailure(FailureKind.REFUSED, wrong, "Write one SELECT.")
        try:
            url = make_url(connection_of(reach.outside, options.connection).url)
            rows = _asked(url, query, period)
        except ConnectionFailure as error:
            return unreachable(error)
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or "the address of the database cannot be used")
            return SourceFailure(
                FailureKind.OUTAGE, f"the database says: {' '.join(said.split())[:LONGEST_SAID]}"
            )
        value = _cell(rows)
        if isinstance(value, SourceFailure):
            return value
        return (KpiReading(period.last, value, clock(), self.kind),)


def _wrong(query: str) -> str:
    """What is wrong with the places of a query; that it is a single SELECT is held by its options."""
    unknown = sorted(set(PLACE.findall(query)) - {"from", "to"})
    return f"the query names {', '.join(unknown)}, and only :from and :to are bound" if unknown else ""


def _asked(url: URL, query: str, period: Period) -> Sequence[Sequence[object]]:
    """At most two rows. Raises ConnectionFailure or SQLAlchemyError."""
    lite = url.get_backend_name() == "sqlite"
    bound = {
        name: at for name, at in (("from", period.start), ("to", period.end)) if name in PLACE.findall(query)
    }
    engine = _sqlite(url) if lite else _postgres(url)
    given = {name: _text(at) if lite else at for name, at in bound.items()}
    with engine.connect() as conn:  # of no pool: it is rolled back and closed behind it
        return [tuple(row) for row in conn.execute(text(query), given).fetchmany(2)]


def _postgres(url: URL) -> Engine:
    if url.get_backend_name() != "postgresql":
        raise ConnectionFailure(f"a connection has an address like {ADDRESS}", refused=True)
    options = f"-c default_transaction_read_only=on -c statement_timeout={LIMIT_SECONDS}s"
    driven = url.set(drivername="postgresql+psycopg")
    arguments = {"options": options, "connect_timeout": LIMIT_SECONDS, **_places(driven)}
    return create_engine(driven, poolclass=NullPool, connect_args=arguments)


def _places(url: URL) -> dict[str, str]:
    """Where the hosts of an address are."""
    _, given = url.get_dialect()().create_connect_args(url)
    try:
        return libpq_hosts(given, LIMIT_SECONDS)
    except OSError as error:
        raise ConnectionFailure(f"{given['host']} has no address: {error}") from None


def _sqlite(url: URL) -> Engine:
    """The file as it is, to be read only, and no longer than the limit."""

    def opened() -> sqlite3.Connection:
        conn = sqlite3.connect(f"file:{quote(url.database or '')}?mode=ro", uri=True, timeout=LIMIT_SECONDS)
        deadline = time.monotonic() + LIMIT_SECONDS
        conn.set_progress_handler(lambda: time.monotonic() > deadline, INSTRUCTIONS)
        return conn

    return create_engine("sqlite://", poolclass=NullPool, creator=opened)


def _text(at: datetime) -> str:
    """As SQLite's own functions write instants, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03}"


def _cell(rows: Sequence[Sequence[object]]) -> Fraction | SourceFailure:
    match rows:
        case [] | [[None]]:
            return SourceFailure(FailureKind.NO_DATA, "the query gives nothing")
        case [[value]]:
            number = None if isinstance(value, str) else exact(value)
            if number is None:
                return SourceFailure(
                    FailureKind.NO_DATA, "the query gives something that is no finite number"
                )
            return number
        case [columns]:
            said = f"{count_of(len(columns), 'column')}"
        case _:
            said = "more than one row"
    return SourceFailure(FailureKind.AMBIGUOUS, f"the query gives {said}", "One row and one column are read.")
