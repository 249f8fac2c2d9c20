"""There is always an admin left, also where two of them act at the same moment on two connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connectors.store import Store
from connectors.store.people import accounts
from connectors.store.people.accounts import Account
from plugin.access.authorization import members
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings

Act = Callable[[Connector, Account], None]
ACTS: dict[str, Act] = {
    "demoted": lambda connector, account: members.change_role(connector, account, "viewer", "test"),
    "closed": lambda connector, account: members.disable(connector, account, "test"),
    "removed": lambda connector, account: members.remove(connector, account, "test"),
}


@pytest.fixture
def connector(store: Store) -> Connector:
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    return Connector(read_settings(env_file=None), store, {}, lambda: now)


def admins(connector: Connector) -> list[str]:
    with connector.store.read() as conn:
        return [one.email for one in accounts.open_with_role(conn, "admin")]


@pytest.mark.parametrize("act", ACTS)
def test_two_admins_who_act_on_each_other_at_once_do_not_leave_none(connector: Connector, act: str) -> None:
    for turn in range(4):
        pair = [
            members.add(connector, f"{name}{turn}@acme.example", name, "admin", None, "test")
            for name in ("one", "two")
        ]
        together = threading.Barrier(2)
        refused: list[str] = []
        threads = [
            threading.Thread(target=_act, args=(connector, act, account, together, refused))
            for account in pair
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(admins(connector)) == len(refused) == 1
        _nobody_is_admin(connector)


def _act(
    connector: Connector, act: str, account: Account, together: threading.Barrier, refused: list[str]
) -> None:
    together.wait()
    try:
        ACTS[act](connector, account)
    except AccessRefusal as error:
        refused.append(str(error))


def _nobody_is_admin(connector: Connector) -> None:
    with connector.store.write() as conn:
        for one in accounts.open_with_role(conn, "admin"):
            accounts.set_role(conn, one.id, "viewer")


def test_who_comes_second_waits_and_sees_what_the_first_one_did(postgres_store: Store) -> None:
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    connector = Connector(read_settings(env_file=None), postgres_store, {}, lambda: now)
    one = members.add(connector, "one@acme.example", "One", "admin", None, "test")
    two = members.add(connector, "two@acme.example", "Two", "admin", None, "test")
    said: list[str] = []

    def close_the_first() -> None:
        try:
            members.disable(connector, one, "two")
        except AccessRefusal as error:
            said.append(str(error))

    with postgres_store.write() as conn:
        assert len(accounts.open_with_role(conn, "admin")) == 2
        second = threading.Thread(target=close_the_first)
        second.start()
        second.join(0.5)
        assert second.is_alive(), "it waits for the first"
        accounts.set_role(conn, two.id, "viewer")
    second.join(20)
    assert said == ["one@acme.example is the only admin. Make somebody else an admin first."]
