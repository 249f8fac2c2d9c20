"""One issue that cannot be read holds the numbers that need it and nothing else: first reads, events, full reads; Cloud and Data Center."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from connectors.sandbox.site_state import scheme
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import audit
from mappings.facts.gap import Gap
from mappings.facts.issue import WHOLE
from mappings.fields import CUSTOM
from mappings.rollup.rows.ledger import Disposition
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Refusal
from plugin.sync.refresh import gaps as refresh_gaps
from plugin.sync.refresh.tombstones import ask_again
from plugin.sync.resync.full_read import resync
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.work.gaps import accept_gaps, list_gaps, reopen_gaps
from tests.plugin.sync.test_leftovers import WITH_KEY_RESULTS

BOTH = pytest.mark.parametrize("dozen", ["cloud", "datacenter"], indirect=True)


ADA, GRACE = Actor("ada", Permission.EDITOR), Actor("grace", Permission.ADMIN)


@pytest.fixture
def company(dozen: Any) -> Any:
    return dozen


def listed(company: Any) -> Any:
    return list_gaps(company.connector, GRACE, "main")


def sync(company: Any) -> None:
    company.clock.pass_by(minutes=5)
    resync(company.context)
    company.work_off()


def told(company: Any, *ids: str) -> None:
    """Jira tells of these issues."""
    company.clock.pass_by(minutes=5)
    with company.connector.store.write() as conn:
        ask_again(company.context, conn, ids)
    company.work_off()


def state(company: Any, objective_id: str) -> Any:
    with company.connector.store.read() as conn:
        found = objectives.load(conn, "main", objective_id)
    return None if found is None else found.state


def row(company: Any, objective_id: str, issue_id: str) -> Any:
    delivery = next(one for one in state(company, objective_id).key_results if one.kind == "delivery")
    return next(one for one in delivery.measurement.ledger.rows if one.id == issue_id)


def family(company: Any, place: int = 0) -> tuple[str, list[Any]]:
    """An objective of three stories, of one point each: done, done, to do."""
    epics = company.records(scheme.EPIC)
    sandbox = company.sandbox.sandbox
    epic = epics[place]
    project = sandbox.projects[epic.project.key]
    done = next(one for one in project.statuses if one.category == "done")
    new = next(one for one in project.statuses if one.category == "new")
    stories = [one for one in company.records() if one.parent_id == epic.id]
    for number, one in enumerate(stories):
        status = done if number < 2 else new
        fresh = replace(
            one,
            status=status,
            resolution=scheme.RESOLUTIONS[0] if status is done else None,
            customs={scheme.POINTS: 1},
            parent_id=epic.id if number < 3 else None,
        )
        sandbox._replace(one, fresh)
    return epic.id, [sandbox.records[one.id] for one in stories[:3]]


def finish(company: Any, story: Any) -> None:
    """The story is closed; nobody tells the connector."""
    sandbox = company.sandbox.sandbox
    known = sandbox.records[story.id]
    project = sandbox.projects[known.project.key]
    done = next(one for one in project.statuses if one.category == "done")
    sandbox._replace(known, replace(known, status=done, updated=company.clock(), cache={}))


@BOTH
def test_a_first_read_writes_no_number_over_a_hole_and_everything_else_lands(company: Any) -> None:
    epic, stories = family(company)
    other, _ = family(company, 1)
    company.sandbox.sandbox.spoil(stories[0].id, created="long ago")
    sync(company)

    [gap] = listed(company)
    assert (gap.issue_id, gap.key, gap.field) == (stories[0].id, stories[0].key, "created")
    assert gap.reason.startswith("Its created 'long ago' cannot be used")
    assert gap.accepted_at is None
    assert state(company, epic).progress is None
    assert state(company, epic).health.rule == "gap"
    assert stories[0].key in state(company, epic).health.sentence
    assert company.in_jira(epic) is None
    assert state(company, other).progress == Fraction(2, 3)
    assert company.in_jira(other) == 67
    assert len(company.mirror()) == 239

    sync(company)
    assert company.in_jira(epic) is None
    assert len(listed(company)) == 1

    company.sandbox.sandbox.spoil(stories[0].id)
    sync(company)
    assert listed(company) == ()
    assert company.in_jira(epic) == 67


@BOTH
def test_a_number_that_needs_a_gap_stands_as_it_was_until_it_is_read(company: Any) -> None:
    epic, stories = family(company)
    sync(company)
    assert company.in_jira(epic) == 67
    company.sandbox.sandbox.spoil(stories[0].id, status={"name": "?"})
    told(company, stories[0].id)
    assert [(one.key, one.objectives) for one in listed(company)] == [
        (stories[0].key, (company.sandbox.sandbox.records[epic].key,))
    ]

    finish(company, stories[2])
    told(company, stories[2].id)
    assert state(company, epic).progress == Fraction(2, 3)
    assert company.in_jira(epic) == 67
    sync(company)
    assert company.in_jira(epic) == 67
    assert len(company.mirror()) == 240

    company.sandbox.sandbox.spoil(stories[0].id)
    told(company, stories[0].id)
    assert listed(company) == ()
    assert state(company, epic).progress == 1
    assert company.in_jira(epic) == 100


def test_an_accepted_gap_is_left_out_as_unknown_with_the_reason(company: Any) -> None:
    epic, stories = family(company)
    sync(company)
    company.sandbox.sandbox.spoil(stories[2].id, labels="none")
    told(company, stories[2].id)

    [accepted] = accept_gaps(company.connector, ADA, "main", [stories[2].key])
    company.work_off()
    assert (accepted.accepted, accepted.accepted_by) == (True, "ada")
    assert company.in_jira(epic) == 100, "two of the two that can be read"
    left_out = row(company, epic, stories[2].id)
    assert left_out.disposition is Disposition.UNKNOWN
    assert left_out.reason.startswith("it could not be read, and ada accepted that: Its labels 'none'")
    told(company, stories[2].id)
    assert [one.accepted for one in listed(company)] == [True], "it is as bad as it was"

    reopen_gaps(company.connector, GRACE, "main", [stories[2].id])
    finish(company, stories[2])
    company.work_off()
    assert company.in_jira(epic) == 100, "as it stands"
    company.sandbox.sandbox.spoil(stories[2].id)
    told(company, stories[2].id)
    assert row(company, epic, stories[2].id).disposition is Disposition.COUNTED
    with company.connector.store.read() as conn:
        said = [(one.who, one.what) for one in audit.recent(conn, 10)]
    assert ("ada", "gap accepted") in said
    assert ("grace", "gap taken up again") in said


def test_to_accept_a_gap_and_to_take_it_up_again_leaves_what_else_of_the_issue_is_unknown(
    company: Any,
) -> None:
    _, stories = family(company)
    sync(company)
    id_, sandbox = stories[0].id, company.sandbox.sandbox

    def unknown() -> dict[str, str]:
        with company.connector.store.read() as conn:
            return dict(mirror.get(conn, "main", [id_])[id_].unknowns)

    sandbox.spoil(id_, duedate="soon")
    told(company, id_)
    due = unknown()
    assert list(due) == ["duedate"]
    sandbox.spoil(id_, duedate="soon", labels="none")
    told(company, id_)

    accept_gaps(company.connector, ADA, "main", [id_])
    accepted = unknown()
    assert accepted.pop(WHOLE).startswith("it could not be read, and ada accepted that: Its labels 'none'")
    assert accepted == due
    reopen_gaps(company.connector, GRACE, "main", [id_])
    assert unknown() == due


def test_another_fault_of_an_accepted_gap_is_a_new_gap(company: Any) -> None:
    _, stories = family(company)
    sync(company)
    company.sandbox.sandbox.spoil(stories[0].id, labels="none")
    told(company, stories[0].id)
    accept_gaps(company.connector, ADA, "main", [stories[0].key])
    company.sandbox.sandbox.spoil(stories[0].id, status=None)
    told(company, stories[0].id)
    assert [(one.field, one.accepted) for one in listed(company)] == [("status", False)]


def test_what_is_no_gap_cannot_be_accepted(company: Any) -> None:
    with pytest.raises(Refusal, match=r"No gap is called 'PLAT-7'\. Gaps: none"):
        accept_gaps(company.connector, ADA, "main", ["PLAT-7"])


def test_a_viewer_accepts_nothing(company: Any) -> None:
    with pytest.raises(PermissionRefusal):
        accept_gaps(company.connector, Actor("eve", Permission.VIEWER), "main", ["PLAT-7"])


def test_a_gap_of_an_issue_that_is_gone_is_over(company: Any) -> None:
    epic, stories = family(company)
    sync(company)
    company.sandbox.sandbox.spoil(stories[2].id, labels="none")
    told(company, stories[2].id)
    company.delete(company.sandbox.sandbox.records[stories[2].id])
    sync(company)
    assert listed(company) == ()
    assert company.in_jira(epic) == 100


@pytest.mark.parametrize("dozen", ["datacenter"], indirect=True)
def test_an_issue_that_becomes_forbidden_is_a_gap_and_no_loss(company: Any) -> None:
    epic, stories = family(company)
    sync(company)
    company.sandbox.sandbox.forbid(stories[0].id)
    sync(company)
    [gap] = listed(company)
    assert (gap.issue_id, gap.key) == (stories[0].id, stories[0].key)
    assert "You do not have the permission" in gap.reason
    assert company.in_jira(epic) == 67
    assert stories[0].id in company.mirror()
    company.sandbox.sandbox.forbidden.clear()
    sync(company)
    assert listed(company) == ()


@pytest.mark.parametrize("dozen", ["datacenter"], indirect=True)
def test_an_event_on_what_was_never_seen_is_no_gap(company: Any) -> None:
    epic, stories = family(company)
    company.sandbox.sandbox.forbid(epic)
    sync(company)
    assert epic not in company.mirror()
    told(company, epic, stories[0].id)
    assert listed(company) == ()
    assert company.mirror()[stories[0].id].parent_id is None


@pytest.mark.parametrize("dozen", ["datacenter"], indirect=True)
def test_parents_out_of_sight_are_asked_for_once_a_day(company: Any) -> None:
    epics = company.records(scheme.EPIC)[:10]
    for epic in epics:
        company.sandbox.sandbox.forbid(epic.id)
    keys = {epic.key for epic in epics}
    sync(company)
    company.calls("")
    sync(company)
    asked = company.sandbox.site.calls.by_endpoint
    single = [name for name in asked if "/issue/" in name and not name.endswith("/editmeta")]
    assert single == [], dict(asked)
    with company.connector.store.read() as conn:
        hidden = company.context.jira._sight.hidden(keys)
        assert hidden == keys
        assert gaps.load_all(conn) == []
    company.clock.pass_by(hours=1)


def test_an_edit_of_another_issue_is_served_while_one_is_garbage(company: Any) -> None:
    epic, stories = family(company)
    other, others = family(company, 1)
    sync(company)
    company.sandbox.sandbox.spoil(stories[0].id, project=None)
    finish(company, others[2])
    told(company, stories[0].id, others[2].id)
    assert (company.in_jira(epic), company.in_jira(other)) == (67, 100)


@pytest.mark.parametrize("dozen", ["datacenter"], indirect=True)
def test_a_parent_in_a_shape_that_nobody_knows_is_a_gap(company: Any) -> None:
    epic, stories = family(company)
    sync(company)
    company.sandbox.sandbox.spoil(stories[0].id, **{scheme.EPIC_LINK: {"epic": 7}})
    told(company, stories[0].id)
    [gap] = listed(company)
    assert (gap.key, gap.field) == (stories[0].key, "parent")
    assert gap.reason == "Its parent cannot be read: \"{'epic': 7}\" is no parent that this version knows."
    assert company.in_jira(epic) == 67


def test_a_mapped_field_in_a_shape_that_nobody_knows_is_a_gap(company: Any) -> None:
    """As the Sprint of Data Center was, before anybody read its text: taken for empty it would have counted."""
    sandbox = company.sandbox.sandbox
    sprint = replace(
        sandbox.fields[scheme.POINTS],
        id="customfield_10020",
        name="Sprint",
        type="array",
        items="json",
        custom="com.pyxis.greenhopper.jira:gh-sprint",
    )
    sandbox.fields[sprint.id] = sprint
    company.connector.catalogue("main", fresh=True)
    company.remap(
        "  points: {name: Story point estimate}",
        "  points: {name: Story point estimate}\n  sprint: {name: Sprint}",
    )
    _, stories = family(company)
    sandbox.spoil(stories[0].id, customfield_10020=["next"])
    sandbox.spoil(stories[1].id, customfield_10020=[{"id": 7, "name": "Now", "state": "active"}])
    sync(company)
    assert [(one.key, one.field, one.reason) for one in listed(company)] == [
        (
            stories[0].key,
            "customfield_10020",
            "Its customfield_10020: 'next' is no sprint that this version knows.",
        )
    ]


def test_a_field_that_only_jql_names_in_a_shape_that_nobody_knows_is_a_gap(company: Any) -> None:
    """Taken for another choice, or for none, it would be silently unequal."""
    sandbox = company.sandbox.sandbox
    for id_, custom in (("customfield_10021", "com.example:flag"), ("customfield_10022", CUSTOM + "select")):
        kind = "any" if "example" in custom else "option"
        field = replace(sandbox.fields[scheme.POINTS], id=id_, name=f"F{id_[-2:]}", type=kind, custom=custom)
        sandbox.fields[id_] = replace(field, clauses=(f"cf[{id_[12:]}]", f"F{id_[-2:]}"))
    company.connector.catalogue("main", fresh=True)
    company.remap(
        "select: issuetype in (Story, Task, Bug)",
        'select: issuetype in (Story, Task, Bug) AND (F21 is EMPTY OR F21 != Off) AND (F22 is EMPTY OR F22 != "Off")',
    )
    _, stories = family(company)
    sandbox.spoil(stories[0].id, customfield_10021={"shape": {"of": 7}})
    sandbox.spoil(stories[1].id, customfield_10022=[[]], customfield_10021={"id": "5", "value": "On"})
    sync(company)
    said = "is nothing that this version can compare."
    assert [(one.key, one.field, one.reason) for one in listed(company)] == [
        (stories[0].key, "customfield_10021", f"Its customfield_10021: \"{{'shape': {{'of': 7}}}}\" {said}"),
        (stories[1].key, "customfield_10022", f"Its customfield_10022: '[[]]' {said}"),
    ]


def test_a_gap_takes_its_key_from_the_mirror_and_is_none_where_nothing_ever_was_ours(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    known = hand.issue("Story")
    hand.land(known)
    (key,) = (one.key for one in hand.sandbox.sandbox.records.values() if one.id == known)
    found = [
        Gap(known, "", "Jira forbids it."),
        Gap("999", "", "Jira forbids it."),
        Gap("888", "PLAT-888", "Jira forbids it."),
        Gap("", "", "Jira's answer has no id.", field="summary"),
    ]
    with hand.connector.store.write() as conn:
        refresh_gaps.land(hand.context, conn, (), (), found)
        kept = sorted((one.gap.issue_key, one.gap.field) for one in gaps.open_gaps(conn, "main"))
    assert kept == [("", "summary"), (key, ""), ("PLAT-888", "")]
