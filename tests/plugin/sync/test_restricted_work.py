"""An issue with a security level under `restricted`, on each deployment: left out of what is written, or what is written is left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.site_state.scheme import CONNECTOR
from connectors.store.numbers import objectives
from mappings import presets
from mappings.rollup.rows.ledger import Contribution
from plugin.sync.resync.full_read import resync
from plugin.use_cases.mappings.mapping_life import activate
from tests.actors import TESTER

if TYPE_CHECKING:
    from tests.plugin.sync.conftest import Company


def rows(firm: Company, objective: str) -> dict[str, Contribution]:
    with firm.connector.store.read() as conn:
        saved = objectives.load(conn, "main", objective)
    assert saved is not None
    ledgers = (one.measurement.ledger for one in saved.state.key_results)
    return {row.id: row for each in ledgers for row in each.rows if row.id.isdigit()}


def live(firm: Company, restricted: str) -> None:
    text = f"{presets.text('epics-as-objectives')}\nrestricted: {restricted}\n"
    activate(firm.connector, TESTER, "main", text, file="okr.yaml", large=True)
    firm.clock.pass_by(minutes=5)
    resync(firm.context)
    firm.work_off()


@pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
def test_what_a_level_hides_leaves_the_written_number_or_stops_it(firm: Company) -> None:
    with firm.connector.store.read() as conn:
        every = [one.state for one in objectives.load_all(conn, "main") if one.state.progress]
    objective = every[0].id
    hidden = next(row for row in rows(firm, objective).values() if row.share)
    firm.sandbox.sandbox.groups["directors"] = frozenset({CONNECTOR.id})
    firm.sandbox.sandbox.secure(hidden.id, "directors")
    whole = firm.in_jira(objective)

    live(firm, "leave_out")
    left = rows(firm, objective)[hidden.id]
    assert (left.disposition, left.reason) == ("excluded", "restricted, left out")
    without = firm.in_jira(objective)
    assert without != whole

    live(firm, "refuse")
    assert firm.in_jira(objective) == without, "what would tell of it is not written"
    live(firm, "count")
    assert firm.in_jira(objective) == whole
