"""What to do next is said in the words of the door that is asked: no program is told an option of a command."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import click
import pytest

from connectors.jira.sign_in import scopes
from plugin import next_steps
from plugin.api import MODULES
from plugin.api.protocol.failures import of_not_ready
from plugin.cli import cli, explain_error
from plugin.mcp.protocol.reply import words
from plugin.mcp.tools import TOOLS
from plugin.next_steps import Door, NextStep, said_at
from plugin.runtime.connector import Refusal

ROOT = Path(__file__).parents[2]
STEPS = {name: one for name, one in vars(next_steps).items() if isinstance(one, NextStep)}


def command_of(words_: list[str]) -> click.Command | None:
    """The command that these words begin with, None where there is none."""
    found: click.Command | None = cli
    context = click.Context(cli)
    for word in words_:
        if not isinstance(found, click.Group):
            return found
        found = found.get_command(context, word)
    return found


@pytest.mark.parametrize("name", sorted(STEPS))
def test_what_a_step_names_is_there(name: str) -> None:
    step = STEPS[name]
    for said in re.findall(r"(?:jira-okr |, )([a-z][a-z -]*)", step.command):
        assert command_of(said.split(" --")[0].split()) is not None, said
    operations = {f"{one.method} {one.path}" for module in MODULES for one in module.ROUTES.operations}
    assert step.operation in {"", *operations}
    assert step.tool in {"", *(one.name for one in TOOLS)}


@pytest.mark.parametrize("name", sorted(STEPS))
def test_only_commands_have_options(name: str) -> None:
    assert [door for door in Door if door is not Door.COMMAND and "--" in STEPS[name].at(door)] == []


def test_each_door_says_its_own() -> None:
    refused = Refusal("There is no cycle 2031-Q9.", step=next_steps.CYCLES)
    answer: Any = of_not_ready(refused).json
    assert (answer["detail"], answer["remedy"]) == (
        "There is no cycle 2031-Q9.",
        "See the cycles there are: GET /api/v1/cycles.",
    )
    assert (
        explain_error(refused) == "There is no cycle 2031-Q9. See the cycles there are: jira-okr cycle list."
    )
    assert words(refused, TOOLS[0]) == "There is no cycle 2031-Q9. See the cycles there are: okr_cycle."
    assert str(refused) == "There is no cycle 2031-Q9. See the cycles there are: page Cycle review."


def test_a_text_that_was_kept_says_its_step_as_each_door_does() -> None:
    kept = f"Jira says no. {next_steps.SYNC.at(Door.PAGE)} Then look: page 7."
    assert said_at(kept, Door.PAGE) == kept
    assert said_at(kept, Door.COMMAND) == "Jira says no. Sync now: jira-okr sync. Then look: page 7."
    assert (
        said_at(kept, Door.API)
        == "Jira says no. Sync now: POST /api/v1/sites/{site}/sync. Then look: page 7."
    )
    assert next_steps.WEBHOOK_FORM.at(Door.PAGE) in scopes.WEBHOOKS
    assert next_steps.SYNC.on("Sync health") == "Sync now, below."
    assert next_steps.SYNC.on("Sites") == next_steps.SYNC.at(Door.PAGE)


def test_a_door_without_a_way_of_its_own_names_the_page_and_else_the_operators_command() -> None:
    step = NextStep("Look", command="jira-okr look --hard", page="Sites")
    assert (step.at(Door.API), step.at(Door.TOOL)) == ("Look: page Sites.", "Look: page Sites.")
    assert NextStep("Look", command="jira-okr look").at(Door.API) == "Look: jira-okr look."


REFUSING = {"not_found", "invalid", "RequestRefusal", "refused_as"}


def test_the_api_writes_out_no_step_of_its_own() -> None:
    """What a refusal wants done next is a named step, which other doors say in their words: no operation is spelled in one."""
    written = [
        f"{path.relative_to(ROOT)}:{said.lineno}: {said.value}"
        for path in sorted((ROOT / "plugin" / "api").rglob("*.py"))
        if path.parent.name != "protocol"  # which says how the API itself is spoken to
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in REFUSING
        for said in ast.walk(call)
        if isinstance(said, ast.Constant) and re.search(r"\b(GET|POST|PUT|DELETE) [/…]", str(said.value))
    ]
    assert written == []
