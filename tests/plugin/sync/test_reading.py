"""What is read ahead for a preview is taken in as an event would be: the numbers that stand follow it."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.site_state import scheme
from connectors.store.numbers import objectives
from mappings import presets
from plugin.sync.resync.full import resync
from plugin.use_cases.work.site_read import read_ahead


def test_an_answer_to_a_query_follows_what_a_preview_reads(company: Any) -> None:
    company.remap("relation: descendant", "relation: {jql: labels = growth}")
    resync(company.context)
    company.work_off()
    story = company.records()[100]
    company.edit(story, labels=["growth"])
    company.clock.pass_by(minutes=1)

    read_ahead(company.connector, "main", presets.text("epics-as-objectives"), lambda _done, _total: None)
    company.work_off()

    other = next(one.id for one in company.records(scheme.EPIC) if one.id != story.parent_id)
    with company.connector.store.read() as conn:
        state = objectives.load(conn, "main", other).state
    assert [row.id for one in state.key_results for row in one.measurement.ledger.rows] == [story.id]
