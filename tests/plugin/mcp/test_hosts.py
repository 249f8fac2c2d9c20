"""Resources and prompts: what a host attaches by address and offers to start with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS

from plugin.mcp.hosts.prompts import FAITHFUL, PROMPTS
from plugin.mcp.hosts.resources import CYCLE_REVIEW, LEDGER, OBJECTIVE, RESOURCES, RULES
from plugin.mcp.protocol.reply import LARGEST_ANSWER
from plugin.mcp.protocol.server import mcp_server
from plugin.mcp.tools import TOOLS
from tests.event_loop import run_apart

if TYPE_CHECKING:
    from tests.plugin.mcp.conftest import Assistant


def through(assistant: Assistant, ask: Callable[[Client], Any]) -> Any:
    """What the protocol's own client is told."""

    async def call() -> Any:
        async with Client(
            mcp_server(assistant.connector, lambda _: assistant.actor), mode=assistant.era
        ) as client:
            try:
                return await ask(client)
            except MCPError as error:
                return error

    return run_apart(call())


def refused(assistant: Assistant, ask: Callable[[Client], Any]) -> str:
    """The words of the error."""
    error = through(assistant, ask)
    assert isinstance(error, MCPError)
    assert error.code == INVALID_PARAMS
    return str(error)


def read(assistant: Assistant, address: str) -> Any:
    (content,) = through(assistant, lambda client: client.read_resource(address)).contents
    assert (content.uri, content.mime_type) == (address, "application/json")
    return json.loads(content.text)


def pages(assistant: Assistant, tool: str, **arguments: Any) -> list[Any]:
    found = [assistant.ask(tool, **arguments)]
    while found[-1]["counted"]["next"] is not None:
        found.append(assistant.ask(tool, **arguments, cursor=found[-1]["counted"]["next"]))
    return found


def test_every_resource_says_what_its_tool_says_whole(assistant: Assistant) -> None:
    key = max(
        assistant.ask("okr_list")["objectives"],
        key=lambda one: assistant.ask("okr_explain", objective_key=one["key"])["counted"]["total"],
    )["key"]
    ledger = read(assistant, LEDGER.address_of(site="main", objective_key=key))
    told = pages(assistant, "okr_explain", objective_key=key, limit=2)
    assert ledger["ledger"]["rows"] == [row for one in told for row in one["ledger"]["rows"]]
    assert ledger["counted"] == {
        "shown": len(ledger["ledger"]["rows"]),
        "total": told[0]["counted"]["total"],
        "next": None,
    }
    assert ledger["ledger"]["total"] == told[0]["ledger"]["total"]

    lines = read(assistant, RULES.address_of(site="main"))
    told = pages(assistant, "okr_mapping", with_text=True, limit=50)
    assert len(told) > 1, "it is put together of several pages"
    assert lines["text"] == [line for one in told for line in one["text"]]

    one = read(assistant, OBJECTIVE.address_of(site="main", objective_key=key))
    assert one["objective"] == assistant.ask("okr_get", objective_key=key, limit=100)["objective"]
    cycle = assistant.ask("okr_cycle", limit=100)
    assert (
        read(assistant, CYCLE_REVIEW.address_of(site="main", cycle=cycle["cycle"]))["objectives"]
        == cycle["objectives"]
    )


def test_what_there_is_is_listed_and_what_is_not_is_named(modern: Assistant) -> None:
    templates = through(modern, lambda client: client.list_resource_templates()).resource_templates
    assert [one.uri_template for one in templates] == [one.address for one in RESOURCES]
    listed = through(modern, lambda client: client.list_resources()).resources
    assert [one.uri for one in listed] == ["okr://main/mapping"]
    for address, said in (
        ("okr://main/nothing", "There is no resource"),
        ("okr://nowhere/mapping", "nowhere"),
        ("okr://main/objectives/NOPE-1", "NOPE-1"),
        ("https://main/mapping", "There is no resource"),
    ):
        assert said in refused(modern, lambda client, address=address: client.read_resource(address))


def test_a_resource_longer_than_hosts_let_through_says_to_ask_page_by_page(
    modern: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(json.dumps(modern.ask("okr_mapping", with_text=True)))
    monkeypatch.setattr("plugin.mcp.protocol.reply.LARGEST_ANSWER", size + 100)
    assert size + 100 < LARGEST_ANSWER
    said = refused(modern, lambda client: client.read_resource(RULES.address_of(site="main")))
    assert "ask okr_mapping page by page" in said


def test_prompts_hold_fixed_text_and_what_was_filled_in(assistant: Assistant) -> None:
    listed = through(assistant, lambda client: client.list_prompts()).prompts
    assert [one.name for one in listed] == [one.name for one in PROMPTS]
    known = {one.name for one in TOOLS}
    for one in PROMPTS:
        values = {value.name: "PLAT-12\u202e" for value in one.values if value.otherwise is None}
        (message,) = through(
            assistant, lambda client, one=one, values=values: client.get_prompt(one.name, values)
        ).messages
        text = message.content.text
        assert text.endswith(FAITHFUL)
        assert ("PLAT-12" in text, "\u202e" in text, "{" in text) == (bool(values), False, False)
        assert {word.strip(".,;:") for word in text.split() if word.startswith("okr_")} <= known


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("nothing", {}, "There is no prompt 'nothing'"),
        ("explain_number", {}, "needs objective_key"),
        ("explain_number", {"objective_key": "  "}, "needs objective_key"),
        ("explain_number", {"objective_key": "P" * 201}, "201 characters"),
        ("weekly_review", {"week": "3"}, "takes cycle"),
    ],
)
def test_a_prompt_that_cannot_be_filled_says_what_it_takes(
    modern: Assistant, name: str, given: dict[str, str], said: str
) -> None:
    assert said in refused(modern, lambda client: client.get_prompt(name, given))


def test_all_of_them_are_documented_with_what_they_take() -> None:
    text = (Path(__file__).parents[3] / "docs/mcp.md").read_text()
    for kind in RESOURCES:
        assert f"| `{kind.address}` | " in text
        assert f"(`{kind.tool.name}`) |" in text
    for one in PROMPTS:
        takes = ", ".join(f"`{value.name}`" for value in one.values)
        assert f"| `{one.name}` | {takes}" in text
