"""Issues archived in Jira leave like excluded ones, say so, and are written no more."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from connectors.sandbox.administration import archive, restore
from connectors.sandbox.site_state import scheme
from connectors.store.numbers import objectives
from connectors.store.writes import refusals
from mappings.rollup.rows.ledger import Disposition
from plugin.sync.resync.full_read import resync
from tests.plugin.sync.conftest import Company

CLOUD_AND_DATACENTER = pytest.mark.parametrize("small", ["cloud", "datacenter"], indirect=True)


def plat(small: Company) -> tuple[Any, list[Any]]:
    """The objective of PLAT and its stories, all of one weight; the first fifteen of twenty done."""
    epic = next(one for one in small.records(scheme.EPIC) if one.project.key == "PLAT")
    stories = [one for one in small.records() if one.parent_id == epic.id]
    small.clock.pass_by(minutes=1)
    for at, one in enumerate(stories):
        small.edit(one, **{scheme.POINTS: 1})
        small.move(one, "Done" if at < 15 else "To Do")
    again(small)
    return epic, stories


def again(small: Company) -> Any:
    small.clock.pass_by(minutes=1)
    found = resync(small.context)
    small.work_off()
    return found


def measured(small: Company, objective_id: str) -> tuple[Fraction | None, list[str]]:
    """The progress of its only key result, and what its ledger says of rows that are left out."""
    with small.connector.store.read() as conn:
        saved = objectives.load(conn, "main", objective_id)
    assert saved is not None
    (one,) = saved.state.key_results
    out = [row.reason for row in one.measurement.ledger.rows if row.disposition is Disposition.EXCLUDED]
    return one.measurement.progress, out


@CLOUD_AND_DATACENTER
def test_archived_rows_leave_the_denominator_and_come_back_with_it(small: Company) -> None:
    epic, stories = plat(small)
    assert measured(small, epic.id) == (Fraction(15, 20), [])

    for one in stories[:10]:
        archive(small.sandbox.sandbox, one)
    assert again(small).losses == 0
    assert measured(small, epic.id) == (Fraction(5, 10), ["archived in Jira: left out"] * 10)

    small.sandbox.site.calls.clear()
    again(small)
    assert not any(name.endswith(("bulkfetch", "issue/*")) for name in small.sandbox.site.calls.by_endpoint)

    restore(small.sandbox.sandbox, stories[0])
    again(small)
    assert measured(small, epic.id) == (Fraction(6, 11), ["archived in Jira: left out"] * 9)


def test_an_archived_objective_is_none_and_is_not_written(small: Company) -> None:
    epic, stories = plat(small)
    archive(small.sandbox.sandbox, epic)
    small.move(stories[0], "To Do")
    edits = dict(small.sandbox.site.calls.edits)

    again(small)

    with small.connector.store.read() as conn:
        assert objectives.load(conn, "main", epic.id) is None
        assert refusals.load_all(conn) == []
    assert dict(small.sandbox.site.calls.edits) == edits
