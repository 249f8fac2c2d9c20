"""A person stands in every text of every table, and in what is kept packed: all of it is handed out, and none of it is left, on both databases."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import Connection, LargeBinary, Text, insert, select

from connectors.store import Store
from connectors.store.cycles import closings
from connectors.store.cycles.closings import ClosingAct
from connectors.store.numbers import objectives, snapshot_text, snapshots
from connectors.store.personal import personal_data
from connectors.store.personal.packed_texts import PACKED
from connectors.store.personal.spellings import PersonSpellings
from connectors.store.schema import (
    audit,
    closing,
    cycle_end,
    delivery,
    metadata,
    revision,
    snapshot,
)
from connectors.store.work import inbox
from mappings.rollup.cycles.closing_record import LinkKind, verify
from mappings.rollup.state import ObjectiveState

KIM = PersonSpellings("kim@acme.example", ("Kim O'Löe",), ("5b10ac8d82e05b22cc7d4ef5",))
SAID = "Ask Kim O'Löe, KIM@acme.example, of 5b10ac8d82e05b22cc7d4ef5: (akim@acme.example)"
STAND_IN = "erased person 1"
MADE = f"Ask {STAND_IN}, {STAND_IN}, of {STAND_IN}: (akim@acme.example)"
COLUMNS = [
    (table, column)
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Text | LargeBinary)
]


def test_each_column_of_texts_is_looked_at_or_named_with_a_reason() -> None:
    """A new table is looked at by itself; what is packed has to say how it is read."""
    names = {f"{table.name}.{column.name}" for table, column in COLUMNS}
    packed = {name for packing in PACKED for name in packing.columns}
    looked_at = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in personal_data.looked_at(table)
    }
    assert names == looked_at | packed | personal_data.NOT_OURS.keys()
    assert not looked_at & (packed | personal_data.NOT_OURS.keys())
    assert all(personal_data.NOT_OURS.values())


KEPT_AS_THEY_ARE = {"site", "closing.kind", "delivery.status", "objective.id"}
"""What names no person, and has to be what it is for a row to be one."""


def test_nothing_of_a_person_is_left_in_any_table(store: Store, now: datetime) -> None:
    tables = [
        table for table in metadata.sorted_tables if table is not audit and personal_data.looked_at(table)
    ]
    said = {table: [one for one in personal_data.looked_at(table) if _may_name(one)] for table in tables}
    with store.write() as conn:
        for table in tables:
            row = {**_plain_row(table), **{one.name: SAID for one in said[table]}}
            conn.execute(insert(table).values({**row, **REAL.get(table.name, {})}))
        handed = {one.table for one in personal_data.rows(conn, KIM, None, frozenset())}
        assert personal_data.erase(conn, KIM, STAND_IN, now) == len([one for one in said.values() if one])
        kept = {table.name: str(conn.execute(select(*said[table])).all()) for table in tables if said[table]}
        again = list(personal_data.rows(conn, KIM, None, frozenset()))
    assert handed == kept.keys()
    assert {name: text for name, text in kept.items() if MADE not in text or "Kim" in text} == {}
    assert again == []


REAL = {"closing": {"kind": "closed"}, "delivery": {"status": "done"}}


def _may_name(column) -> bool:
    return not {column.name, f"{column.table.name}.{column.name}"} & KEPT_AS_THEY_ARE


def _plain_row(table) -> dict[str, object]:
    """A row that says nothing: a text `x`, a number 1, and an empty document where one is packed."""
    made = {Text: "x", LargeBinary: zlib.compress(b"{}")}
    return {column.name: made.get(type(column.type), 1) for column in table.columns if not column.nullable}


def test_nothing_of_a_person_is_left_in_what_is_packed(store: Store, now: datetime) -> None:
    long = '{"said":"' + "},{".join(f"row {number} of them" for number in range(3_000))
    texts = [f'{{"by":"kim@acme.example","n":{number}}}' for number in range(2)]
    texts += [f'{long}","by":"Kim O\'Löe","n":{number}}}' for number in range(3)]
    with store.write() as conn:
        for number, text in enumerate(texts):
            kept = snapshot_text.shrink(conn, "main", "1", text)
            row = {
                "site": "main",
                "objective_id": "1",
                "at": number,
                "mapping_revision": "r",
                "backfilled": 0,
            }
            conn.execute(insert(snapshot).values({**row, **kept}))
        ended = {**_plain_row(cycle_end), "content": zlib.compress(texts[0].encode())}
        conn.execute(insert(cycle_end).values(ended))
        for number, (by, note) in enumerate(
            (("lee", "all"), ("kim@acme.example", "of Kim O'Löe"), ("lee", "on"))
        ):
            closings.add(conn, "main", ClosingAct(f"Q{number}", 1, LinkKind.CLOSED, now, by, note, ""))
        for number in range(4):
            who = "Lee" if number == 2 else "Kim O'Löe"
            body = json.dumps({"user": who, "n": number, "more": "x" * 600}, ensure_ascii=False)
            inbox.store(conn, "main", f"d{number}", body.encode(), now)
        conn.execute(delivery.update().values(status="done"))
    assert inbox.compress(store, "main", now + timedelta(hours=1)) == 4
    with store.write() as conn:
        handed = {one.table for one in personal_data.rows(conn, KIM, None, frozenset())}
        assert personal_data.erase(conn, KIM, STAND_IN, now) == 5 + 1 + 1 + 3
    assert handed == {"snapshot", "cycle_end", "closing", "delivery"}
    with store.read() as conn:
        assert not [one for packing in PACKED for one in packing.texts(conn) if KIM.name_in(one.text)]
        assert [text for *_, text in snapshots.texts(conn)] == [KIM.reword(text, STAND_IN) for text in texts]
        assert [one.by for one in closings.acts(conn, "main")] == ["lee", STAND_IN, "lee"]
        assert verify(closings.links(conn, "main")).faults == ()
        assert [b"Kim" in one.body for one in inbox.bodies(conn)] == [False] * 4
        assert len(list(conn.execute(select(closing)))) == 3


def test_what_works_by_a_spelling_is_told(store: Store) -> None:
    with store.write() as conn:
        grant = metadata.tables["oauth_grant"]
        conn.execute(insert(grant).values({**_plain_row(grant), "account": KIM.ids[0]}))
        site = metadata.tables["site"]
        conn.execute(
            insert(site).values(
                {**_plain_row(site), "name": "main", "settings": '{"email":"KIM@acme.example"}'}
            )
        )
        conn.execute(
            insert(revision).values(
                {**_plain_row(revision), "site": "main", "text": f"to: mail:{KIM.address}"}
            )
        )
        activation = metadata.tables["activation"]
        conn.execute(insert(activation).values({**_plain_row(activation), "site": "main", "revision": "x"}))
        assert personal_data.working_places(conn, KIM) == [
            "the settings of main",
            "the mapping of main",
            "the consent by which x is asked",
        ]


def test_what_is_saved_while_a_person_is_erased_can_be_read_and_names_them_no_more(
    store: Store, an_objective: Callable[..., ObjectiveState], now: datetime
) -> None:
    """It is kept beside a base that the erasing takes away; SQLite has one writer at a time anyway."""
    (row, *_) = an_objective().ledger.rows
    rows = tuple(replace(row, id=str(at), title=f"Kim O'Löe {at * at}") for at in range(200))

    def save(conn: Connection, progress: int) -> None:
        one = an_objective(progress=Fraction(progress, 10))
        first = replace(rows[0], progress=Fraction(progress, 10))
        objectives.save(
            conn, "main", replace(one, ledger=replace(one.ledger, rows=(first, *rows[1:]))), "r", now
        )

    def erase() -> None:
        with store.write() as conn:
            snapshots.reword_of(conn, "main", an_objective().id, lambda text: KIM.reword(text, STAND_IN))

    with store.write() as conn:
        save(conn, 1)
    erasing = threading.Thread(target=erase)
    with store.write() as conn:
        save(conn, 2)
        erasing.start()
        erasing.join(0.5)
    erasing.join(30)
    with store.read() as conn:
        texts = [text for *_, text in snapshots.texts(conn)]
    assert len(texts) == 2
    assert not [text for text in texts if KIM.name_in(text)]
