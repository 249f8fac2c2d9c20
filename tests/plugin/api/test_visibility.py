"""Who may see what, asked at every door that is read: an issue that Jira does not show to somebody has no key and no title there.

The routes are those that there are: a new one is in here by itself, and one whose address has a part of which this knows no sample fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from connectors.jira import JiraRefusal
from connectors.sandbox.site_state.scheme import CONNECTOR, PEOPLE, VIEWER
from connectors.store.lists.list_rows import START, RowSelection
from connectors.store.lists.records import RecordSearch
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import accounts, audit
from connectors.store.reads import failures
from connectors.store.visibility.account_people import AccountPerson, PersonProof
from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Connector
from plugin.use_cases.health.concerns import read_failures
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.objectives.objective_list import list_members, list_objectives
from plugin.use_cases.objectives.objectives import list_counted
from plugin.use_cases.permission import PermissionRefusal, question
from plugin.use_cases.visibility import sights
from plugin.use_cases.visibility.numberless_objectives import numberless
from plugin.use_cases.visibility.sights import visible
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility
from plugin.use_cases.work.plans import list_writes
from tests import sight
from tests.plugin.api.conftest import synced
from tests.sight import (
    HIDDEN,
    PROJECTS,
    WATCHED,
    addresses,
    leaks,
    planted,
    samples,
    secret_numbers,
    talk,
    unpacked,
)

if TYPE_CHECKING:
    from tests.plugin.api.conftest import Api

SEES_ALL, SEES_SOME, SEES_NONE = PEOPLE[0], VIEWER, None


@pytest.fixture(scope="module")
def hiding(api: Api) -> Api:
    text = api.get("/sites/main/mapping")["text"]
    activate(api.connector, COMMAND_LINE, "main", text + WATCHED, large=True)
    synced(api.connector)
    talk(api.connector)
    change_visibility(api.connector, COMMAND_LINE, "main", Visibility.TITLES)
    return api


def be(api: Api, role: str, person: str | None) -> None:
    sight.be(api.connector, role, person)


def bearer(api: Api, role: str = "viewer") -> dict[str, str]:
    return {"Authorization": f"Bearer {api.tokens[role]}"}


def read(api: Api, role: str, address: str) -> str:
    answer = api.client.get(address, headers=bearer(api, role))
    assert answer.status_code < 500, (address, answer.status_code, answer.data[:200])
    return f"{answer.headers}{unpacked(answer.data).decode(errors='replace')}"


@pytest.mark.parametrize("mode", [Visibility.TITLES, Visibility.ROWS, Visibility.NUMBERS])
@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize(
    ("person", "hidden"),
    [(SEES_SOME.id, (HIDDEN,)), (SEES_NONE, PROJECTS)],
    ids=["sees some", "is nobody in Jira"],
)
@pytest.mark.slow
def test_no_door_tells_key_or_title_of_a_hidden_issue(
    hiding: Api, role: str, person: str | None, hidden: tuple[str, ...], mode: Visibility
) -> None:
    be(hiding, role, person)
    change_visibility(hiding.connector, COMMAND_LINE, "main", mode)
    keys, titles = planted(hiding.connector, hidden)
    assert keys
    assert titles
    told = {}
    numbers = secret_numbers(hiding.connector, person) if mode is Visibility.NUMBERS else set()
    for address in addresses(hiding.connector, hiding.app):
        text = read(hiding, role, address)
        found = leaks(text, keys, titles) - leaks(address, keys, titles)
        found |= {one for one in numbers if re.search(rf"(?<![0-9.]){re.escape(one)}(?![0-9])", text)}
        if found:
            told[address] = sorted(found)[:5]
    change_visibility(hiding.connector, COMMAND_LINE, "main", Visibility.TITLES)
    assert told == {}


def rows(api: Api) -> list[dict[str, object]]:
    answer = api.call("GET", "/objectives?limit=200", role="viewer")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json["items"]
    return found


def test_the_list_of_somebody_who_sees_some_has_every_number_and_no_hidden_title(hiding: Api) -> None:
    be(hiding, "viewer", SEES_ALL.id)
    whole = {one["id"]: one for one in rows(hiding)}
    be(hiding, "viewer", SEES_SOME.id)
    cut = {one["id"]: one for one in rows(hiding)}
    assert cut.keys() == whole.keys()
    assert [one["progress_exact"] for one in cut.values()] == [
        one["progress_exact"] for one in whole.values()
    ]
    hidden = {one["id"] for one in whole.values() if one["project"] == HIDDEN}
    assert hidden
    assert {one["id"] for one in cut.values() if one["title"] == "Restricted objective"} == hidden
    assert {one["key"] for one in cut.values() if one["id"] in hidden} == {""}
    seen = [(one["key"], one["title"]) for one in cut.values() if one["id"] not in hidden]
    assert seen == [(one["key"], one["title"]) for one in whole.values() if one["id"] not in hidden]


@pytest.fixture
def with_hidden_rows(own_api: Api) -> tuple[Api, str, frozenset[str]]:
    """An objective that Vera may see, of which two counted rows have a level that she is not in."""
    be(own_api, "viewer", SEES_SOME.id)
    with own_api.connector.store.read() as conn:
        states = [
            one.state for one in objectives.load_objectives(conn, "main") if one.state.project_key == "PLAT"
        ]
    state, rows = next(
        (state, counted)
        for state in states
        for counted in [
            [
                row.id
                for one in state.key_results
                for row in one.measurement.ledger.rows
                if row.share and row.id.isdigit()
            ]
        ]
        if len(set(counted)) > 2
    )
    own_api.sandbox.sandbox.groups["directors"] = frozenset({CONNECTOR.id})
    for row in rows[:2]:
        own_api.sandbox.sandbox.secure(row, "directors")
    return own_api, state.id, frozenset(rows[:2])


def test_hidden_rows_are_one_line_whose_sum_everybody_can_check(
    with_hidden_rows: tuple[Api, str, frozenset[str]],
) -> None:
    api, objective, hidden = with_hidden_rows
    change_visibility(api.connector, COMMAND_LINE, "main", Visibility.ROWS)
    ledgers = api.call("GET", f"/objectives/{objective}/ledger", role="viewer").json
    lines = [row for one in ledgers["key_results"] for row in one["rows"]]
    assert not hidden & {row["id"] for row in lines}
    assert [row["title"] for row in lines if row["id"].startswith("hidden-")] == ["2 issues you may not see"]
    assert all(one["exact"] for one in (ledgers["headline"], ledgers["beside"], *ledgers["key_results"]))
    assert sum(one["unseen"] for one in ledgers["key_results"]) == 2
    whole = api.call("GET", f"/objectives/{objective}", role="viewer").json
    assert whole["progress_exact"] is not None


def test_of_an_objective_that_counts_a_hidden_row_only_health_is_told_where_numbers_are_by_permission(
    with_hidden_rows: tuple[Api, str, frozenset[str]],
) -> None:
    api, objective, _ = with_hidden_rows
    change_visibility(api.connector, COMMAND_LINE, "main", Visibility.NUMBERS)
    told = {one["id"]: one for one in rows(api)}
    assert told[objective]["progress_exact"] is None
    assert told[objective]["health"]["level"] is not None
    assert told[objective]["flags"] == [
        "Its numbers are not shown to you: it counts issues that you may not see."
    ]
    assert any(one["progress_exact"] is not None for one in told.values())
    assert api.call("GET", f"/objectives/{objective}/history", role="viewer").json["items"] == []
    assert api.call("GET", "/objectives?sort=progress", role="viewer").status_code in (403, 422)
    assert api.call("GET", "/cycles", role="viewer").status_code == 403
    page = read(api, "viewer", f"/objectives/{objective}")
    assert "Its numbers are not shown to you" in page


def test_what_a_site_counts_is_read_once_for_all_who_look_and_nobody_is_remembered_for_long(
    hiding: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector, reads, read_all = hiding.connector, list[str](), objectives.load_all
    monkeypatch.setattr(objectives, "load_all", lambda conn, site: reads.append(site) or read_all(conn, site))
    connector.counted.clear()
    seconds = [100.0]
    monkeypatch.setattr(connector, "monotonic", lambda: seconds[0])
    connector.numberless = {("main", "gone"): (seconds[0] - 60, {})}
    sees_some, sees_none = (numberless(connector, "main", one) for one in (SEES_SOME.id, ""))
    assert reads == ["main"]
    assert sees_some.keys() < sees_none.keys()
    assert connector.numberless.keys() == {("main", SEES_SOME.id), ("main", "")}
    seconds[0] += 4.9
    numberless(connector, "main", "")
    assert reads == ["main"]
    seconds[0] += 0.2
    numberless(connector, "main", "")
    assert reads == ["main", "main"]


def test_a_hidden_key_is_answered_as_one_that_nobody_knows_and_words_are_not_searched(hiding: Api) -> None:
    be(hiding, "viewer", SEES_SOME.id)
    key = samples(hiding.connector)["objective"][-1]
    hidden, unknown = (
        hiding.call("GET", f"/objectives/{name}", role="viewer") for name in (key, "GROW-99999")
    )
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.text.replace(key, "") == unknown.text.replace("GROW-99999", "")
    assert hiding.call("GET", "/objectives?search=robot", role="viewer").status_code in (403, 422)
    for kind in ("objectives", "ledgers"):
        refused = hiding.call("GET", f"/exports/{kind}?site=main&format=csv&owner=Ada", role="viewer")
        assert refused.status_code == 403, kind


def test_what_a_refusal_holds_beside_its_words_names_no_hidden_issue(hiding: Api) -> None:
    be(hiding, "admin", SEES_SOME.id)
    keys, titles = planted(hiding.connector, (HIDDEN,))
    objective = samples(hiding.connector)["objective"][0]
    refused = hiding.call("POST", f"/objectives/{objective}/check-ins", {"key_result": "nothing"})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["detail"].startswith("there is no key result “nothing” here")
    assert leaks(refused.text, keys, titles) == set()


def test_a_hidden_key_among_several_is_answered_as_one_that_nobody_knows(hiding: Api) -> None:
    be(hiding, "viewer", SEES_SOME.id)
    known = samples(hiding.connector)["objective"]
    told = []
    for key in (known[-1], "GROW-99999"):
        answer = hiding.call("GET", f"/plan?objective={known[1]}&objective={key}", role="viewer")
        told.append((answer.status_code, answer.text.replace(key, "")))
    assert told[0] == told[1]
    assert told[0][0] == 404


def test_a_hidden_key_result_that_is_chosen_to_be_carried_is_one_that_nobody_knows(hiding: Api) -> None:
    """Else that one which was is carried, and another refused, would tell which key results a closed cycle had."""
    be(hiding, "viewer", SEES_SOME.id)
    seen, *_, hidden = samples(hiding.connector)["objective"]
    with hiding.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    vera = Actor("viewer@acme.example", Permission.VIEWER, account.id)

    @question(Permission.VIEWER)
    def is_chosen(_connector: Connector, _actor: Actor, site: str, choice: CarryChoice) -> tuple[bool, ...]:
        return choice.as_copy, *(hidden in names or seen in names for names in (choice.along, choice.behind))

    def asked(key: str) -> tuple[bool, ...]:
        return is_chosen(
            hiding.connector, vera, "main", CarryChoice(frozenset({key}), frozenset({key}), as_copy=True)
        )

    assert asked(seen) == (True, True, True)
    assert asked(hidden) == (True, False, False)


@pytest.mark.parametrize("mode", [Visibility.TITLES, Visibility.ROWS])
def test_whoever_counts_through_ids_learns_of_no_hidden_issue_nor_what_counts_it(
    with_hidden_rows: tuple[Api, str, frozenset[str]], mode: Visibility
) -> None:
    api, objective, hidden = with_hidden_rows
    row = min(hidden)
    feeds = api.call("GET", f"/issues/{row}/feeds", role="viewer").json["feeds"]
    assert objective in {one["objective"]["id"] for one in feeds}
    change_visibility(api.connector, COMMAND_LINE, "main", mode)
    told, unknown = (api.call("GET", f"/issues/{name}/feeds", role="viewer") for name in (row, "987654"))
    assert (told.status_code, unknown.status_code) == (404, 404)
    assert told.text.replace(row, "") == unknown.text.replace("987654", "")
    pages = (api.client.get(f"/why/{name}", headers=bearer(api)) for name in (row, "987654"))
    assert {one.status_code for one in pages} == {404}
    assert api.call("GET", f"/issues/{objective}/feeds", role="viewer").status_code == 200


def test_whose_the_hidden_objectives_are_is_no_choice_of_the_list(hiding: Api) -> None:
    with hiding.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    vera = Actor("viewer@acme.example", Permission.VIEWER, account.id)

    def owners() -> frozenset[str]:
        wanted = RowSelection(sites=("main",))
        page = list_objectives(hiding.connector, vera, wanted, START, 5)
        _, counted = list_counted(hiding.connector, vera, wanted, 5)
        assert page.tallies.owners == counted.owners
        return counted.owners

    be(hiding, "viewer", SEES_ALL.id)
    assert len(owners()) > 1
    be(hiding, "viewer", SEES_SOME.id)
    assert owners() == frozenset()


def test_the_figures_of_a_team_are_made_of_the_numbers_that_somebody_may_see(own_api: Api) -> None:
    with own_api.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    vera = Actor("viewer@acme.example", Permission.VIEWER, account.id)
    wanted = RowSelection(sites=("main",))
    every = {one.state.id: one for one in list_members(own_api.connector, COMMAND_LINE, wanted)}
    be(own_api, "viewer", SEES_SOME.id)
    change_visibility(own_api.connector, COMMAND_LINE, "main", Visibility.NUMBERS)
    told = {one.state.id: one for one in list_members(own_api.connector, vera, wanted)}
    assert told.keys() == every.keys()
    bare = {
        id_
        for id_, one in told.items()
        if one.state.progress is None and every[id_].state.progress is not None
    }
    assert bare
    for id_ in bare:
        one = told[id_]
        assert (one.week, one.state.delivery, one.state.outcome) == (None, None, None)


def test_a_sentence_that_calls_a_hidden_issue_as_it_was_called_before_does_not_name_it(own_api: Api) -> None:
    be(own_api, "viewer", SEES_SOME.id)
    with own_api.connector.store.write() as conn:
        issue = next(one for one in mirror.every(conn, "main") if one.project.key == HIDDEN)
        later = issue.updated + timedelta(minutes=1)
        mirror.put(conn, "main", [replace(issue, summary="Something else", updated=later)])
        account = accounts.by_email(conn, "viewer@acme.example")
    change_visibility(own_api.connector, COMMAND_LINE, "main", Visibility.TITLES)
    assert account is not None
    vera = Actor("viewer@acme.example", Permission.VIEWER, account.id)

    @question(Permission.VIEWER)
    def stored(_connector: Connector, _actor: Actor, site: str) -> str:
        return f"{issue.key} {issue.summary} has no estimate"

    assert stored(own_api.connector, vera, "main") == "An issue you may not see has no estimate"


def test_the_record_of_writes_is_not_searched_by_words_by_somebody_who_sees_some(hiding: Api) -> None:
    be(hiding, "viewer", SEES_SOME.id)
    with hiding.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    vera = Actor("viewer@acme.example", Permission.VIEWER, account.id)
    assert list_writes(hiding.connector, vera, RecordSearch(), 5)
    with pytest.raises(PermissionRefusal, match="searched by words"):
        list_writes(hiding.connector, vera, RecordSearch(words=("grow",)), 5)
    assert list_writes(hiding.connector, COMMAND_LINE, RecordSearch(words=("grow",)), 5)


def test_what_a_list_asks_while_it_is_read_is_whole_and_only_what_leaves_is_cut(hiding: Api) -> None:
    be(hiding, "viewer", SEES_SOME.id)
    key = samples(hiding.connector)["objective"][-1]
    with hiding.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    vera = Actor("viewer@acme.example", Permission.VIEWER, account.id)

    @question(Permission.VIEWER)
    def called(_connector: Connector, _actor: Actor, site: str, name: str) -> str:
        return name

    @question(Permission.VIEWER)
    def each(connector: Connector, actor: Actor, site: str, last: object) -> Iterator[object]:
        def parts() -> Iterator[object]:
            yield called(connector, actor, site, key) == key
            yield key
            if isinstance(last, Exception):
                raise last
            yield last

        return parts()

    assert list(each(hiding.connector, vera, "main", 3)) == [True, "An issue you may not see", 3]
    with pytest.raises(OSError, match=r"^An issue you may not see broke$"):
        list(each(hiding.connector, vera, "main", OSError(f"{key} broke")))
    with pytest.raises(PermissionRefusal, match="nobody knows how to cut object"):
        list(each(hiding.connector, vera, "main", object()))


def test_a_yes_is_believed_for_ten_minutes_a_no_for_one_and_an_old_yes_for_an_hour_while_jira_is_down(
    own_api: Api,
) -> None:
    connector, sandbox, began = own_api.connector, own_api.sandbox.sandbox, own_api.connector.clock()
    with connector.store.read() as conn:
        issue = next(one for one in mirror.every(conn, "main") if one.project.key == "PLAT")

    def sees(minutes: float) -> bool:
        connector.clock = lambda: began + timedelta(minutes=minutes)
        return bool(visible(connector, "main", VIEWER.id, {issue.id: issue.key}))

    assert sees(0)
    sandbox.groups["directors"] = frozenset({CONNECTOR.id})
    sandbox.secure(issue.id, "directors")
    assert sees(9)
    assert not sees(11)
    sandbox.secure(issue.id, None)
    assert not sees(11.5)
    assert sees(12.5)
    assert sees(365 * 24 * 60)  # a clock was ahead for a while
    sandbox.secure(issue.id, "directors")
    assert not sees(13.6)
    sandbox.secure(issue.id, None)
    assert sees(15)
    own_api.sandbox.stop()
    assert sees(60)
    assert not sees(80)


def test_a_jira_that_hangs_is_waited_for_once_and_shows_nothing(
    hiding: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sights, "PATIENCE_S", 0.2)
    jira, release, calls = hiding.connector.site("main").jira, Event(), list[str]()

    def hangs(person: str, keys: dict[str, str]) -> Iterator[dict[str, bool]]:
        calls.append(person)
        release.wait(20)
        yield from ()

    monkeypatch.setattr(jira, "seen_by", hangs)
    began = time.monotonic()
    found = [visible(hiding.connector, "main", "nobody-asked-yet", {"1": "PLAT-1"}) for _ in range(100)]
    waited = time.monotonic() - began
    release.set()
    assert (found, calls) == ([frozenset()] * 100, ["nobody-asked-yet"])
    assert 0.2 <= waited < 10, "a hundred times the patience is twenty seconds"


def test_a_jira_that_refuses_is_not_asked_again_at_once(hiding: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def refuses(person: str, keys: dict[str, str]) -> Iterator[dict[str, bool]]:
        calls.append(person)
        raise JiraRefusal(403, ("no",))

    monkeypatch.setattr(hiding.connector.site("main").jira, "seen_by", refuses)
    for issue in ("1", "2", "3"):
        assert not visible(hiding.connector, "main", "refused", {issue: f"PLAT-{issue}"})
    assert calls == ["refused"]
    with hiding.connector.store.read() as conn:
        told = failures.load_standing(conn, "main")
    assert [(one.kind, one.tries) for one in told] == [("sights", 1)]
    now = told[0].at
    lasting = SiteStatus("main", now, failing=(replace(told[0], tries=3),))
    said = read_failures(lasting)
    assert said is not None
    assert (said.word, said.numbers) == ("Permissions not told", False)
    assert read_failures(replace(lasting, at=now + timedelta(hours=1))) is None, "nobody has looked since"
    monkeypatch.undo()
    with hiding.connector.store.read() as conn:
        issue = next(iter(mirror.every(conn, "main")))
    visible(hiding.connector, "main", SEES_ALL.id, {issue.id: issue.key})
    with hiding.connector.store.read() as conn:
        assert failures.load_standing(conn, "main") == ()


def test_a_jql_of_ones_own_is_tried_only_by_who_sees_every_issue(hiding: Api) -> None:
    asked = {"jql": "summary ~ robot"}
    be(hiding, "admin", SEES_SOME.id)
    refused = hiding.call("POST", "/sites/main/mapping/try", asked)
    assert refused.status_code == 403
    assert "a JQL of your own" in refused.text
    active_text = hiding.get("/sites/main/mapping")["text"]
    drafted = {
        "rule": "epics",
        "text": active_text.replace("issuetype = Epic", "issuetype = Epic AND summary ~ robot"),
    }
    assert drafted["text"] != active_text
    assert hiding.call("POST", "/sites/main/mapping/try", drafted).status_code == 403
    assert (
        hiding.call("POST", "/sites/main/mapping/try", {"rule": "epics", "text": active_text}).status_code
        == 200
    )
    assert hiding.call("POST", "/sites/main/mapping/try", {"rule": "epics"}).status_code == 200
    be(hiding, "admin", SEES_ALL.id)
    assert hiding.call("POST", "/sites/main/mapping/try", asked).status_code == 200


def test_a_proof_counts_for_ninety_days_and_what_an_admin_said_until_it_is_taken_back() -> None:
    proved = AccountPerson(
        account_id=1,
        site="main",
        person="p",
        name="P",
        proof=PersonProof.PROVIDER,
        proven_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    said = replace(proved, proof=PersonProof.ADMIN)
    assert [one.holds(datetime(2026, 5, 29, tzinfo=UTC)) for one in (proved, said)] == [True, True]
    assert [one.holds(datetime(2026, 5, 31, tzinfo=UTC)) for one in (proved, said)] == [False, True]


def test_a_mode_that_the_site_cannot_answer_is_refused(own_api: Api) -> None:
    sandbox = own_api.sandbox.sandbox
    sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, administrator=False, grants=PEOPLE[0].grants)
    refused = own_api.call("PUT", "/sites/main/visibility", {"mode": "titles_by_permission"})
    assert refused.status_code == 409
    assert "Administer Jira" in refused.text
    assert own_api.get("/sites/main/visibility") == {"mode": "everyone", "obstacle": ""}
    for mode in ("rows_by_permission", "numbers_by_permission"):
        assert own_api.call("PUT", "/sites/main/visibility", {"mode": mode}).status_code == 409


def test_who_somebody_is_in_jira_is_said_by_an_admin_and_never_guessed(own_api: Api) -> None:
    person = next(one["id"] for one in own_api.all("/people") if one["email"] == "viewer@acme.example")
    place = f"/people/{person}/jira/main"
    assert own_api.call("PUT", place, {"person": "vera"}, role="people").status_code == 409
    named = own_api.call("PUT", place, {"person": VIEWER.email}, role="people")
    assert [(one["person"], one["proof"]) for one in named.json["items"]] == [(VIEWER.id, "admin")]
    assert own_api.call("PUT", place, {"person": VIEWER.id}, role="admin").status_code == 403
    assert own_api.call("DELETE", place, role="people").json == {"items": []}
    with own_api.connector.store.read() as conn:
        noted = [one.what for one in audit.recent(conn, 5)]
    assert [one for one in noted if "Jira" in one] == ["Jira person taken away", "Jira person named"]
    nowhere = f"/people/{person}/jira/nowhere"
    assert own_api.call("PUT", nowhere, {"person": VIEWER.id}, role="people").status_code == 404
    assert own_api.call("DELETE", nowhere, role="people").status_code == 404
