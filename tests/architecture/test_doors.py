"""Doors call acts and questions, which ask who may and cut what is shown; of whatever else they call, nothing touches the world."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.architecture.test_layering import DOORS

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

ROOMS = (
    "plugin.use_cases",
    "plugin.access",
    "plugin.sync",
    "plugin.jobs",
    "plugin.runtime.credentials_vault",
    "plugin.runtime.granted_tokens",
    "plugin.runtime.saved_sites",
)
"""What a door may reach the world by. The rest of `plugin.runtime` is not among them: it makes and ends processes, which commands are there for."""
WORLD = ("Connector", "Settings", "Store", "Context", "Connection")
"""A parameter of such a type reads or changes what is; whoever takes none of them works on values."""
WITHOUT_ACTOR = {
    "plugin.access.authentication.secret_key.confirmation_key": "seals what an assistant confirms",
    "plugin.access.authentication.secret_key.signing_key": "seals the session and the forms of a person",
    "plugin.access.authentication.sessions": "makes and ends the session by which somebody is an actor",
    "plugin.access.authentication.tokens.bearer": "finds the actor whose token it is",
    "plugin.access.authorization.demonstration.demo_admin": "the account that the demo is signed in as",
    "plugin.jobs.engine_for": "the engine that a worker runs",
    "plugin.runtime.saved_sites.open_sites": "opens a process with the sites it works for",
    "plugin.runtime.saved_sites.watch_sites": "lets a process notice the sites that another one adds",
    "plugin.use_cases.forge.events.intake_of": "opens the inbox for a process; what goes in is an act",
}
"""What is called before there is an actor, or for a process; each says for what."""
STORE_ITSELF = {
    "plugin/cli/terminal/connector.py": "closes it behind a command",
    "plugin/cli/mappings/check.py": "says which database is used",
    "plugin/webhooks.py": "opens the inbox for a process",
}


def definition(modules: dict[str, Source], module: str, name: str) -> tuple[str, ast.FunctionDef] | None:
    """The function that a module means by a name, wherever it stands, with its full name; None for anything else."""
    if module not in modules:
        return None
    for node in modules[module].tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return f"{module}.{name}", node
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return definition(modules, node.module or "", alias.name)
    return None


def names_used(door: Source, modules: dict[str, Source]) -> Iterator[tuple[str, str]]:
    """Module and name of all that a door takes from the rooms: imported by name, or through its module."""
    for node in ast.walk(door.tree):
        if not isinstance(node, ast.ImportFrom) or not f"{node.module}.".startswith(
            tuple(f"{room}." for room in ROOMS)
        ):
            continue
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if whole not in modules:
                yield node.module or "", alias.name
                continue
            called = alias.asname or alias.name
            for one in ast.walk(door.tree):
                if (
                    isinstance(one, ast.Attribute)
                    and isinstance(one.value, ast.Name)
                    and one.value.id == called
                ):
                    yield whole, one.attr


def is_declared(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(one).startswith(("act(", "question(")) for one in function.decorator_list)


def touches_the_world(function: ast.FunctionDef) -> bool:
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return any(one.annotation is not None and ast.unparse(one.annotation) in WORLD for one in given)


def is_excepted(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in WITHOUT_ACTOR)


def undeclared(sources: list[Source], doors: list[Source]) -> list[str]:
    """What doors call of the world without an act or a question."""
    modules = {one.module: one for one in sources}
    found = {
        (door.path, *known)
        for door in doors
        for module, name in names_used(door, modules)
        if (known := definition(modules, module, name)) is not None
    }
    return sorted(
        f"{path}: {name}"
        for path, name, function in found
        if touches_the_world(function) and not is_declared(function) and not is_excepted(name)
    )


def test_doors_call_acts_and_questions_and_values(sources: list[Source]) -> None:
    doors = [one for one in sources if one.path.startswith((*DOORS, "plugin/doors/"))]
    assert undeclared(sources, doors) == []


def test_the_check_sees_a_call_past_them(sources: list[Source]) -> None:
    """By name, through a module, and by the name under which another module hands it on."""
    type_of = type(sources[0])
    texts = (
        "from plugin.use_cases.objectives.objective_lookup import find_objective",
        "from plugin.use_cases.objectives import objective_lookup as lookup\nlookup.name_objectives",
        "from plugin.use_cases.objectives.objectives import find_computed, objective",
        "from plugin.use_cases.objectives.objective_values import exact_text",
    )
    doors = [type_of(f"plugin/api/{number}.py", text, ast.parse(text)) for number, text in enumerate(texts)]
    lookup = "plugin.use_cases.objectives.objective_lookup"
    assert undeclared(sources, doors) == [
        f"plugin/api/0.py: {lookup}.find_objective",
        f"plugin/api/1.py: {lookup}.name_objectives",
        f"plugin/api/2.py: {lookup}.find_computed",
    ]


def test_every_exception_is_of_something_that_is_called(sources: list[Source]) -> None:
    modules = {one.module: one for one in sources}
    doors = [one for one in sources if one.path.startswith((*DOORS, "plugin/doors/"))]
    called = {
        known[0]
        for door in doors
        for module, name in names_used(door, modules)
        if (known := definition(modules, module, name)) is not None
    }
    assert [
        one for one in WITHOUT_ACTOR if not any(f"{name}.".startswith(f"{one}.") for name in called)
    ] == []


OF_PEOPLE_ALONE = {
    "plugin.use_cases.accounts.audit.export_writes": "the file of what `GET /writes` gives page by page",
    "plugin.use_cases.accounts.own_account.prove_by_password": "a person proves that it is them",
    "plugin.use_cases.accounts.provider_sign_in.sign_in_by_provider": "a person signs in",
    "plugin.use_cases.accounts.provider_sign_in.note_failure": "a person signs in",
    "plugin.use_cases.accounts.provider_sign_in.prove": "a person proves that it is them",
    "plugin.use_cases.accounts.second_factor.prove_by_code": "a person proves that it is them",
    "plugin.use_cases.accounts.set_up.make_first_account": "before there is anybody whose token it could be",
    "plugin.use_cases.accounts.sign_in.sign_in": "a person signs in",
    "plugin.use_cases.accounts.sign_in.sign_in_with_code": "a person signs in",
    "plugin.use_cases.accounts.sign_in_link.enter": "a person signs in",
    "plugin.use_cases.accounts.tour.leave": "the tour is of the pages",
    "plugin.use_cases.check_ins.check_ins.keep": "a program says the value again: `POST /objectives/{objective}/check-ins`",
    "plugin.use_cases.kpis.days.let_days_pass": "a button of the demo",
    "plugin.use_cases.visibility.account_people.leave": "a person lets go of what they proved; for others: `DELETE /people/{person}/jira/{site}`",
    "plugin.use_cases.visibility.jira_sign_in.begin": "a person signs in with Jira in their browser",
    "plugin.use_cases.visibility.jira_sign_in.finish": "a person signs in with Jira in their browser",
    "plugin.use_cases.visibility.jira_sign_in.note_stray": "a person signs in with Jira in their browser",
    "plugin.use_cases.visibility.account_people.tie_by_address": "a person signs in: their provider vouches for the address",
}
"""Acts that pages have and the API has not, each with the reason."""


def acts_of(doors: list[Source], modules: dict[str, Source]) -> set[str]:
    """The acts that doors call, by full name."""
    return {
        known[0]
        for door in doors
        for module, name in names_used(door, modules)
        if (known := definition(modules, module, name)) is not None
        and any(ast.unparse(one).startswith("act(") for one in known[1].decorator_list)
    }


def test_programs_can_do_what_pages_can(sources: list[Source]) -> None:
    """As `docs/api.md` promises in its first sentence."""
    modules = {one.module: one for one in sources}
    by_page, by_api, shared = (
        acts_of([one for one in sources if one.path.startswith(f"plugin/{door}/")], modules)
        for door in ("pages", "api", "doors")
    )
    assert by_page - by_api - shared == set(OF_PEOPLE_ALONE)


def test_doors_leave_the_store_alone(sources: list[Source]) -> None:
    found = {
        source.path
        for source in sources
        if source.path.startswith((*DOORS, "plugin/doors/"))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == "store" and "connector" in ast.unparse(node.value)
    }
    assert found == set(STORE_ITSELF)


OPTION = re.compile(r"(?<![\w-])--[a-z]")
SAID_BY_COMMANDS = {
    "plugin/mcp/protocol/identity.py": "said by `jira-okr mcp` before it serves",
    "plugin/runtime/serving/listening_address.py": "said by `jira-okr serve` and `demo`",
    "plugin/use_cases/accounts/set_up.py": "whole commands for whoever holds the link of the first start, to be copied",
}


def texts_with_options(tree: ast.Module) -> Iterator[str]:
    """Texts that name an option of a command, but for those that a step says are a command's."""
    commands = {
        id(one.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "NextStep"
        for one in node.keywords
        if one.arg == "command"
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in commands:
            continue
        if OPTION.search(node.value) and "\n" not in node.value.strip():
            yield node.value


COMMAND = re.compile(r"jira-okr ([a-z]+(?:-[a-z]+)*)")
OF_OPERATORS = {
    "db": "the database is an operator's",
    "demo": "the demonstration is started at the command line",
    "goals": "no page looks after Atlassian Goals",
    "serve": "processes are started at the command line",
    "token": "a token for others is made at the command line",
    "user": "who lets in the first, or nobody any more, is an operator",
    "worker": "processes are started at the command line",
}
"""Commands that texts below the doors may name: nobody takes these steps at another door."""
OTHER_COMMANDS = {
    "connectors/jira/webhooks/signature.py": "what a key is derived from, no text",
    "mappings/document/text/shape.py": "the description of a key in the schema of mappings, which names where its names are listed",
    "plugin/runtime/mapping_file.py": "said to the log about a file, which commands alone take",
    "plugin/runtime/processes/metrics.py": "the help of a metric, which says whose exit code it is",
}


def commands_named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Commands that a text names, with the text, but for docstrings and the steps."""
    left_out = {
        id(one.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "NextStep"
        for one in node.keywords
        if one.arg == "command"
    } | {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            for found in COMMAND.finditer(node.value):
                yield found[1], node.value


def test_what_is_below_the_doors_names_no_command_but_those_of_operators(sources: list[Source]) -> None:
    """It names a `NextStep`, or says the step as pages do, and each door has its own words for it."""
    below = [one for one in sources if not one.path.startswith((*DOORS, "plugin/doors/"))]
    found = {
        f"{source.path}: {text}"
        for source in below
        if source.path not in OTHER_COMMANDS
        for name, text in commands_named(source.tree)
        if name not in OF_OPERATORS
    }
    assert sorted(found) == []
    named = {name for source in sources for name, _ in commands_named(source.tree)}
    assert set(OF_OPERATORS) <= named
    assert all(any(commands_named(one.tree)) for one in sources if one.path in OTHER_COMMANDS)


def test_options_of_commands_are_said_by_commands_alone(sources: list[Source]) -> None:
    """What is below the doors is said at each of them: it names a `NextStep`, and the command line says its options."""
    found = {
        f"{source.path}: {text}"
        for source in sources
        if not source.path.startswith("plugin/cli/") and source.path not in SAID_BY_COMMANDS
        for text in texts_with_options(source.tree)
    }
    assert sorted(found) == []
