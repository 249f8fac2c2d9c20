"""The remote link as a target: what it says, when it is written, what is read of it, and what a changelog tells."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mappings.document.checks.write_back import check_basis
from mappings.document.text.source import read_document
from mappings.rollup.rows.ledger import Disposition
from mappings.write_back.desired_values import desired_values, owners
from mappings.write_back.echo import EventValue
from mappings.write_back.leftovers import LastWrite, clear_leftovers
from mappings.write_back.plan import Change, plan
from mappings.write_back.target import WriteBasis
from mappings.write_back.targets import place_of, remote_link, writings_of

WHY = "https://okr.acme.example/why/"
PLAIN = {"title": "OKR: why?", "url": f"{WHY}100", "summary": "Progress, health, and every row behind them"}
LINK = {"title": "OKR: 62 % — why?", "url": f"{WHY}100", "summary": "At risk", "icon": "at_risk.png"}
OKR = remote_link.PLACES["okr"]


def links(make: SimpleNamespace, state: Any, *rules: dict[str, str]) -> dict[str, Any]:
    return {one.issue_id: one.raw for one in make.desired(make.mapping(*rules), state)}


@pytest.mark.parametrize(
    ("progress", "level", "title", "summary"),
    [
        ("0.625", "at_risk", "OKR: 63 % — why?", "At risk"),
        ("0.624", "on_track", "OKR: 62 % — why?", "On track"),
        ("0.999", "on_track", "OKR: 99 % — why?", "On track"),
        ("0", "off_track", "OKR: 0 % — why?", "Off track"),
        (None, "unknown", "OKR: unknown — why?", "Unknown"),
    ],
)
def test_the_title_says_the_shown_number_and_the_summary_the_health(
    make: SimpleNamespace, progress: str | None, level: str, title: str, summary: str
) -> None:
    state = make.objective(progress=progress, level=level)
    [made] = links(make, state, {"target": "objective", "remote_link": "numbers"}).values()
    assert made == {"title": title, "url": f"{WHY}100", "summary": summary, "icon": f"{level}.png"}


def test_without_numbers_nothing_that_moves_changes_it(make: SimpleNamespace) -> None:
    rule = {"target": "objective", "remote_link": "plain"}
    states = [
        make.objective(progress=one, level=level) for one, level in (("0.1", "off_track"), ("1", "achieved"))
    ]
    assert [links(make, state, rule) for state in states] == [{"100": PLAIN}, {"100": PLAIN}]


def rows(make: SimpleNamespace) -> Any:
    return make.ledger(
        make.row("300", progress=1),
        make.row("301", progress=None, disposition=Disposition.EXCLUDED),
        make.row("302", progress=0, disposition=Disposition.NOT_ACHIEVED),
        make.row("303", progress=None, disposition=Disposition.ELSEWHERE),
    )


def test_a_row_says_what_it_counts_for_and_nothing_else_does(make: SimpleNamespace) -> None:
    delivery = make.key_result("100/delivery", nature="delivery", ledger=rows(make))
    state = make.objective(key_results=(make.key_result("200"), delivery))
    said = "How much it counts, and why"
    assert links(make, state, {"target": "row", "remote_link": "plain"}) == {
        id_: {"title": "counts for PLAT-100", "url": f"{WHY}{id_}", "summary": said} for id_ in ("300", "302")
    }


def test_the_first_objective_in_id_order_speaks_for_a_row_of_several(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": "row", "remote_link": "plain"})
    ninth, tenth = (
        make.objective(id_, key_results=(make.key_result(f"{id_}/x", nature="delivery", ledger=rows(make)),))
        for id_ in ("9", "10")
    )
    owned = owners(mapping, [tenth, ninth])
    assert [one.issue_id for one in make.desired(mapping, ninth, owned)] == ["300", "302"]
    assert make.desired(mapping, tenth, owned) == ()


def test_nobody_knows_where_a_link_leads_without_the_address_of_the_pages(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": "objective", "remote_link": "numbers"})
    assert desired_values(mapping, make.objective(), {"100": make.issue("100")}.get, WriteBasis()) == ()


def test_what_is_the_same_to_readers_is_not_written_again(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": "objective", "remote_link": "numbers"})

    def planned(held: object) -> list[str]:
        issue = make.issue("100", fields={"link:okr": held} if held else {})
        wanted = make.desired(mapping, make.objective(progress="0.62"))
        return [one.reason for one in plan("100", wanted, {"100": issue}.get, "PLAT-7 moved to Done").changes]

    assert planned({**LINK, "icon": "of another version.png"}) == []
    assert planned(None) == ["link no link → OKR: 62 % — why?: PLAT-7 moved to Done"]
    assert planned({**LINK, "title": "OKR: 50 % — why?"}) == [
        "link OKR: 50 % — why? → OKR: 62 % — why?: PLAT-7 moved to Done"
    ]
    assert planned({**LINK, "summary": "On track"}) == [
        "link OKR: 62 % — why? (On track → At risk): PLAT-7 moved to Done"
    ]
    assert planned({**LINK, "url": "https://old.acme.example/why/100"}) != []


def test_a_link_is_sent_whole_under_a_stable_id_and_removed_by_it() -> None:
    changes = [
        Change("100", "PLAT-1", "link:okr", "", None, LINK, ""),
        Change("100", "PLAT-1", "link:row", "", LINK, None, ""),
    ]
    put, removed = [writing.request for _, writing in writings_of(changes)]
    assert (put.method, put.path, put.body) == (
        "POST",
        "/issue/100/remotelink",
        {
            "globalId": "system=jira-okr&issue=100&subject=okr",
            "application": {"type": "dev.jira-okr", "name": "OKR connector"},
            "relationship": "OKR",
            "object": {
                "url": f"{WHY}100",
                "title": "OKR: 62 % — why?",
                "summary": "At risk",
                "icon": {
                    "url16x16": "https://okr.acme.example/assets/link/okr.png",
                    "title": "OKR connector",
                },
                "status": {
                    "resolved": False,
                    "icon": {
                        "url16x16": "https://okr.acme.example/assets/link/at_risk.png",
                        "title": "At risk",
                        "link": f"{WHY}100",
                    },
                },
            },
        },
    )
    assert (removed.method, removed.path, removed.removes) == ("DELETE", "/issue/100/remotelink", True)
    assert removed.params == {"globalId": "system=jira-okr&issue=100&subject=row"}


def test_what_is_read_of_a_link_is_what_was_written() -> None:
    [asked] = remote_link.TARGET.readings({"100": ["link:okr"]}, lambda _issue, _place: None)
    assert asked.params == {"globalId": "system=jira-okr&issue=100&subject=okr"}
    [(_, written)] = writings_of([Change("100", "PLAT-1", "link:okr", "", None, LINK, "")])
    kept: Any = written.request.body
    assert remote_link.TARGET.found(asked, kept) == {"100": {"link:okr": LINK}}
    assert remote_link.TARGET.found(asked, [{**kept, "globalId": "another"}, kept]) == {
        "100": {"link:okr": LINK}
    }
    assert remote_link.TARGET.found(asked, None) == {}
    assert remote_link.TARGET.found(asked, {"html": "a proxy"}) is None


@pytest.mark.parametrize(
    ("text", "value", "ours"),
    [
        ('This issue links to "OKR: 62 % — why? (OKR connector)"', LINK, True),
        ('Dieser Vorgang ist verknüpft mit "OKR: 62 % — why?"', LINK, True),
        ('This issue links to "OKR: 61 % — why? (OKR connector)"', LINK, False),
        (None, LINK, False),
        (None, None, True),
        ('This issue links to "something of a person"', None, False),
    ],
)
def test_our_own_write_is_known_by_its_title_in_the_history(
    text: str | None, value: object, ours: bool
) -> None:
    assert OKR.says(EventValue(False, text=text), value) is ours


@pytest.mark.parametrize(
    ("held", "cleared"),
    [(LINK, True), ({**LINK, "title": "Our goal"}, False), (None, False)],
)
def test_only_what_still_is_our_link_goes_when_the_issue_leaves(
    make: SimpleNamespace, held: object, cleared: bool
) -> None:
    issue = make.issue("100", fields={"link:okr": held})
    left = LastWrite("100", "PLAT-100", OKR, LINK, "100")
    found = clear_leftovers([left], (), {"100": issue}.get, make.issue("1").created.date(), frozenset())
    assert [one.after for one in found] == ([None] if cleared else [])


HEAD = """
version: 1
name: okr
scope: project = PLAT
objectives:
  - {id: epics, select: issuetype = Epic, key_results: [{id: all, select: issuetype = Story, progress: {kind: delivery}}]}
write_back:
"""


SENSELESS = [
        ("  - {target: objective, remote_link: percent}", "unknown-value", "numbers"),
        ("  - {target: row, remote_link: numbers}", "wrong-value", "retitle"),
        ("  - {target: row, property: jira-okr.rollup}", "wrong-subject", "`remote_link`"),
        ("  - {target: objective, remote_link: plain}\n  - {target: objective, remote_link: numbers}", "two-writers", "twice"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "code", "says"), SENSELESS)
def test_what_makes_no_sense_is_refused_at_its_place(rules: str, code: str, says: str) -> None:
    [found] = [one for one in read_document(HEAD + rules).diagnostics if str(one.severity) == "error"]
    assert found.code == code
    assert says in f"{found.message} {found.remedy} {found.valid}"


def test_a_link_is_refused_where_the_connector_does_not_know_its_own_address() -> None:
    document = read_document(f"{HEAD}  - {{target: objective, remote_link: plain}}").require()
    [found] = check_basis(document, WriteBasis())
    assert (found.code, found.path) == ("no-address", "write_back[0].remote_link")
    assert "JIRA_OKR_BASE_URL" in found.remedy
    assert check_basis(document, WriteBasis(pages="https://okr.acme.example")) == ()


def test_the_places_of_links_are_for_ever_and_others_are_none() -> None:
    assert place_of("link:okr", {}.get) is OKR
    assert place_of("link:of the future", {}.get) is None
