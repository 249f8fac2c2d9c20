"""Who is told what, whatever is asked: every operation with each parameter and body, every page with each name that it looks for, tells nobody key,
title or number of an issue that Jira does not show them, and answers for a hidden key as for one that nobody knows.

What is asked is made of what there is (`tests/asked.py`): a door, a parameter or a field without a sample fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import pytest

from connectors.sandbox.site_state.scheme import PEOPLE, VIEWER
from connectors.store.numbers import objectives
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.api import operations
from plugin.cli import cli
from plugin.runtime.application import create_app
from plugin.sync.drain import DrainResult
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.use_cases.objectives.backfill import BackfillResult
from plugin.use_cases.visibility import sights
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility
from plugin.use_cases.work.sync import SyncResult
from tests.acceptance.test_sight_at_every_door import entered, watched
from tests.asked import Asked, answers_of_api, answers_of_pages, asked_of_api
from tests.sight import HIDDEN, be, leaks, planted, secret_numbers, unpacked
from tests.sign_in import browser_of

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse

    from plugin.runtime.connector import Connector

SCOPES = {one.name: one.scope for one in operations()}
UNKNOWN = f"{HIDDEN}-99999"
VOLATILE = re.compile(r'"[0-9a-f]{32,}"|"id":[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|\+00:00)')
"""What differs from one answer to the next though it says the same."""


class Place:
    """A company with accounts, and what is asked of it by an admin of the connector."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.tokens = entered(connector)
        admin = members.find(connector, "admin@acme.example")
        assert admin is not None
        self.tokens["people"] = tokens.issue(connector, admin, "tests", ["people"], 30, "tests")
        self.app: Flask = create_app(connector)

    def bearer(self, operation: str) -> dict[str, str]:
        role = "people" if SCOPES[operation] == "people" else "admin"
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def answers(self, door: str) -> Iterator[tuple[Asked, TestResponse]]:
        if door == "API":
            return answers_of_api(self.connector, self.app.test_client(), self.bearer)
        client = browser_of(self.app, self.connector, "admin@acme.example")
        return answers_of_pages(self.connector, self.app, client)


@pytest.fixture
def place(
    tmp_path: Path, synced_demo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Work in the background is left out: it would go on while the next is asked."""
    monkeypatch.setattr(sights, "PATIENCE_S", 30.0)
    nothing = SyncResult(ResyncResult(), DrainResult())
    with synced_demo(tmp_path) as demo:
        watched(demo.connector)
        monkeypatch.setattr("plugin.use_cases.work.sync._sync", lambda *_: nothing)
        monkeypatch.setattr(
            "plugin.use_cases.objectives.backfill.backfill", lambda _, planned, __: BackfillResult(planned, 0)
        )
        monkeypatch.setattr("plugin.use_cases.work.site_read.read_ahead", lambda *_: 0)
        yield Place(demo.connector)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("door", "mode"),
    [("API", Visibility.TITLES), ("API", Visibility.NUMBERS), ("pages", Visibility.ROWS)],
    ids=["API, titles", "API, numbers", "pages, rows"],
)
def test_nothing_hidden_is_told_whatever_is_asked(place: Place, door: str, mode: Visibility) -> None:
    keys, titles = planted(place.connector, (HIDDEN,))
    be(place.connector, "admin", PEOPLE[0].id)
    change_visibility(place.connector, COMMAND_LINE, "main", Visibility.TITLES)
    telling = {one.door for one, answer in place.answers(door) if leaks(text(answer), keys, titles)}
    assert len(telling) > 20, "whoever sees all is told titles; else this would prove nothing"

    be(place.connector, "admin", VIEWER.id)
    change_visibility(place.connector, COMMAND_LINE, "main", mode)
    keys, titles = planted(place.connector, (HIDDEN,))
    numbers = secret_numbers(place.connector, VIEWER.id) if mode is Visibility.NUMBERS else set()
    told, broken = {}, []
    for one, answer in place.answers(door):
        body = text(answer)
        found = leaks(body, keys, titles) - leaks(one.said, keys, titles)
        found |= {each for each in numbers if re.search(rf"(?<![0-9.]){re.escape(each)}(?![0-9])", body)}
        if found:
            told[one.said] = (answer.status_code, sorted(found)[:4])
        if answer.status_code >= 500:
            broken.append((one.said, body[:300]))
    assert told == {}
    assert broken == []


def text(answer: TestResponse) -> str:
    return f"{answer.headers}{unpacked(answer.data).decode(errors='replace')}"


@pytest.mark.slow
def test_a_hidden_key_is_answered_as_one_that_nobody_knows_whatever_is_asked_of_it(place: Place) -> None:
    be(place.connector, "admin", VIEWER.id)
    change_visibility(place.connector, COMMAND_LINE, "main", Visibility.TITLES)
    with place.connector.store.read() as conn:
        states = [one.state for one in objectives.load_objectives(conn, "main")]
    hidden = [one for one in states if one.project_key == HIDDEN]
    keys = {one.key for one in hidden} | {part.key for one in hidden for part in one.key_results if part.key}
    client, differ, compared = place.app.test_client(), {}, 0
    for one in asked_of_api(place.connector):
        key = next((each for each in sorted(keys, key=len, reverse=True) if each in one.said), None)
        if key is None:
            continue
        said = [
            (answer.status_code, VOLATILE.sub("", answer.get_data(as_text=True).replace(name, "")))
            for name in (key, UNKNOWN)
            for answer in [renamed(one, key, name).open(client, place.bearer(one.door))]
        ]
        compared += 1
        if said[0] != said[1]:
            differ[one.said] = said
    assert compared > 30
    assert differ == {}


def renamed(one: Asked, key: str, name: str) -> Asked:
    """The same, asked of another."""

    def put(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(key, name)
        if isinstance(value, dict):
            return {each: put(part) for each, part in value.items()}
        return [put(part) for part in value] if isinstance(value, list) else value

    query = tuple((each, put(value)) for each, value in one.query)
    return replace(one, address=put(one.address), query=query, body=put(one.body))


def test_commands_are_run_by_who_sees_everything_and_by_nobody_else() -> None:
    """So none of them is a door at which something has to be hidden: an option to act as somebody would make it one."""
    found = [
        " ".join(path)
        for path, command in every_command(cli, ())
        for one in command.params
        if {"--as", "--actor", "--viewer"} & {*one.opts}
    ]
    assert found == []


def every_command(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from every_command(found, (*path, name))
