"""What proves that somebody edited a row, where its `updated` alone proves nothing: links, fields of apps, issues that were not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.store.work import due
from connectors.store.writes import writes
from mappings.write_back.evidence import UnheardEdit
from plugin.sync.resync import full_read
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.write_back.edits import unproven
from plugin.sync.write_back.hold import release
from tests.plugin.sync.conftest import revived

PROGRESS = "customfield_10060"
NAME = "name: epics-as-objectives"
LOW = f"{NAME}\nbrake: {{share: 0.1, floor: 2}}"
SCOPE = "scope: project in (PLAT, CORE, GROW)"
KIM = person(PEOPLE[0])
CONTRIBUTES = next(one for one in scheme.LINK_TYPES if one.name == "Contributes")
EACH = [("cloud", resync), ("datacenter", resync), ("cloud", resync_recent)]
"""Deployments, and how it is found out."""


def parted(firm: Any) -> dict[str, tuple[Any, Any]]:
    """Of each epic a story that is done and another that is not; the other stories are none of these."""
    found = {}
    for epic in firm.records(scheme.EPIC):
        done, open_ = sorted(
            (one for one in firm.records() if one.parent_id == epic.id), key=lambda one: int(one.id)
        )[:2]
        found[epic.id] = (firm.sandbox.sandbox.records[done.id], firm.sandbox.sandbox.records[open_.id])
    return found


def half_done(firm: Any) -> None:
    """One of two stories of each epic is done, both weigh the same: those alone carry the label, and so count."""
    sandbox = firm.sandbox.sandbox
    for done, open_ in parted(firm).values():
        for record, status in ((done, scheme.DONE), (open_, scheme.TO_DO)):
            resolution = scheme.RESOLUTIONS[0] if status == scheme.DONE else None
            customs = {**record.customs, scheme.POINTS: 3.0}
            kept = replace(record, status=status, resolution=resolution, labels=("counts",), customs=customs)
            sandbox.hold(replace(kept, cache={}))


def settled(firm: Any, change: Callable[[str], str]) -> None:
    """Under this mapping everything is read, written and an hour old: each objective stands at 50."""
    half_done(firm)
    firm.remap_whole(change)
    resync(firm.context)
    firm.work_off()
    firm.clock.pass_by(hours=1)
    resync(firm.context)
    firm.work_off()
    firm.clock.pass_by(hours=1)
    assert [firm.in_jira(epic) for epic in parted(firm)] == [50] * 6


@contextmanager
def a_firm(folder: Path, snapshots: Any, deployment: str, prepare: Callable[[Any], None]) -> Iterator[Any]:
    with revived(snapshots(60, 10, deployment, prepare), folder) as firm:
        yield firm


def held(firm: Any) -> dict[str, object]:
    """The numbers that are held, by issue."""
    with firm.connector.store.read() as conn:
        return {one.issue_id: one.after for one in writes.load_held(conn, "main") if one.field_id == PROGRESS}


def found(firm: Any, read: Any) -> Any:
    report = read(firm.context)
    firm.work_off()
    return report


def only_labelled(text: str) -> str:
    return text.replace(NAME, LOW).replace(
        "select: issuetype in (Story, Task, Bug)", "select: issuetype = Story AND labels = counts"
    )


# Links


def by_links(firm: Any) -> None:
    for epic, stories in parted(firm).items():
        for story in stories:
            firm.sandbox.sandbox.link(CONTRIBUTES, story.id, epic, KIM, announce=False)
    settled(
        firm,
        lambda text: only_labelled(text).replace(
            "relation: descendant", "relation: {link: is contributed to by}"
        ),
    )


def open_links(firm: Any) -> Iterator[tuple[str, Any]]:
    for epic, (_, open_) in parted(firm).items():
        [row] = [one for one in firm.sandbox.sandbox.links_on(open_.id) if one.destination == epic]
        yield epic, row


@pytest.mark.parametrize(("deployment", "read"), EACH)
def test_links_that_somebody_took_away_are_written_without_a_person(
    tmp_path: Path, snapshots: Any, deployment: str, read: Any
) -> None:
    with a_firm(tmp_path, snapshots, deployment, by_links) as firm:
        for _, row in list(open_links(firm)):
            firm.sandbox.sandbox.unlink(row.id, KIM)
        assert found(firm, read).held is None
        assert [firm.in_jira(epic) for epic in parted(firm)] == [100] * 6
        assert held(firm) == {}


@pytest.mark.parametrize(("deployment", "read"), EACH)
def test_links_that_went_without_a_word_wait_for_a_person_although_their_issues_were_commented_on(
    tmp_path: Path, snapshots: Any, deployment: str, read: Any
) -> None:
    with a_firm(tmp_path, snapshots, deployment, by_links) as firm:
        sandbox = firm.sandbox.sandbox
        for epic, row in list(open_links(firm)):
            sandbox.links.pop(row.id)
            for end in (row.source, row.destination):
                sandbox.links_of[end].remove(row.id)
                sandbox.touch(end)
            assert firm.in_jira(epic) == 50
        assert found(firm, read).held is not None
        assert held(firm) == dict.fromkeys(parted(firm), 100)
        assert [firm.in_jira(epic) for epic in parted(firm)] == [50] * 6


def test_links_that_went_with_an_issue_that_was_deleted_are_written(tmp_path: Path, snapshots: Any) -> None:
    """Jira tells of the issue that is gone, and not of its links in the history of those at their other ends."""
    with a_firm(tmp_path, snapshots, "cloud", by_links) as firm:
        (epic, (done, open_)), *_ = parted(firm).items()
        epics = list(parted(firm))
        known = firm.sandbox.sandbox.records[epic].updated
        edit = UnheardEdit(known, known, frozenset({"issuelinks"}), frozenset({open_.id}))
        assert unproven(firm.context, {epic: edit}) == {epic}
        for _, one in list(parted(firm).values()):
            firm.delete(one)
        assert found(firm, resync).held is None
        assert [firm.in_jira(one) for one in epics] == [100] * 6
        assert unproven(firm.context, {epic: edit}) == set()
        assert unproven(firm.context, {epic: replace(edit, ends=frozenset({open_.id, done.id}))}) == {epic}


@pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
def test_a_link_that_moved_costs_no_other_issue_its_whole_history(
    firm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cloud is asked for every entry where links or parents moved, and by field of the others; Data Center gives whole histories alone."""
    asked: list[tuple[list[str], list[str]]] = []
    jira = firm.context.jira.__class__
    steps = jira.steps

    def noted(self: Any, ids: Any, fields: Any, *others: Any) -> Any:
        asked.append((sorted(ids), list(fields)))
        return steps(self, ids, fields, *others)

    monkeypatch.setattr(jira, "steps", noted)
    (moved, other), (linked, _) = list(parted(firm).values())[:2]
    edits = {
        one.id: UnheardEdit(one.updated, one.updated, frozenset({field}))
        for one, field in ((moved, "status"), (other, "priority"), (linked, "issuelinks"))
    }
    unproven(firm.context, edits)
    plain = sorted([moved.id, other.id])
    if firm.deployment == "cloud":
        assert asked == [(plain, ["priority", "status"]), ([linked.id], ["issuelinks"])]
    else:
        assert asked == [(sorted(edits), ["issuelinks", "priority", "status"])]


# Fields of apps


def by_an_app(firm: Any) -> None:
    site = firm.sandbox.sandbox
    site.fields[scheme.POINTS] = replace(site.fields[scheme.POINTS], custom="com.acme.sums:effort")
    settled(firm, only_labelled)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("deployment", "read"), EACH)
def test_a_field_of_an_app_is_believed_where_the_history_tells_of_it(
    tmp_path: Path, snapshots: Any, deployment: str, read: Any, told: bool
) -> None:
    """One that is worked out, of which no history tells, is no edit, whoever comments on the issue."""
    with a_firm(tmp_path, snapshots, deployment, by_an_app) as firm:
        sandbox = firm.sandbox.sandbox
        for done, _ in parted(firm).values():
            if told:
                firm.edit(done, **{scheme.POINTS: 9.0})
            else:
                record = sandbox.records[done.id]
                sandbox.hold(replace(record, customs={**record.customs, scheme.POINTS: 9.0}, cache={}))
                sandbox.touch(done.id)
        report = found(firm, read)
        assert (report.held is None) is told
        assert held(firm) == ({} if told else dict.fromkeys(parted(firm), 75))
        assert [firm.in_jira(epic) for epic in parted(firm)] == [75 if told else 50] * 6


# Issues that were not known


def by_label(firm: Any) -> None:
    """The scope looks at what carries the label alone, and a third story of each epic, which is done, does not carry it."""
    settled(
        firm,
        lambda text: only_labelled(text).replace(SCOPE, f"{SCOPE} AND (issuetype = Epic OR labels = counts)"),
    )


def third(firm: Any) -> list[Any]:
    """Of each epic one more story, which is not open."""
    known = {one.id for pair in parted(firm).values() for one in pair}
    found = []
    for epic in parted(firm):
        others = [one for one in firm.records() if one.parent_id == epic and one.id not in known]
        found.append(min(others, key=lambda one: int(one.id)))
    return found


def done(firm: Any) -> None:
    sandbox = firm.sandbox.sandbox
    for one in third(firm):
        customs = {**one.customs, scheme.POINTS: 6.0}
        sandbox.hold(
            replace(one, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0], customs=customs, cache={})
        )


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("deployment", "read"), EACH)
def test_an_issue_that_comes_into_sight_is_believed_where_its_history_tells_what_brought_it(
    tmp_path: Path, snapshots: Any, deployment: str, read: Any, told: bool
) -> None:
    with a_firm(tmp_path, snapshots, deployment, by_label) as firm:
        done(firm)
        sandbox = firm.sandbox.sandbox
        for one in third(firm):
            if told:
                firm.edit(one, labels=["counts"])
            else:
                sandbox.hold(replace(sandbox.records[one.id], labels=("counts",), cache={}))
                sandbox.touch(one.id)
        report = found(firm, read)
        assert (report.held is None) is told
        assert held(firm) == ({} if told else dict.fromkeys(parted(firm), 75))
        assert [firm.in_jira(epic) for epic in parted(firm)] == [75 if told else 50] * 6


def hidden(firm: Any) -> None:
    """A third story of each epic stands behind a security level."""
    done(firm)
    for one in third(firm):
        sandbox = firm.sandbox.sandbox
        sandbox.hold(replace(sandbox.records[one.id], labels=("counts",), cache={}))
        sandbox.forbidden.add(one.id)
    settled(firm, only_labelled)


@pytest.mark.parametrize(("deployment", "read"), EACH)
def test_issues_that_are_shown_again_wait_for_a_person_although_people_worked_on_them(
    tmp_path: Path, snapshots: Any, deployment: str, read: Any
) -> None:
    """What was done to them does not say why they are seen: the permissions of the account are another today."""
    with a_firm(tmp_path, snapshots, deployment, hidden) as firm:
        for one in third(firm):
            firm.sandbox.sandbox.forbidden.discard(one.id)
            firm.edit(one, priority={"name": "High"})
        assert found(firm, read).held is not None
        assert held(firm) == dict.fromkeys(parted(firm), 75)
        assert [firm.in_jira(epic) for epic in parted(firm)] == [50] * 6


def test_issues_that_were_made_since_are_written(tmp_path: Path, snapshots: Any) -> None:
    with a_firm(tmp_path, snapshots, "cloud", by_label) as firm:
        sandbox = firm.sandbox.sandbox
        for _, open_ in list(parted(firm).values()):
            made = replace(
                open_,
                id=sandbox.next_id("issue"),
                key=sandbox.next_key(open_.project.key),
                created=firm.clock(),
                updated=firm.clock(),
                cache={},
            )
            sandbox.add(made, KIM, announce=False)
        assert found(firm, resync).held is None
        assert [firm.in_jira(epic) for epic in parted(firm)] == [33] * 6


# What stands above a row


def by_sub_tasks(firm: Any) -> None:
    """Each of the two stories of an epic has a sub-task, which alone counts."""
    sandbox = firm.sandbox.sandbox
    half_done(firm)
    for pair in list(parted(firm).values()):
        for story in pair:
            known = sandbox.records[story.id]
            names = {"id": sandbox.next_id("issue"), "key": sandbox.next_key(story.project.key)}
            below = replace(known, **names, type=scheme.SUBTASK, parent_id=story.id, cache={})
            sandbox.add(below, KIM, announce=False)
    settled(
        firm,
        lambda text: only_labelled(text).replace("issuetype = Story", f'issuetype = "{scheme.SUBTASK.name}"'),
    )


@pytest.mark.parametrize("told", [True, False])
def test_a_row_that_went_with_what_it_hangs_on_is_as_sure_as_that(
    tmp_path: Path, snapshots: Any, told: bool
) -> None:
    """The sub-tasks say what they said: their stories hang on another epic."""
    with a_firm(tmp_path, snapshots, "cloud", by_sub_tasks) as firm:
        sandbox, epics = firm.sandbox.sandbox, list(parted(firm))
        moved = [open_ for _, open_ in parted(firm).values()]
        for number, story in enumerate(moved[:5]):
            if told:
                firm.edit(story, parent={"id": epics[5]})
            else:
                sandbox.hold(replace(sandbox.records[story.id], parent_id=epics[5], cache={}))
                sandbox.touch(story.id)
            assert firm.in_jira(epics[number]) == 50
        report = found(firm, resync)
        assert (report.held is None) is told
        assert held(firm) == ({} if told else {**dict.fromkeys(epics[:5], 100), epics[5]: 14})
        assert [firm.in_jira(epic) for epic in epics] == ([100] * 5 + [14] if told else [50] * 6)


# Issues that leave the scope


def unlabelled(firm: Any, *, told: bool) -> None:
    """The open stories do not carry the label of the scope any more."""
    sandbox = firm.sandbox.sandbox
    for _, open_ in parted(firm).values():
        if told:
            firm.edit(open_, labels=[])
        else:
            sandbox.hold(replace(sandbox.records[open_.id], labels=(), cache={}))
            sandbox.touch(open_.id)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_an_issue_that_leaves_the_scope_is_believed_where_its_history_tells_what_brought_it_out(
    tmp_path: Path, snapshots: Any, deployment: str, told: bool
) -> None:
    with a_firm(tmp_path, snapshots, deployment, by_label) as firm:
        unlabelled(firm, told=told)
        report = found(firm, resync)
        assert (report.held is None) is told
        assert held(firm) == ({} if told else dict.fromkeys(parted(firm), 100))
        assert [firm.in_jira(epic) for epic in parted(firm)] == [100 if told else 50] * 6


def test_what_left_without_a_word_waits_until_it_is_back_or_a_person_lets_it_go(
    tmp_path: Path, snapshots: Any
) -> None:
    with a_firm(tmp_path, snapshots, "cloud", by_label) as firm:
        unlabelled(firm, told=False)
        found(firm, resync)
        firm.clock.pass_by(minutes=10)
        with firm.connector.store.write() as conn:
            due.mark(conn, "main", list(parted(firm)), firm.clock(), "somebody asks")
        firm.work_off()
        found(firm, resync)
        assert held(firm) == dict.fromkeys(parted(firm), 100), "that it did nothing since explains nothing"

        epic, (_, back) = next(iter(parted(firm).items()))
        firm.edit(back, labels=["counts"])
        firm.clock.pass_by(minutes=10)
        found(firm, resync)
        rest = [one for one in parted(firm) if one != epic]
        assert held(firm) == dict.fromkeys(rest, 100)
        assert release(firm.context) == 2 * len(rest), "number and health"
        with firm.connector.store.write() as conn:
            due.mark(conn, "main", rest, firm.clock(), "released")
        firm.work_off()
        assert {one: firm.in_jira(one) for one in parted(firm)} == {**dict.fromkeys(rest, 100), epic: 50}


def test_what_left_without_a_word_is_remembered_where_the_read_is_interrupted(
    tmp_path: Path, snapshots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror does not have it any more: the read that goes on would find a row that went for no reason."""
    with a_firm(tmp_path, snapshots, "cloud", by_label) as firm:
        unlabelled(firm, told=False)

        def dies(*_args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as death:
            death.setattr(full_read, "settle", dies)
            with pytest.raises(KeyboardInterrupt):
                resync(firm.context)
        report = found(firm, resync)
        assert report.resumed
        assert report.held is not None
        assert [firm.in_jira(epic) for epic in parted(firm)] == [50] * 6


def test_what_leaves_the_scope_with_the_clock_is_written(tmp_path: Path, snapshots: Any) -> None:
    """The scope looks at what is due within the month: nothing of the issues changed."""

    def by_day(firm: Any) -> None:
        sandbox = firm.sandbox.sandbox
        for _, open_ in parted(firm).values():
            sandbox.hold(replace(sandbox.records[open_.id], due=firm.clock().date(), cache={}))
        settled(
            firm,
            lambda text: only_labelled(text).replace(
                SCOPE, f"{SCOPE} AND (duedate is EMPTY OR duedate >= -2d)"
            ),
        )

    with a_firm(tmp_path, snapshots, "cloud", by_day) as firm:
        firm.clock.pass_by(days=5)
        assert found(firm, resync).held is None
        assert [firm.in_jira(epic) for epic in parted(firm)] == [100] * 6
