"""What is read ahead for a preview is taken in as an event would be: the numbers that stand follow it."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.site_state import scheme
from connectors.store.numbers import objectives
from mappings import presets
from plugin.sync.resync.full_read import resync
from plugin.use_cases.work.site_read import read_ahead


def test_an_answer_to_a_query_follows_what_a_preview_reads(dozen: Any) -> None:
    dozen.remap("relation: descendant", "relation: {jql: labels = growth}")
    resync(dozen.context)
    dozen.work_off()
    story = dozen.records()[100]
    dozen.edit(story, labels=["growth"])
    dozen.clock.pass_by(minutes=1)

    read_ahead(dozen.connector, "main", presets.text("epics-as-objectives"), lambda _done, _total: None)
    dozen.work_off()

    other = next(one.id for one in dozen.records(scheme.EPIC) if one.id != story.parent_id)
    with dozen.connector.store.read() as conn:
        state = objectives.load(conn, "main", other).state
    assert [row.id for one in state.key_results for row in one.measurement.ledger.rows] == [story.id]
