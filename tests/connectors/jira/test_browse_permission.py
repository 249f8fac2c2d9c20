"""Which issues another person may see, asked of a real sandbox over HTTP: groups, security levels, limits, both flavours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest

from connectors.jira import BasicCredentials, BearerCredentials, Jira, JiraAddress, JiraRefusal, connect
from connectors.sandbox import CONNECTOR, Sandbox, SandboxServer
from connectors.sandbox.site_state.scheme import PEOPLE, VIEWER, Account

Deployment = Literal["cloud", "datacenter"]
ADA = PEOPLE[0]


@contextmanager
def running(
    deployment: Deployment, *, public: bool = False, account: Account = CONNECTOR
) -> Iterator[tuple[Sandbox, Jira]]:
    with SandboxServer(deployment=deployment, public=public) as server:
        secret = (
            BasicCredentials(account.email, account.token)
            if deployment == "cloud"
            else BearerCredentials(account.token)
        )
        jira = connect(JiraAddress("main", server.url, secret))
        yield server.sandbox, jira
        jira.close()


def seen(jira: Jira, person: str, keys: dict[str, str]) -> set[str]:
    answers: dict[str, bool] = {}
    for part in jira.seen_by(person, keys):
        answers |= part
    assert answers.keys() == keys.keys()
    return {keys[one] for one, may in answers.items() if may}


def keys_of(sandbox: Sandbox, *projects: str) -> dict[str, str]:
    first = {
        name: next(one for one in sandbox.records.values() if one.project.key == name) for name in projects
    }
    return {one.id: one.key for one in first.values()}


def name_of(deployment: Deployment, account: Account) -> str:
    return account.id if deployment == "cloud" else account.email.partition("@")[0]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_what_a_person_may_see_is_what_jira_says(deployment: Deployment) -> None:
    with running(deployment) as (sandbox, jira):
        keys = keys_of(sandbox, "PLAT", "GROW")
        plat, grow = keys.values()
        vera, ada = name_of(deployment, VIEWER), name_of(deployment, ADA)
        assert seen(jira, vera, keys) == {plat}
        assert seen(jira, ada, keys) == {plat, grow}
        assert seen(jira, "", keys) == set()

        sandbox.groups["directors"] = frozenset({CONNECTOR.id, VIEWER.id})
        sandbox.secure(next(iter(keys)), "directors")
        assert seen(jira, vera, keys) == {plat}
        assert seen(jira, ada, keys) == {grow}

        sandbox.groups["directors"] = frozenset({CONNECTOR.id})
        assert seen(jira, vera, keys) == set()


def test_more_than_a_thousand_are_asked_for_in_batches_and_unknown_ids_are_nobodys() -> None:
    with running("cloud") as (sandbox, jira):
        keys = keys_of(sandbox, "PLAT")
        many = keys | {str(number): f"PLAT-{number}" for number in range(900_000, 901_500)}
        assert seen(jira, ADA.id, many) == set(keys.values())


def test_an_account_that_is_no_administrator_is_told_nothing_of_others() -> None:
    with running("cloud", account=ADA) as (sandbox, jira), pytest.raises(JiraRefusal) as refused:
        seen(jira, VIEWER.id, keys_of(sandbox, "PLAT"))
    assert refused.value.status == 403


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_strangers_are_asked_for_without_our_credentials(deployment: Deployment) -> None:
    with running(deployment, public=True) as (sandbox, jira):
        assert seen(jira, "", keys_of(sandbox, "PLAT")) == set()
