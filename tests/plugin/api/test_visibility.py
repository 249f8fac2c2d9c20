"""Who may see what, asked at every door that is read: an issue that Jira does not show to somebody has no key and no title there.

The routes are those that there are: a new one is in here by itself, and one whose address has a part of which this knows no sample fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.site_state.scheme import PEOPLE, VIEWER
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import accounts
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.mappings.revisions import active
from plugin.use_cases.visibility.account_people import tie, untie
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility

if TYPE_CHECKING:
    from tests.plugin.api.conftest import Api

SEES_ALL, SEES_SOME, SEES_NONE = PEOPLE[0], VIEWER, None
HIDDEN = "GROW"
"""The project that Vera may not browse."""


@pytest.fixture(scope="module")
def hiding(api: Api) -> Api:
    change_visibility(api.connector, COMMAND_LINE, "main", Visibility.TITLES)
    return api


def planted(api: Api, hidden: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Keys and titles of the issues of these projects; no title that others have too."""
    with api.connector.store.read() as conn:
        every = list(mirror.every(conn, "main"))
    seen = {one.summary for one in every if one.project.key not in hidden}
    secret = [one for one in every if one.project.key in hidden]
    return {one.key for one in secret}, {one.summary for one in secret} - seen


def be(api: Api, role: str, person: str | None) -> None:
    with api.connector.store.read() as conn:
        account = accounts.by_email(conn, f"{role}@acme.example")
    assert account is not None
    if person is None:
        untie(api.connector, COMMAND_LINE, account, "main")
    else:
        tie(api.connector, COMMAND_LINE, account, "main", person)


def samples(api: Api) -> dict[str, list[str]]:
    """What stands for each part of an address: of what is hidden, and of what is seen with hidden rows."""
    with api.connector.store.read() as conn:
        saved = objectives.listed(conn, "main")
        rows = [one for one in mirror.every(conn, "main") if one.project.key == HIDDEN]
    hidden = [one.state for one in saved if one.state.project_key == HIDDEN]
    seen = [one.state for one in saved if one.state.project_key not in (HIDDEN, "")]
    cycle = next(one.state.cycle_id for one in saved if one.state.cycle_id)
    revision = active(api.connector, COMMAND_LINE, "main")
    assert revision is not None
    names = [hidden[0].id, seen[0].id, seen[1].id, hidden[0].key]
    return {
        "site": ["main"],
        "objective": names,
        "name": names,
        "key": names,
        "issue": [rows[0].id, rows[0].key],
        "cycle": [cycle],
        "cycle_id": [cycle],
        "revision": [revision.revision],
        "revision_id": [revision.revision],
    }


OTHERS = {
    *("token", "filename", "kpi", "kpi_id", "preset", "preset_id", "person", "digest", "team", "number"),
    *(
        "field",
        "delivery",
        "link",
        "check_in",
        "id_",
        "kind",
        "view",
        "what",
        "ending",
        "digest_id",
        "account_id",
    ),
}
"""Parts of addresses that stand for nothing of an issue."""


def addresses(api: Api) -> Iterator[str]:
    known = samples(api)
    for rule in api.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/forge/", "/assets/")):
            continue
        parts = sorted(rule.arguments)
        unknown = [name for name in parts if name not in known and name not in OTHERS]
        assert not unknown, f"{rule.rule}: give a sample for {unknown}, or say that it stands for no issue"
        for number in range(max((len(known.get(name, "1")) for name in parts), default=1)):
            address = rule.rule
            for name in parts:
                values = known.get(name, ["1"])
                address = re.sub(rf"<(?:[^:<>]+:)?{name}>", values[number % len(values)], address)
            yield address


def leaks(text: str, keys: set[str], titles: set[str]) -> set[str]:
    found = set(re.findall(r"[A-Z]{4}-[1-9][0-9]*", text)) & keys
    return found | {one for one in titles if one in text}


def read(api: Api, role: str, address: str) -> str:
    answer = api.client.get(address, headers={"Authorization": f"Bearer {api.tokens[role]}"})
    assert answer.status_code < 500, (address, answer.status_code, answer.text[:200])
    return f"{answer.headers}{answer.text}"


@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize(
    ("person", "hidden"),
    [(SEES_SOME.id, (HIDDEN,)), (SEES_NONE, ("PLAT", "CORE", HIDDEN))],
    ids=["sees some", "is nobody in Jira"],
)
@pytest.mark.slow
def test_no_door_tells_key_or_title_of_a_hidden_issue(
    hiding: Api, role: str, person: str | None, hidden: tuple[str, ...]
) -> None:
    be(hiding, role, person)
    keys, titles = planted(hiding, hidden)
    assert keys
    assert titles
    told = {}
    for address in addresses(hiding):
        found = leaks(read(hiding, role, address), keys, titles) - leaks(address, keys, titles)
        if found:
            told[address] = sorted(found)[:5]
    assert told == {}
