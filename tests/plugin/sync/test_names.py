"""What is renamed in Jira changes no number, what is new under a bound name counts, what is gone holds what needs it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select

from connectors.sandbox import PEOPLE, administration
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import create
from connectors.sandbox.site_state.state import person
from connectors.store.mappings import bindings, revisions
from connectors.store.numbers import objectives
from connectors.store.people import audit
from connectors.store.schema import binding
from connectors.store.schema import due as due_table
from connectors.store.work import due, inbox
from mappings import presets
from mappings.document.names import Arrival, MappingName, NameKind, compare, link_word
from mappings.facts.catalogue import Catalogue, LinkType
from mappings.facts.issue import JiraValue, Link, User
from mappings.rollup.rows.ledger import Disposition
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.work.sync import sync_site
from plugin.jobs.schedules import read_recent
from plugin.sync.active_mapping import FormerMapping, under_the_ruling
from plugin.sync.bindings import _person
from plugin.sync.refresh import names
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import status
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.work import sync
from tests.actors import TESTER
from tests.mappings.rollup.conftest import build_issue

POINTS = scheme.POINTS


def numbers(firm: Any) -> dict[str, Any]:
    """What Jira holds for each objective."""
    with firm.connector.store.read() as conn:
        ids = sorted(objectives.ids(conn, "main"))
    return {id_: firm.in_jira(id_) for id_ in ids}


def told(firm: Any) -> list[tuple[str, str]]:
    """What the audit log says of names, the oldest first."""
    with firm.connector.store.read() as conn:
        found = audit.recent(conn, 100)
    return [(one.what, str(one.detail.get("name"))) for one in reversed(found) if one.who == names.WHO]


def said(firm: Any) -> list[str]:
    return [one.kind for one in concerns(status(firm.connector, COMMAND_LINE, "main"))]


def active_form(firm: Any) -> Catalogue:
    with firm.connector.store.read() as conn:
        form = names.bound(conn, "main", firm.context.mapping.revision)
    assert form is not None
    return form


def everything_again(firm: Any) -> None:
    firm.clock.pass_by(minutes=5)
    sync_site(firm.connector, "main")
    firm.work_off()


def read_and_write(firm: Any) -> None:
    """As everything_again, where something is refused and waits."""
    firm.clock.pass_by(minutes=5)
    resync(firm.context)
    firm.work_off()


def catalogue_with(firm: Any, monkeypatch: pytest.MonkeyPatch, **parts: Any) -> None:
    """Jira lists this from now on."""
    jira = firm.connector.site("main").jira
    found = replace(jira.catalogue(), **parts)
    monkeypatch.setattr(type(jira), "catalogue", lambda _self, _ids=(): found)


def rename_points(firm: Any) -> None:
    fields = firm.sandbox.sandbox.fields
    fields[POINTS] = replace(fields[POINTS], name="Effort", clauses=("cf[10016]", "Effort"))


def test_activation_keeps_what_the_names_stand_for(firm: Any) -> None:
    form = active_form(firm)
    fields = {field.id for field in form.fields}
    assert POINTS in fields
    assert scheme.STORY_POINTS not in fields, "fields that the mapping does not use are not its business"
    assert {one.id for one in form.issue_types} == {one.id for one in scheme.ISSUE_TYPES}


def test_a_renamed_field_is_still_the_field(firm: Any) -> None:
    before = numbers(firm)
    rename_points(firm)
    everything_again(firm)
    assert numbers(firm) == before
    assert told(firm) == [("renamed in Jira", "Story point estimate")]
    assert "renamed" in said(firm)
    everything_again(firm)
    assert told(firm) == [("renamed in Jira", "Story point estimate")], "it is told once"


def in_jira_as(firm: Any, objective: str) -> Any:
    """The health that Jira shows for it: id and value."""
    found = firm.context.jira.read([objective], [scheme.OKR_HEALTH]).issues[0].fields.get(scheme.OKR_HEALTH)
    return (found["id"], found["value"]) if found else None


def test_an_option_that_is_written_is_bound_by_its_id(firm: Any) -> None:
    """Every option is called otherwise: what is written stays the same option, under no word of the mapping."""
    known = {one.name: one.id for one in scheme.HEALTH_OPTIONS}
    form = active_form(firm).field(scheme.OKR_HEALTH)
    assert form is not None
    assert {one.name: one.id for one in form.options} == known
    with firm.connector.store.read() as conn:
        shown = {one.state.id: one.state.health.level for one in objectives.load_all(conn, "main")}
    objective = next(
        id_ for id_, level in sorted(shown.items()) if level == "on_track" and in_jira_as(firm, id_)
    )
    assert in_jira_as(firm, objective) == (known["On track"], "On track")

    definition = firm.sandbox.sandbox.fields[scheme.OKR_HEALTH]
    renamed = tuple(JiraValue(one.id, f"{one.name}!") for one in definition.options)
    firm.sandbox.sandbox.fields[scheme.OKR_HEALTH] = replace(definition, options=renamed)
    firm.context.jira.edit(objective, {scheme.OKR_HEALTH: {"id": known["Off track"]}})
    everything_again(firm)

    assert in_jira_as(firm, objective)[0] == known["On track"]
    assert ("renamed in Jira", "On track") in told(firm)
    assert "refused" not in said(firm)
    assert "renamed" in said(firm)


def test_a_word_that_is_no_option_stops_nothing_and_is_found_once_jira_has_it(firm: Any) -> None:
    """The mapping stays unbound there: its words are written as they stand, and Jira says what is wrong with them."""
    firm.remap("          on_track: On track\n", "          on_track: Steady\n")
    read_and_write(firm)
    form = active_form(firm).field(scheme.OKR_HEALTH)
    assert form is not None
    assert form.options == ()
    assert "refused" in said(firm)

    definition = firm.sandbox.sandbox.fields[scheme.OKR_HEALTH]
    more = (*definition.options, JiraValue("19999", "Steady"))
    firm.sandbox.sandbox.fields[scheme.OKR_HEALTH] = replace(definition, options=more)
    read_and_write(firm)
    read_and_write(firm)
    form = active_form(firm).field(scheme.OKR_HEALTH)
    assert form is not None
    assert JiraValue("19999", "Steady") in form.options
    assert "refused" not in said(firm)


def test_a_field_that_is_gone_holds_every_number_that_needs_it(firm: Any) -> None:
    before = numbers(firm)
    field = firm.sandbox.sandbox.fields.pop(POINTS)
    held = {record.id: record.customs for record in firm.records()}
    for record in firm.records():
        firm.edit(record, summary="told anew")
    firm.clock.pass_by(minutes=2)
    writes = firm.calls("/issue/<id_or_key>")
    read_recent(firm.connector, "main", lambda: None)
    firm.work_off()
    assert numbers(firm) == before, writes
    assert "gone" in said(firm)
    assert told(firm) == [("gone from Jira", "Story point estimate")]
    with firm.connector.store.read() as conn:
        assert {saved.state.id for saved in objectives.load_all(conn, "main")} == before.keys()

    lost = 'field "Story point estimate" (customfield_10016) is no longer in Jira'
    found = sync.run(firm.connector, COMMAND_LINE, "main")
    assert (found.wrong, found.lacking.gone) == (True, (lost,)), found.said

    firm.sandbox.sandbox.fields[POINTS] = field
    assert held
    everything_again(firm)
    found = sync.run(firm.connector, COMMAND_LINE, "main")
    assert (found.wrong, found.lacking) == (False, sync.Shortfall())
    assert numbers(firm) == before
    assert told(firm)[-1] == ("back in Jira", "Story point estimate")
    assert "gone" not in said(firm)


def test_the_catalogue_is_read_before_a_scheduled_read_and_at_most_each_minute(firm: Any) -> None:
    firm.calls()
    firm.clock.pass_by(minutes=2)
    read_recent(firm.connector, "main", lambda: None)
    assert firm.calls("/field") == 1
    firm.clock.pass_by(seconds=30)
    read_recent(firm.connector, "main", lambda: None)
    assert firm.calls("/field") == 0
    firm.clock.pass_by(seconds=30)
    read_recent(firm.connector, "main", lambda: None)
    assert firm.calls("/field") == 1


def test_another_type_of_a_bound_name_is_taken_in(firm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue_with(firm, monkeypatch, issue_types=(*scheme.ISSUE_TYPES, replace(scheme.STORY, id="19001")))
    firm.connector.catalogue("main", fresh=True)
    assert told(firm) == [("name taken in", "Story")]
    with firm.connector.store.read() as conn:
        waiting = conn.execute(select(due_table.c.objective_id, due_table.c.bulk)).all()
    assert sorted(waiting) == sorted((one, 1) for one in numbers(firm)), "behind what people did"
    stories = firm.context.mapping.objectives[0].key_results[1].select
    issue = next(one for one in firm.mirror().values() if one.type.id == scheme.STORY.id)
    moment = firm.context.moment()
    assert stories.matches(replace(issue, type=replace(issue.type, id="19001", name="Vorgang")), moment)
    assert not stories.matches(replace(issue, type=replace(issue.type, id="19002", name="Story")), moment)
    firm.connector.catalogue("main", fresh=True)
    assert told(firm) == [("name taken in", "Story")]


@pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
@pytest.mark.parametrize("kind", [scheme.STORY, scheme.EPIC])
def test_what_a_delivery_shows_of_a_type_made_anew_is_known_before_anything_is_computed(
    firm: Any, kind: Any
) -> None:
    """A story of another id was a story that went: 67 % became 100 %, and an epic's own field was cleared."""
    before = numbers(firm)
    administration.remake_type(firm.sandbox.sandbox, kind.id, kind.name, "19001")
    for record in firm.records(firm.sandbox.sandbox.types[-1])[:3]:
        firm.edit(record, summary="Somebody looked at it")
        body = {"webhookEvent": "jira:issue_updated", "issue": {"id": record.id}}
        with firm.connector.store.write() as conn:
            inbox.store(conn, "main", record.id, json.dumps(body).encode(), firm.clock())
    firm.work_off()
    assert numbers(firm) == before
    assert told(firm) == [("name taken in", kind.name)]

    everything_again(firm)
    assert numbers(firm) == before
    assert "gone" not in said(firm), "no issue has the former one any more"
    with firm.connector.store.read() as conn:
        noted = [(one.who, one.what, one.detail) for one in audit.recent(conn, 100)]
    assert noted.count((names.WHO, "replaced in Jira", {"kind": "issue type", "id": kind.id})) == 1
    below = firm.sandbox.sandbox.records.values()
    weighed = next(one for one in below if one.parent_id in before and one.status.category == "done")
    firm.edit(weighed, **{POINTS: 99})
    everything_again(firm)
    assert numbers(firm) != before, "nothing stands still"


@pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
def test_a_type_made_anew_while_an_issue_of_it_is_archived_holds_no_number(firm: Any) -> None:
    """No search shows what is archived: it kept the former type for ever, its objective and all above stood still, and nobody could do anything."""
    sandbox = firm.sandbox.sandbox
    before = numbers(firm)
    shelved, moved = sorted(
        (one for one in firm.records(scheme.STORY) if one.parent_id in before), key=lambda one: one.parent_id
    )[:2]
    assert shelved.parent_id == moved.parent_id
    administration.archive(sandbox, shelved)
    everything_again(firm)
    administration.remake_type(sandbox, scheme.STORY.id, scheme.STORY.name, "19001")
    firm.connector.catalogue("main", fresh=True)
    assert "gone" in said(firm), "issues have the former one, as far as anybody knows"

    everything_again(firm)

    assert firm.mirror()[shelved.id].type.id == "19001"
    assert firm.mirror()[shelved.id].archived
    assert "gone" not in said(firm)
    standing = numbers(firm)
    firm.edit(sandbox.records[moved.id], **{POINTS: 99})
    everything_again(firm)
    assert {id_ for id_ in standing if numbers(firm)[id_] != standing[id_]} >= {moved.parent_id}

    firm.sandbox.site.calls.clear()
    everything_again(firm)
    assert not any(name.endswith(("bulkfetch", "issue/*")) for name in firm.sandbox.site.calls.by_endpoint)


@pytest.mark.parametrize("read", [resync, resync_recent])
def test_what_a_read_shows_of_something_made_anew_is_known_before_it_is_weighed(firm: Any, read: Any) -> None:
    """The lists were read a moment ago: the resolution that excludes was made anew since, and an issue is closed with it."""
    sandbox = firm.sandbox.sandbox
    story = next(one for one in firm.records() if one.status.category == "done")
    duplicate = next(one for one in sandbox.resolutions if one.name == "Duplicate")
    anew = replace(duplicate, id="19002")
    sandbox.resolutions = tuple(anew if one == duplicate else one for one in sandbox.resolutions)
    closed = replace(sandbox.records[story.id], resolution=anew, updated=firm.clock(), cache={})
    sandbox.add(closed, closed.creator)
    with pytest.raises(FormerMapping):
        read(firm.context)
    assert story.id not in {id_ for id_, one in firm.mirror().items() if one.resolution == anew}
    under_the_ruling(lambda: firm.context, read)
    assert told(firm)[-1] == ("name taken in", "Duplicate")
    firm.work_off()
    with firm.connector.store.read() as conn:
        rows = [
            row
            for one in objectives.load_all(conn, "main")
            for key in one.state.key_results
            for row in key.measurement.ledger.rows
        ]
    assert {row.disposition for row in rows if row.id == story.id} == {Disposition.EXCLUDED}


def test_a_status_that_is_gone_holds_the_numbers_whose_issues_are_in_it(
    firm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = numbers(firm)
    review = next(one for one in scheme.STATUSES if one.name == "In Review")
    concerned = {
        one.parent_id
        for one in firm.mirror().values()
        if one.status.id == review.id and one.parent_id in before
    }
    assert concerned, "somebody has an issue in review"
    assert concerned < before.keys()
    catalogue_with(firm, monkeypatch, statuses=tuple(one for one in scheme.STATUSES if one.id != review.id))
    firm.connector.catalogue("main", fresh=True)
    for record in firm.records():
        firm.edit(record, **{POINTS: record.customs[POINTS] + 3})
    firm.clock.pass_by(minutes=2)
    read_recent(firm.connector, "main", lambda: None)
    firm.work_off()
    after = numbers(firm)
    assert {id_ for id_ in before if before[id_] == after[id_]} >= concerned
    assert {id_ for id_ in before if before[id_] != after[id_]}, "the others go on"
    assert "gone" in said(firm)


def test_an_objective_that_is_new_while_something_is_gone_waits_too(
    firm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was ever known of it: neither a number nor the rule that it fell under."""
    review = next(one for one in scheme.STATUSES if one.name == "In Review")
    story = next(one for one in firm.records() if one.status.id == review.id)
    epic = firm.sandbox.sandbox.records[story.parent_id]
    catalogue_with(firm, monkeypatch, statuses=tuple(one for one in scheme.STATUSES if one.id != review.id))
    firm.connector.catalogue("main", fresh=True)
    asked = {"project": {"id": epic.project.id}, "issuetype": {"id": scheme.EPIC.id}, "summary": "New"}
    more = {"labels": list(epic.labels)}
    made = create(firm.sandbox.sandbox, {"fields": asked | more}, "3", person(PEOPLE[0]))
    firm.edit(story, parent={"id": made.id})
    firm.clock.pass_by(minutes=2)
    read_recent(firm.connector, "main", lambda: None)
    firm.work_off()

    assert firm.in_jira(made.id) is None
    with firm.connector.store.read() as conn:
        assert (due.dead(conn, "main"), due.list_failing(conn, "main", firm.clock())) == ([], [])
        assert due.pending_count(conn, "main") == 0


def test_a_revision_from_before_there_were_bound_forms_is_bound_once(firm: Any) -> None:
    with firm.connector.store.write() as conn:
        conn.execute(delete(binding))
    revision = firm.context.mapping.revision
    with firm.connector.store.read() as conn:
        assert bindings.version(conn, "main", revision) == 1
    rename_points(firm)
    before = numbers(firm)
    everything_again(firm)
    assert numbers(firm) == before


def test_a_text_edited_after_a_rename_keeps_what_it_does_not_touch(firm: Any) -> None:
    rename_points(firm)
    firm.connector.catalogue("main", fresh=True)
    firm.remap(
        "      off_track: Off track\n", "      off_track: Off track\n".replace("Off track", "Off track")
    )
    firm.remap("version: 1\n", "version: 1\ntime_zone: UTC\n")
    assert firm.context.mapping.fields["points"].id == POINTS


def test_what_jira_lists_nowhere_is_looked_up_when_a_mapping_is_activated(firm: Any) -> None:
    sandbox = firm.sandbox.sandbox
    sandbox.components["PLAT"].append(JiraValue("4711", "Parser"))
    sandbox.versions["CORE"].append(JiraValue("4712", "1.0"))
    story = firm.records()[0]
    person = scheme.PEOPLE[1]
    jql = f'component = Parser OR fixVersion = 1.0 OR key = {story.key} OR assignee = "{person.name}"'
    text = presets.text("epics-as-objectives").replace(
        "select: issuetype in (Story, Task, Bug)", f"select: issuetype in (Story, Task, Bug) AND NOT ({jql})"
    )
    activate(firm.connector, TESTER, "main", text, large=True)
    meant = {(name.word, name.ids) for name in firm.context.mapping.names}
    assert ("Parser", ("4711",)) in meant
    assert ("1.0", ("4712",)) in meant
    assert (story.key, (story.id,)) in meant
    assert (person.name, (person.id,)) in meant


def test_what_only_issues_show_is_learnt_with_the_next_full_read(firm: Any) -> None:
    story = firm.records()[0]
    text = presets.text("epics-as-objectives").replace(
        "select: issuetype in (Story, Task, Bug)",
        "select: issuetype in (Story, Task, Bug) AND component != Later",
    )
    activate(firm.connector, TESTER, "main", text, large=True)
    firm.work_off()
    later = JiraValue("4713", "Later")
    firm.sandbox.sandbox.components[story.project.key].append(later)
    firm.edit(story, components=[{"id": "4713"}])
    everything_again(firm)
    assert ("Later", ("4713",)) in {(name.word, name.ids) for name in firm.context.mapping.names}
    assert told(firm)[-1] == ("name taken in", "Later")


def test_a_person_whom_only_issues_show_is_learnt_with_the_next_full_read(firm: Any) -> None:
    """Jira finds nobody of this name when the mapping is activated: whoever bears it left, and stands in an issue still."""
    text = presets.text("epics-as-objectives").replace(
        "select: issuetype in (Story, Task, Bug)",
        'select: issuetype in (Story, Task, Bug) AND (assignee is EMPTY OR assignee != "Nina Neu")',
    )
    activate(firm.connector, TESTER, "main", text, large=True)
    firm.work_off()
    story = firm.sandbox.sandbox.records[firm.records()[0].id]
    left = replace(story.creator, id="4714", name="Nina Neu")
    firm.sandbox.sandbox.add(replace(story, assignee=left, updated=firm.clock(), cache={}), story.creator)
    everything_again(firm)
    assert ("Nina Neu", ("4714",)) in {(name.word, name.ids) for name in firm.context.mapping.names}
    assert [(one.id, one.name) for one in active_form(firm).people] == [("4714", "Nina Neu")]


@pytest.mark.parametrize(
    ("meant", "taken_in"),
    [("left-for-good", True), (person(PEOPLE[2]).id, False)],
    ids=["who was meant is gone", "who was meant is there"],
)
def test_a_person_who_was_made_anew_is_taken_in_once_the_former_one_is_gone(
    firm: Any, meant: str, taken_in: bool
) -> None:
    """As long as Jira has who was meant, another of the same name is somebody else."""
    anew = person(PEOPLE[3])
    text = presets.text("epics-as-objectives").replace(
        "select: issuetype in (Story, Task, Bug)",
        f'select: issuetype in (Story, Task, Bug) AND (assignee is EMPTY OR assignee != "{anew.name}")',
    )
    activate(firm.connector, TESTER, "main", text, large=True)
    firm.work_off()
    form = active_form(firm)
    with firm.connector.store.write() as conn:
        revision = firm.context.mapping.revision
        bindings.put(conn, "main", revision, replace(form, people=(User(meant, anew.name),)))
    story = firm.sandbox.sandbox.records[firm.records()[0].id]
    firm.sandbox.sandbox.hold(replace(story, assignee=anew))
    everything_again(firm)

    ids = {anew.id, meant} if taken_in else {meant}
    assert [set(one.ids) for one in firm.context.mapping.names if one.word == anew.name] == [ids]
    assert (told(firm)[-1:] == [("name taken in", anew.name)]) is taken_in
    everything_again(firm)
    assert sum(one == ("name taken in", anew.name) for one in told(firm)) == taken_in


@pytest.mark.parametrize("gone", [True, False])
def test_an_issue_that_was_made_anew_is_taken_in_once_the_former_one_is_gone(firm: Any, gone: bool) -> None:
    """Projects are restored from a file under other ids. A key that another issue bears while the one that is meant is there changes nothing."""
    sandbox = firm.sandbox.sandbox
    epic = firm.records(scheme.EPIC)[0]
    text = presets.text("epics-as-objectives").replace(
        "select: issuetype in (Story, Task, Bug)", f"select: parent = {epic.key}"
    )
    activate(firm.connector, TESTER, "main", text, large=True)
    firm.work_off()
    form = active_form(firm)
    former = "999999" if gone else firm.records(scheme.EPIC)[1].id
    with firm.connector.store.write() as conn:
        revision = firm.context.mapping.revision
        bindings.put(conn, "main", revision, replace(form, issues=(JiraValue(former, epic.key),)))
    assert former not in sandbox.records or not gone
    everything_again(firm)

    ids = {epic.id, former} if gone else {former}
    assert [set(one.ids) for one in firm.context.mapping.names if one.word == epic.key] == [ids]
    assert (told(firm)[-1:] == [("name taken in", epic.key)]) is gone


def test_a_person_whom_a_delivery_shows_is_known_before_anything_is_computed(firm: Any) -> None:
    """It waited for the next full read: until then whom the mapping leaves out was counted."""
    text = presets.text("epics-as-objectives").replace(
        "select: issuetype in (Story, Task, Bug)",
        'select: issuetype in (Story, Task, Bug) AND (assignee is EMPTY OR assignee != "Nina Neu")',
    )
    activate(firm.connector, TESTER, "main", text, large=True)
    firm.work_off()
    story = firm.sandbox.sandbox.records[firm.records()[0].id]
    left = replace(story.creator, id="4714", name="Nina Neu")
    firm.sandbox.sandbox.add(replace(story, assignee=left, updated=firm.clock(), cache={}), story.creator)
    body = {"webhookEvent": "jira:issue_updated", "issue": {"id": story.id}}
    with firm.connector.store.write() as conn:
        inbox.store(conn, "main", "shown", json.dumps(body).encode(), firm.clock())
    firm.work_off()
    assert told(firm)[-1] == ("name taken in", "Nina Neu")
    assert [(one.id, one.name) for one in active_form(firm).people] == [("4714", "Nina Neu")]
    with firm.connector.store.read() as conn:
        counted = {
            row.id
            for saved in objectives.load_all(conn, "main")
            for one in saved.state.key_results
            for row in one.measurement.ledger.rows
        }
    assert counted
    assert story.id not in counted


def test_a_link_of_a_type_made_anew_says_what_the_word_says() -> None:
    """An issue shows the phrase of one direction; the list completes the type, under whose other phrase nothing was missed meanwhile."""
    known = LinkType("10010", "Contributes", "is contributed to by", "contributes to")
    name = MappingName(NameKind.LINK, "contributes to", ("10010",))
    made = Link("19010", "Contributes", "contributes to", "1", outward=True)
    bound = Catalogue(link_types=(known,))
    issue = replace(build_issue("7"), links=(made,))

    shown = names.shown_by([issue], [name], bound)
    found = compare([name], bound, shown)
    assert found.arrivals == (Arrival(name, "19010"),)
    assert link_word("contributes to", found.bound.link_types).says(made)

    listed = Catalogue(link_types=(replace(known, id="19010"),))
    back = replace(made, phrase="is contributed to by", outward=False)
    whole = compare([name], found.bound, listed).bound.link_types
    assert link_word("is contributed to by", whole).says(back)
    assert link_word("contributes to", whole).says(made)


BY_HEALTH = """
version: 1
name: by-health
scope: project in (PLAT, CORE, GROW)
fields:
  points: {name: Story point estimate}
  okr_progress: {name: OKR progress}
objectives:
  - id: epics
    select: issuetype = Epic
    key_results:
      - id: delivery
        select: issuetype = Story AND ("OKR health" is EMPTY OR "OKR health" != "On track")
        relation: descendant
        progress: {kind: delivery, weight: points}
write_back:
  - target: objective
    set: {okr_progress: {value: progress_percent}}
"""


def test_options_that_issues_show_say_nothing_of_the_fields_of_the_site(firm: Any) -> None:
    story = firm.records()[0]
    activate(firm.connector, TESTER, "main", BY_HEALTH, large=True)
    firm.work_off()
    firm.edit(story, **{scheme.OKR_HEALTH: {"value": "On track"}})
    everything_again(firm)
    ids = {name.word: name.ids for name in firm.context.mapping.names if name.kind is NameKind.OPTION}
    assert ids == {"On track": (next(one.id for one in scheme.HEALTH_OPTIONS if one.name == "On track"),)}
    assert told(firm) == [], "nothing is gone"
    assert firm.context.absences == ()


def test_going_back_to_a_revision_means_what_it_meant(firm: Any) -> None:
    first = firm.context.mapping.revision
    firm.remap("version: 1\n", "version: 1\ntime_zone: UTC\n")
    rename_points(firm)
    firm.connector.catalogue("main", fresh=True)
    with firm.connector.store.read() as conn:
        old = revisions.get(conn, "main", first)
    assert old is not None
    activate(firm.connector, TESTER, "main", old.text, large=True)
    assert firm.context.mapping.revision == first
    assert firm.context.mapping.fields["points"].id == POINTS


ADA, BOB, EVE = (User(f"a-{name}", name) for name in ("Ada", "Bob", "Eve"))
WEB, MOBILE = JiraValue("1", "Web"), JiraValue("2", "Mobile")
FIRST, SECOND = JiraValue("11", "1.0"), JiraValue("12", "2.0")
SHOWN = (
    build_issue(10, components=(WEB,), fix_versions=(FIRST,), assignee=ADA, reporter=EVE),
    build_issue(20, components=(MOBILE,), affects_versions=(SECOND,), creator=BOB),
    build_issue(30, project="FORM"),
)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (MappingName(NameKind.COMPONENT, "Web", ("1",)), Catalogue(components=(WEB, MOBILE))),
        (MappingName(NameKind.VERSION, "1.0", ("11",)), Catalogue(versions=(FIRST, SECOND))),
        (MappingName(NameKind.PERSON, "ada"), Catalogue(people=(ADA,))),
        (MappingName(NameKind.PERSON, "Somebody", ("a-Bob",)), Catalogue(people=(BOB,))),
        (MappingName(NameKind.ISSUE, "plat-20"), Catalogue(issues=(JiraValue("20", "PLAT-20"),))),
        (MappingName(NameKind.ISSUE, "PLAT-30", ("30",)), Catalogue(issues=(JiraValue("30", "FORM-30"),))),
        (MappingName(NameKind.STATUS, "Done", ("5",)), Catalogue()),
    ],
    ids=str,
)
def test_issues_show_what_no_catalogue_lists_as_far_as_the_mapping_names_it(
    name: MappingName, seen: Catalogue
) -> None:
    assert names.seen_in(SHOWN, [name], Catalogue()) == seen


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("Ada Nordlund", ["m-1"]),
        ("ada nordlund", ["m-1"]),  # and not whoever is called so and more
        ("m-1", []),  # Jira looks for names and addresses
        ("Bo", ["c-3"]),  # whoever has it within their name is somebody else
        ("Twin Olsen", []),  # two have it
        ("Nordlund", []),
        ("Nobody at all", []),
        ("z-9", ["z-9"]),  # Jira finds it in an address, and it is the id of who has that
    ],
)
def test_a_word_means_the_one_person_who_bears_it_whoever_else_jira_finds(
    hand: Any, word: str, found: list[str]
) -> None:
    for id_, name, email in (
        ("m-1", "Ada Nordlund", "ada"), ("a-2", "Ada Nordlundsson", "ada2"), ("c-3", "Bo", "c3"), ("b-4", "Boris Lund", "b4"),
        ("t-5", "Twin Olsen", "t5"), ("t-6", "Twin Olsen", "t6"), ("z-9", "Zoe Ek", "z-9"), ("zz-1", "Yrsa Ek", "zz-9"),
    ):  # fmt: skip
        hand.sandbox.sandbox.accounts[id_] = scheme.Account(id_, name, f"{email}@acme.example")
    assert [one.id for one in _person(hand.connector.sites["main"].jira, word)] == found
