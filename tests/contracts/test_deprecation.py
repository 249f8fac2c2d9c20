"""Nothing that Jira's official contracts mark as deprecated is asked of it: whoever builds on that stands still on the day it goes."""

from __future__ import annotations

from pathlib import Path

from connectors.sandbox.traffic.calls import endpoint
from tests.contracts.life import Life, contract

WITHOUT_SUCCESSOR = {
    "GET /rest/api/3/priority": (
        "priority/search is deprecated as well, and the lists of priority schemes take manage:jira-configuration, "
        "which an account that reads issues has no business to have"
    ),
}
"""What is asked for all the same, and why the contract leaves nothing else."""
METHODS = ("get", "post", "put", "delete")


def deprecated(folder: Path, deployment: str) -> set[str]:
    """The operations that the contract is about to take away, as `GET /rest/api/3/project`, ids as `{}`."""
    return {
        _call(method.upper(), path)
        for path, operations in contract(folder, deployment)["paths"].items()
        for method in METHODS
        if operations.get(method, {}).get("deprecated")
    }


def _call(method: str, path: str) -> str:
    """Both versions of the API as one, whatever the ids are called."""
    parts = path.replace("/rest/api/2/", "/rest/api/3/").split("/")
    return f"{method} {'/'.join('{}' if part.startswith('{') else part for part in parts)}"


def test_nothing_deprecated_is_asked_for_but_what_has_no_successor(contracts: Path, life: Life) -> None:
    calls = {_call(one.method, endpoint(one.path)) for one in life.asked}
    assert len(calls) > 25, "it was asked for much"
    used = calls & deprecated(contracts, life.deployment)
    assert used == (set(WITHOUT_SUCCESSOR) if life.deployment == "cloud" else set())


def test_every_exception_is_one_that_the_contract_still_calls_deprecated(contracts: Path) -> None:
    assert set(WITHOUT_SUCCESSOR) <= deprecated(contracts, "cloud")
    assert all(len(why) > 40 for why in WITHOUT_SUCCESSOR.values())
