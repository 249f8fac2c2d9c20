"""What is planted to be hidden, and how it is looked for in whatever a door tells: keys and titles, also where they are packed or encoded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import accounts
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.use_cases.check_ins.check_ins import Statement, check_in
from plugin.use_cases.check_ins.conversation import reply
from plugin.use_cases.cycles.learnings import write_learning
from plugin.use_cases.kpis.board import list_kpis
from plugin.use_cases.mappings.revisions import active
from plugin.use_cases.visibility.account_people import tie, untie
from plugin.use_cases.visibility.numberless_objectives import numberless

if TYPE_CHECKING:
    from flask import Flask

    from plugin.runtime.connector import Connector

HIDDEN = "GROW"
"""The project that Vera may not browse."""
PROJECTS = ("PLAT", "CORE", HIDDEN)
EXAMPLES = {f"{project}-12" for project in PROJECTS}
"""What forms give as an example of a key, of a project that was chosen there."""
WATCHED = f"""
kpis:
  - id: stories
    name: Stories
    source: {{kind: jql_count, jql: "project = {HIDDEN} AND issuetype = Story"}}
    healthy: {{at_most: 5}}
    cadence: daily
tell:
  - {{id: weekly, to: ["mail:lead@acme.example"]}}
"""
"""What the demo has none of: a figure of hidden issues, and somebody who is told."""
OTHERS = {"token", "person", "team", "link", "number"}
"""Parts of addresses that stand for nothing of an issue."""
ENCODED = re.compile(r"[A-Za-z0-9_-]{16,}")


def planted(connector: Connector, hidden: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Keys and titles of the issues of these projects; no title that others have too."""
    with connector.store.read() as conn:
        every = list(mirror.every(conn, "main"))
    seen = {one.summary for one in every if one.project.key not in hidden}
    secret = [one for one in every if one.project.key in hidden]
    return {one.key for one in secret} - EXAMPLES, {one.summary for one in secret} - seen


def talk(connector: Connector) -> None:
    """People say of hidden and of seen objectives, and answer, what names hidden issues."""
    with connector.store.read() as conn:
        saved = [one.state for one in objectives.load_objectives(conn, "main")]
        every = [one for one in mirror.every(conn, "main") if one.project.key == HIDDEN]
    seen = {project: [one for one in saved if one.project_key == project] for project in PROJECTS}
    for number, states in enumerate(seen.values()):
        for state in states[:2]:
            part, issue = state.key_results[0], every[number]
            said = f"As {issue.key} “{issue.summary}” shows"
            made = check_in(
                connector, COMMAND_LINE, "main", state.id, Statement(part.id, None, f"{said}: we wait.")
            )
            reply(connector, COMMAND_LINE, "main", state.id, made.id, f"{said}, or not: {issue.key.lower()}.")
            if state.cycle_id:
                write_learning(
                    connector, COMMAND_LINE, "main", state.cycle_id, state.id, f"{said}: {issue.key.lower()}."
                )


def be(connector: Connector, role: str, person: str | None) -> Actor:
    """Whoever has this role is this person of Jira from now on; nobody there without one."""
    with connector.store.read() as conn:
        account = accounts.by_email(conn, f"{role}@acme.example")
    assert account is not None
    if person is None:
        untie(connector, COMMAND_LINE, account, "main")
    else:
        tie(connector, COMMAND_LINE, account, "main", person)
    return Actor(account.email, Permission[role.upper()], account.id)


def samples(connector: Connector) -> dict[str, list[str]]:
    """What stands for each part of an address: of what is hidden, and of what is seen with hidden rows."""
    with connector.store.read() as conn:
        saved = objectives.load_objectives(conn, "main")
        rows = [one for one in mirror.every(conn, "main") if one.project.key == HIDDEN]
    hidden = [one.state for one in saved if one.state.project_key == HIDDEN]
    seen = [one.state for one in saved if one.state.project_key not in (HIDDEN, "")]
    revision = active(connector, COMMAND_LINE, "main")
    assert revision is not None
    kpis = [one.part.id for one in list_kpis(connector, COMMAND_LINE, "main")]
    assert kpis
    names = [hidden[0].id, seen[0].id, seen[1].id, hidden[0].key]
    return {
        "site": ["main"],
        "objective": names,
        "id_or_key": names,
        "issue": [rows[0].id, rows[0].key, seen[0].id],
        "cycle": sorted({one.state.cycle_id for one in saved if one.state.cycle_id}),
        "revision": [revision.revision],
        "name": [revision.revision],
        "kind": ["writes", "changes"],
        "form": ["csv", "json"],
        "kpi": kpis,
        "id_": kpis,
        "digest": ["weekly"],
        "preset": ["epics-as-objectives"],
    }


def addresses(connector: Connector, app: Flask) -> Iterator[str]:
    """Every address that can be read, with each sample of what stands in it."""
    known = samples(connector)
    for rule in app.url_map.iter_rules():
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
    """Those of these keys and titles that stand in a text, as they are or within what is encoded there, as cursors are."""
    within = [text, *filter(None, map(_decoded, ENCODED.findall(text)))]
    return {one for part in within for one in _standing(part, keys, titles)}


def _standing(text: str, keys: set[str], titles: set[str]) -> set[str]:
    found = {one.upper() for one in re.findall(r"(?i)[A-Z]{4}-[1-9][0-9]*", text)} & keys
    return found | {one for one in titles if one in text}


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        return ""


def secret_numbers(connector: Connector, person: str | None) -> set[str]:
    """Exact numbers that only objectives have which count what the person may not see; what is as short as an ordinary fraction stands anywhere."""
    without = numberless(connector, "main", person or "")
    with connector.store.read() as conn:
        states = [one.state for one in objectives.load_objectives(conn, "main")]
        points = {
            state.id: {point.progress for point in objectives.history(conn, "main", state.id)}
            for state in states
        }

    def exact(mine: bool) -> set[str]:
        found = {
            value
            for state in states
            if (state.id in without) is mine
            for value in (state.progress, state.expected, *points[state.id])
            if value is not None and value.denominator > 40
        }
        return {f"{one.numerator}/{one.denominator}" for one in found} | {
            f"{float(one) * 100:.2f}" for one in found
        }

    assert without
    return exact(True) - exact(False)


def unpacked(body: bytes) -> bytes:
    """Slides and bundles are archives: what stands in them."""
    if not body.startswith(b"PK"):
        return body
    with ZipFile(BytesIO(body)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())
