"""A Jira that was restored from a backup: its issues have gone back, and a full read believes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.sandbox import Record
from connectors.sandbox.site_state import scheme
from connectors.store.mirror import mirror

LATER = timedelta(hours=2)


def stand(site: Any, records: Iterable[Record]) -> None:
    """What Jira holds of these issues, in its search as well."""
    for one in records:
        site.records[one.id] = site.index[one.id] = replace(one, cache={})


def test_issues_that_went_back_are_believed_and_their_objective_is_right_again(quiet: Any) -> None:
    site, ids = quiet.sandbox.sandbox, quiet.objectives()
    at_backup = dict(site.records)
    measured = {one.parent_id for one in at_backup.values() if one.type.name == "Key Result"}
    story = next(
        one
        for one in at_backup.values()
        if one.parent_id in set(ids) - measured and one.type.name == "Story" and one.status.category == "done"
    )
    stand(site, [replace(story, status=scheme.TO_DO, resolution=None, updated=story.updated + LATER)])
    quiet.sync()
    assert site.records[story.parent_id].customs != at_backup[story.parent_id].customs

    stand(site, at_backup.values())
    found, _ = quiet.sync()

    with quiet.connector.store.read() as conn:
        kept = mirror.get(conn, "main", [story.id])[story.id]
    assert kept.status.id == story.status.id
    assert found.drift >= 1
    assert site.records[story.parent_id].customs == at_backup[story.parent_id].customs
    again, done = quiet.sync()
    assert (again.drift, done.written) == (0, 0)


def test_a_search_that_lags_takes_nothing_back(quiet: Any) -> None:
    site = quiet.sandbox.sandbox
    story = next(one for one in site.records.values() if one.type.name == "Story")
    newer = replace(story, summary="Another title", updated=story.updated + LATER)
    stand(site, [newer])
    quiet.sync()
    site.index[story.id] = story

    quiet.sync()

    with quiet.connector.store.read() as conn:
        assert mirror.get(conn, "main", [story.id])[story.id].summary == "Another title"
