"""Ids decide, for ever: a mapping is bound once, and whatever Jira is called afterwards selects the same issues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mappings.document.binder import bind
from mappings.document.checks.live.names import check_names
from mappings.document.mapping import Mapping
from mappings.document.names import MappingName, NameKind, bound_form, compare, link_word, overlay
from mappings.document.schema import Document
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status, User
from mappings.facts.moment import Moment

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
MOMENT = Moment(AT)
TEAM, SPRINT = "customfield_10050", "customfield_10020"
SITE = Catalogue(
    fields=(
        Field(
            TEAM,
            "Team",
            "option",
            options=(JiraValue("700", "Blue"), JiraValue("701", "Red"), JiraValue("702", "Grey")),
        ),
        Field(
            SPRINT,
            "Sprint",
            "array",
            "json",
            options=(JiraValue("31", "PLAT Sprint 1"), JiraValue("32", "PLAT Sprint 2")),
        ),
        Field("customfield_10016", "Story points", "number"),
    ),
    statuses=(
        Status("1", "To Do", "new"),
        Status("3", "Building", "indeterminate"),
        Status("5", "Done", "done"),
    ),
    issue_types=(IssueType("1", "Epic", 1), IssueType("2", "Story"), IssueType("3", "Task")),
    projects=(Project("100", "PLAT", "Platform"), Project("200", "CORE", "Core")),
    resolutions=(JiraValue("1", "Done"), JiraValue("2", "Won't Do")),
    priorities=(JiraValue("1", "High"), JiraValue("2", "Middle"), JiraValue("3", "Low")),
    link_types=(LinkType("9", "Contribution", "is helped by", "helps"),),
    components=(JiraValue("40", "Parser"), JiraValue("41", "Lexer")),
    versions=(JiraValue("50", "1.0"), JiraValue("51", "1.1")),
    people=(User("acc-1", "Kim Lee", "kim@example.com"),),
    issues=(JiraValue("1001", "PLAT-1"),),
)
STORY = Issue(
    "1001",
    "PLAT-1",
    SITE.projects[0],
    SITE.issue_types[1],
    SITE.statuses[1],
    AT,
    AT,
    resolution=SITE.resolutions[1],
    priority=SITE.priorities[0],
    components=SITE.components[:1],
    fix_versions=SITE.versions[:1],
    affects_versions=SITE.versions[:1],
    assignee=SITE.people[0],
    reporter=SITE.people[0],
    links=(Link("9", "Contribution", "helps", "1002", outward=True),),
    fields={TEAM: {"id": "700", "value": "Blue"}, SPRINT: [{"id": 31, "name": "PLAT Sprint 1"}]},
)
CHILD = replace(STORY, id="1003", key="PLAT-3", parent_id="1001")


def document(jql: str) -> Document:
    return Document.model_validate(
        {
            "version": 1,
            "name": "names",
            "scope": "project = PLAT",
            "objectives": [
                {"id": "o", "select": jql, "key_results": [{"id": "d", "progress": {"kind": "delivery"}}]}
            ],
        }
    )


def activated(jql: str, site: Catalogue = SITE) -> tuple[Document, Mapping, Catalogue]:
    """A document bound once, as its activation stores it."""
    text = document(jql)
    mapping = bind(text, site)
    return text, mapping, bound_form(mapping.names, mapping.field_ids(), site)


def selects(mapping: Mapping, issue: Issue) -> bool:
    select = mapping.objectives[0].select
    assert select is not None
    return select.matches(issue, MOMENT)


def moved(issue: Issue) -> Issue:
    """The same issue as it reads when all that it names was renamed and it was moved to another key."""
    return replace(
        issue,
        key="FORM-9",
        project=Project("100", "FORM", "Shape"),
        type=IssueType("2", "Benutzergeschichte"),
        status=Status("3", "Im Bau", "indeterminate"),
        resolution=JiraValue("2", "Wird nicht erledigt"),
        priority=JiraValue("1", "Hoch"),
        components=(JiraValue("40", "Leser"),),
        fix_versions=(JiraValue("50", "2026.1"),),
        affects_versions=(JiraValue("50", "2026.1"),),
        assignee=User("acc-1", "Kim Lee-Park", "klp@example.com"),
        reporter=User("acc-1", "Kim Lee-Park", "klp@example.com"),
        links=(Link("9", "Beitrag", "hilft", "1002", outward=True),),
        fields={TEAM: {"id": "700", "value": "Blau"}, SPRINT: [{"id": 31, "name": "Der erste"}]},
    )


TRANSLATED = Catalogue(
    fields=(
        Field(TEAM, "Mannschaft", "option"),
        Field(SPRINT, "Lauf", "array", "json"),
        Field("customfield_10016", "Punkte", "number"),
    ),
    statuses=(
        Status("1", "Zu tun", "new"),
        Status("3", "Im Bau", "indeterminate"),
        Status("5", "Fertig", "done"),
    ),
    issue_types=(IssueType("1", "Epos", 1), IssueType("2", "Benutzergeschichte"), IssueType("3", "Aufgabe")),
    projects=(Project("100", "FORM", "Shape"), Project("200", "KERN", "Kern")),
    resolutions=(JiraValue("1", "Fertig"), JiraValue("2", "Wird nicht erledigt")),
    priorities=(JiraValue("1", "Hoch"), JiraValue("2", "Mittel"), JiraValue("3", "Tief")),
    link_types=(LinkType("9", "Beitrag", "wird geholfen von", "hilft"),),
)

KINDS = [
    ("project = PLAT", STORY),
    ("project = Platform", STORY),
    ("issuetype = Story", STORY),
    ("status = Building", STORY),
    ('status in (Building, "To Do")', STORY),
    ("status != Done", STORY),
    ('resolution = "Won\'t Do"', STORY),
    ("priority = High", STORY),
    ("priority >= Middle", STORY),
    ("component = Parser", STORY),
    ("fixVersion = 1.0", STORY),
    ("affectedVersion = 1.0", STORY),
    ('assignee = "Kim Lee"', STORY),
    ('reporter = "kim@example.com"', STORY),
    ("issueLinkType = helps", STORY),
    ("issueLinkType = Contribution", STORY),
    ("Team = Blue", STORY),
    ("cf[10050] in (Blue, Red)", STORY),
    ('Sprint = "PLAT Sprint 1"', STORY),
    ("key = PLAT-1", STORY),
    ("key >= PLAT-1", STORY),
    ("parent = PLAT-1", CHILD),
]


@pytest.mark.parametrize(("jql", "issue"), KINDS)
def test_whatever_is_renamed_selects_the_same(jql: str, issue: Issue) -> None:
    text, mapping, form = activated(jql)
    assert selects(mapping, issue)
    grown = compare(mapping.names, form, TRANSLATED).bound
    later = bind(text, grown)
    assert selects(later, issue)
    assert selects(later, moved(issue))
    other = replace(
        moved(issue),
        id="7",
        key="KERN-0",
        parent_id="8",
        project=Project("200", "KERN", "Kern"),
        type=IssueType("3", "Aufgabe"),
        status=Status("5", "Fertig", "done"),
        resolution=JiraValue("1", "Fertig"),
        priority=JiraValue("3", "Tief"),
        components=(JiraValue("41", "Parser"),),
        fix_versions=(JiraValue("51", "1.0"),),
        affects_versions=(JiraValue("51", "1.0"),),
        assignee=User("acc-2", "Kim Lee", "kim@example.com"),
        reporter=User("acc-2", "Kim Lee", "kim@example.com"),
        links=(Link("8", "Contribution", "helps", "1002", outward=True),),
        fields={TEAM: {"id": "702", "value": "Blue"}, SPRINT: [{"id": 32, "name": "PLAT Sprint 1"}]},
    )
    assert not selects(later, other), "what was called otherwise when the names were bound is not meant"


@pytest.mark.parametrize(
    ("jql", "asked"),
    [
        ("project = PLAT", "project = 100"),
        ("project != PLAT", "project != 100"),
        ("project in (PLAT, CORE) ORDER BY Team", "project in (100, 200) ORDER BY cf[10050]"),
        ('issuetype = "Story" AND status not in (Done, 1)', "issuetype = 2 AND status not in (5, 1)"),
        ("Team = Blue OR labels = Blue", "cf[10050] = 700 OR labels = Blue"),
        ('assignee = "Kim Lee"', 'assignee = "acc-1"'),
        ("key = PLAT-1 AND parent is EMPTY", "key = 1001 AND parent is EMPTY"),
        (
            "resolution = Unresolved AND resolution != Nothing",
            "resolution = Unresolved AND resolution != Nothing",
        ),
    ],
)
def test_jira_is_asked_by_id(jql: str, asked: str) -> None:
    _, mapping, _ = activated(jql)
    select = mapping.objectives[0].select
    assert select is not None
    assert select.by_id == asked


def test_a_name_of_several_ids_is_asked_as_a_list() -> None:
    site = replace(SITE, statuses=(*SITE.statuses, Status("77", "Building", "new")))
    _, mapping, _ = activated("status = Building AND status != Building", site)
    select = mapping.objectives[0].select
    assert select is not None
    assert select.by_id.split() == ["status", "in", "(3,", "77)", "AND", "status", "not", "in", "(3,", "77)"]


def test_a_rename_is_told() -> None:
    _, mapping, form = activated("issuetype = Story AND project = PLAT")
    now = replace(
        SITE,
        issue_types=(SITE.issue_types[0], IssueType("2", "User story")),
        projects=(Project("100", "FORM", "Platform"), SITE.projects[1]),
    )
    found = compare(mapping.names, form, now)
    assert [str(one) for one in found.renames] == [
        'issue type "Story" is called "User story" now',
        'project "PLAT" is called "FORM" now',
    ]
    assert found.arrivals == ()
    assert found.absences == ()


def test_another_id_of_a_bound_name_is_taken_in_once() -> None:
    text, mapping, form = activated("issuetype = Story")
    now = replace(SITE, issue_types=(*SITE.issue_types, IssueType("10044", "Story")))
    found = compare(mapping.names, form, now)
    assert [(one.name.word, one.id) for one in found.arrivals] == [("Story", "10044")]
    later = bind(text, found.bound)
    assert selects(later, replace(STORY, type=IssueType("10044", "Vorgang")))
    assert selects(later, STORY)
    assert compare(later.names, found.bound, now).arrivals == ()


def test_two_names_that_change_places_stay_what_they_were() -> None:
    text, mapping, form = activated("issuetype = Story")
    now = replace(SITE, issue_types=(SITE.issue_types[0], IssueType("2", "Task"), IssueType("3", "Story")))
    found = compare(mapping.names, form, now)
    assert [str(one) for one in found.renames] == ['issue type "Story" is called "Task" now']
    assert found.arrivals == ()
    later = bind(text, found.bound)
    assert selects(later, replace(STORY, type=IssueType("2", "Task")))
    assert not selects(later, replace(STORY, type=IssueType("3", "Story")))


def test_a_name_that_meant_nothing_is_bound_when_something_is_called_so() -> None:
    text, mapping, form = activated("status = Checking")
    now = replace(
        SITE, statuses=(*SITE.statuses[:1], Status("3", "Checking", "indeterminate"), *SITE.statuses[2:])
    )
    found = compare(mapping.names, form, now)
    assert [(one.name.word, one.id) for one in found.arrivals] == [("Checking", "3")]
    assert selects(bind(text, found.bound), replace(STORY, status=Status("3", "Prüfung", "indeterminate")))


def test_what_is_gone_is_told_and_still_meant() -> None:
    text, mapping, form = activated("Team = Blue AND status = Building")
    now = replace(SITE, fields=SITE.fields[1:], statuses=(SITE.statuses[0], SITE.statuses[2]))
    found = compare(mapping.names, form, now)
    assert [str(one) for one in found.absences] == [
        'field "Team" (customfield_10050) is no longer in Jira',
        'status "Building" (3) is no longer in Jira',
    ]
    assert selects(bind(text, found.bound), STORY)


def test_what_is_gone_and_said_by_its_id_is_told_by_its_last_name() -> None:
    text, mapping, form = activated("cf[10050] = Blue")
    gone = replace(SITE, fields=SITE.fields[1:])
    assert [str(one) for one in compare(mapping.names, form, gone).absences] == [
        'field "Team" (customfield_10050) is no longer in Jira'
    ]
    assert selects(bind(text, form), STORY)


def test_an_empty_list_says_nothing() -> None:
    _, mapping, form = activated("Team = Blue AND status = Building")
    found = compare(mapping.names, form, Catalogue())
    assert (found.renames, found.arrivals, found.absences) == ((), (), ())
    assert found.bound == form


def test_an_id_in_the_text_is_no_name() -> None:
    _, mapping, form = activated("issuetype = 2 AND cf[10050] = 700")
    told = [one.name.kind for one in compare(mapping.names, form, TRANSLATED).renames]
    assert told == [NameKind.PROJECT, NameKind.RESOLUTION], (
        "the scope and the default of statuses.excluded use names"
    )


def test_a_new_text_may_use_the_names_of_today_and_those_it_knows() -> None:
    _, _, form = activated("issuetype = Story")
    known = overlay(form, TRANSLATED)
    former = bind(document("issuetype = Story AND project = PLAT"), known)
    today = bind(document("issuetype = Benutzergeschichte AND project = FORM"), known)
    assert selects(former, moved(STORY))
    assert selects(today, moved(STORY))


def test_a_new_text_may_use_one_former_name_of_what_has_several() -> None:
    """The type of a link, the project, the person are called as before; one phrase, the key, the address is not."""
    _, _, form = activated("issuetype = Story")
    now = replace(
        SITE,
        link_types=(LinkType("9", "Contribution", "is helped by", "carries"),),
        projects=(Project("100", "FORM", "Platform"), Project("300", "CORE", "Another")),
    )
    known = overlay(form, now)
    assert bind(document("project = PLAT"), known).objectives[0].select.by_id == "project = 100"  # type: ignore[union-attr]
    assert bind(document("project = CORE"), known).objectives[0].select.by_id == "project = 300"  # type: ignore[union-attr]
    assert link_word("helps", known.link_types).ids == ("9",)
    assert link_word("carries", known.link_types).ids == ("9",)
    assert link_word("is helped by", known.link_types).ids == ("9",)


def test_jql_that_people_keep_in_an_issue_may_use_both_too() -> None:
    """It is no part of the mapping, so it is bound anew at each reading: by the names of today, and by those of activation."""
    _, _, form = activated("issuetype = Story")
    mapping = bind(document("issuetype = Story"), form, today=overlay(form, TRANSLATED))
    for text in ("issuetype = Story AND project = PLAT", "issuetype = Benutzergeschichte AND project = FORM"):
        assert mapping.compile_jql(text).matches(moved(STORY), MOMENT), text


def test_an_option_that_is_written_is_a_name_as_far_as_it_is_known() -> None:
    text = document("issuetype = Epic").model_dump(by_alias=True, exclude_unset=True)
    text["fields"] = {**text.get("fields", {}), "team": {"id": TEAM}}
    health = {"value": "health", "options": {"on_track": "Blue", "at_risk": "701"}}
    text["write_back"] = [{"target": "objective", "set": {"team": health}}]
    mapping = bind(Document.model_validate(text), SITE)
    assert {one for one in mapping.names if one.kind is NameKind.OPTION} == {
        MappingName(NameKind.OPTION, "Blue", ("700",), TEAM),
        MappingName(NameKind.OPTION, "701", ("701",), TEAM),
    }
    assert mapping.written_options() == {TEAM: frozenset({"Blue", "701"})}


def test_the_names_of_today_win_over_former_ones() -> None:
    _, _, form = activated("issuetype = Story")
    now = replace(SITE, issue_types=(SITE.issue_types[0], IssueType("2", "Task"), IssueType("3", "Story")))
    mapping = bind(document("issuetype = Story"), overlay(form, now))
    assert selects(mapping, replace(STORY, type=IssueType("3", "Story")))
    assert not selects(mapping, STORY)


def test_every_place_that_says_a_former_name_is_shown() -> None:
    result = read_document(
        "version: 1\n"
        "name: names\n"
        "scope: project = PLAT\n"
        "statuses:\n"
        "  overrides:\n"
        "    - {when: project = PLAT, by_status: {Building: 0.7}}\n"
        "objectives:\n"
        "  - {id: o, select: issuetype = Epic AND status = Building, key_results: [{id: d, progress: {kind: delivery}}]}\n"
    )
    text = result.require()
    mapping = bind(text, SITE)
    now = replace(SITE, statuses=(SITE.statuses[0], Status("3", "Making", "indeterminate"), SITE.statuses[2]))
    found = compare(mapping.names, bound_form(mapping.names, (), SITE), now)
    shown = check_names(text, SITE, found.renames, found.absences, positions=result.positions)
    assert [(one.path, one.line, one.remedy) for one in shown] == [
        ("statuses.overrides[0].by_status.Building", 6, 'write "Making" in its place'),
        ("objectives[0].select", 8, 'write "Making" in its place'),
    ]


def test_a_status_with_a_share_of_its_own_keeps_it() -> None:
    plain = document("issuetype = Epic").model_dump(by_alias=True, exclude_unset=True)
    text = Document.model_validate({**plain, "statuses": {"overrides": [{"by_status": {"Building": "0.7"}}]}})
    mapping = bind(text, SITE)
    assert MappingName(NameKind.STATUS, "Building", ("3",)) in mapping.names
    grown = compare(mapping.names, bound_form(mapping.names, (), SITE), TRANSLATED).bound
    assert dict(bind(text, grown).statuses.overrides[0].by_status) == dict(
        mapping.statuses.overrides[0].by_status
    )


def test_a_link_is_followed_by_type_and_direction() -> None:
    _, mapping, _ = activated("issuetype = Epic")
    assert mapping.link("helps").says(Link("1", "x", "helps", "2")), (
        "a phrase of no link type is compared as it stands"
    )
    plain = document("issuetype = Epic").model_dump(by_alias=True, exclude_unset=True)
    plain["objectives"][0]["key_results"][0]["relation"] = {"link": "helps"}
    linking = bind(Document.model_validate(plain), SITE)
    word = linking.link("helps")
    assert word.says(Link("9", "Beitrag", "hilft", "2", outward=True))
    assert not word.says(Link("9", "Beitrag", "wird geholfen von", "2", outward=False))
    assert word.says(Link("9", "Contribution", "helps", "2")), (
        "issues read before directions were kept go by the phrase"
    )
