"""`plugin` → `connectors` → `mappings`, never back; and `mappings` is pure."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

PURE_LIBRARIES = {"pydantic", "pydantic_core", "ruamel", "simpleeval", "tzdata"}
PURE_STANDARD = {
    "__future__",
    "abc",
    "ast",
    "bisect",
    "calendar",
    "collections",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fnmatch",
    "fractions",
    "functools",
    "graphlib",
    "hashlib",
    "heapq",
    "importlib",
    "io",
    "itertools",
    "json",
    "math",
    "numbers",
    "operator",
    "re",
    "string",
    "textwrap",
    "types",
    "typing",
    "unicodedata",
    "warnings",
    "zoneinfo",
}
"""What the domain may take from the standard library: nothing that reads a clock, a file, a socket, a random number or logs.

`importlib` is there for modules of the package that are loaded already, `io` for buffers of text (see IMPURE_ATTRIBUTES), `ast` for formulas, which are parsed and never
compiled; simpleeval walks them with its nodes and functions cut down to arithmetic.
"""

IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
IMPURE_ATTRIBUTES = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("io", "open"),
    ("resources", "files"),
}

PRESETS = "mappings/presets/__init__.py"
"""The presets are data files of the package, read as part of it; everything else in `mappings` gets its text handed in."""


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, wherever in it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.path}:{node.lineno}: a relative import"
            yield node.lineno, node.module or ""


def test_imports_go_one_way(sources: list[Source], packages: tuple[str, ...]) -> None:
    wrong = [
        f"{source.path}:{line}: {source.package} imports {name}"
        for source in sources
        for line, name in imported(source)
        if name.split(".")[0] in packages[packages.index(source.package) + 1 :]
    ]
    assert wrong == []


DOORS = (
    "plugin/pages/",
    "plugin/api/",
    "plugin/cli/",
    "plugin/mcp/",
    "plugin/forge/",
    "plugin/operations.py",
    "plugin/badges.py",
    "plugin/unsubscribe.py",
    "plugin/webhooks.py",
)


def test_doors_reach_the_world_through_use_cases(sources: list[Source]) -> None:
    """Pages, API, commands, tools and webhooks parse, call and render: none of them imports `connectors`."""
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources
        if source.path.startswith(DOORS)
        for line, name in imported(source)
        if name.split(".")[0] == "connectors"
    ]
    assert wrong == []


def door_of(name: str) -> str:
    """The door that a dotted name lies in; empty where it is none."""
    return next((door for door in DOORS if f"{name.replace('.', '/')}/".startswith(room_of(door))), "")


def room_of(door: str) -> str:
    return door.removesuffix(".py").removesuffix("/") + "/"


def test_no_door_imports_another_door(sources: list[Source]) -> None:
    """What several of them need stands in `plugin/doors`, or is asked of a use case."""
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources
        if source.path.startswith(DOORS)
        for line, name in imported(source)
        if door_of(name) and not source.path.startswith(door_of(name))
    ]
    assert wrong == []


def test_what_is_below_the_doors_imports_none_of_them(sources: list[Source]) -> None:
    """What they share is theirs as well: only `plugin/doors` itself may be imported by them, and it imports none of them."""
    rooms = ("plugin/use_cases/", "plugin/sync/", "plugin/jobs/", "plugin/access/")
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources
        if source.path.startswith((*rooms, "plugin/doors/"))
        for line, name in imported(source)
        if door_of(name) or (source.path.startswith(rooms) and f"{name}.".startswith("plugin.doors."))
    ]
    assert wrong == []


TELLING = {
    "plugin/runtime/composition.py": "puts the connector together",
    "plugin/runtime/demonstration.py": "does in the demo what people do",
    "plugin/runtime/figures.py": "does in the demo what people do",
    "plugin/runtime/mapping_file.py": "activates what the settings name, as a person would",
    "plugin/runtime/processes/heartbeat.py": "tells what was spent",
    "plugin/runtime/processes/metrics.py": "tells what is so",
}
"""What of `plugin/runtime` stands above the use cases, and why. The rest is what use cases stand on."""


def test_what_use_cases_stand_on_imports_none_of_them(sources: list[Source]) -> None:
    above = {
        source.path
        for source in sources
        if source.path.startswith(("plugin/runtime/", "plugin/sync/", "plugin/access/"))
        for _, name in imported(source)
        if name.startswith("plugin.use_cases")
    }
    assert sorted(above - TELLING.keys()) == []
    assert sorted(TELLING.keys() - above) == []


def test_the_door_of_a_name() -> None:
    assert [
        door_of(name)
        for name in (
            "plugin.api",
            "plugin.api.work.plans",
            "plugin.webhooks",
            "plugin.doors.cursor",
            "plugin.apis",
        )
    ] == ["plugin/api/", "plugin/api/", "plugin/webhooks.py", "", ""]


def test_every_act_and_question_says_what_it_asks_of_its_actor(sources: list[Source]) -> None:
    """Whatever takes an actor is declared with `@act` or `@question`; what does not is a step within one."""
    wrong = [
        f"{source.path}:{node.lineno}: {node.name}"
        for source in sources
        if source.path.startswith("plugin/use_cases/") and source.path != "plugin/use_cases/permission.py"
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if [one.arg.lstrip("_") for one in node.args.args[:2]] == ["connector", "actor"]
        if not any(ast.unparse(one).startswith(("act(", "question(")) for one in node.decorator_list)
    ]
    assert wrong == []


def test_no_package_imports_the_tests(sources: list[Source]) -> None:
    wrong = [
        source.path for source in sources for _, name in imported(source) if name.split(".")[0] == "tests"
    ]
    assert wrong == []


def test_the_domain_imports_nothing_impure(sources: list[Source]) -> None:
    allowed = {"mappings"} | PURE_LIBRARIES | PURE_STANDARD
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources
        if source.package == "mappings"
        for line, name in imported(source)
        if name.split(".")[0] not in allowed
    ]
    assert wrong == []


def test_the_domain_calls_nothing_impure(sources: list[Source]) -> None:
    wrong = [
        f"{source.path}:{node.lineno}: {ast.unparse(node.func)}()"
        for source in sources
        if source.package == "mappings" and source.path != PRESETS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and is_impure(node.func)
    ]
    assert wrong == []


def is_impure(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in IMPURE_CALLS
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name | ast.Attribute):
        owner = called.value.id if isinstance(called.value, ast.Name) else called.value.attr
        return (owner, called.attr) in IMPURE_ATTRIBUTES
    return False


WALL_CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}
CLOCKS = {"connectors/clock.py", "tests/another_day/sitecustomize.py"}
"""The module, and what puts it forward for a run of the tests."""


def test_one_module_reads_the_wall_clock(root: Path) -> None:
    """Whatever else asks it by the way cannot be told another day, neither by a test nor by a person."""
    places = ("mappings", "connectors", "plugin", "tests", "benchmarks", "docs")
    paths = [path for place in places for path in sorted((root / place).rglob("*.py"))]
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    spoken_of = re.compile(rf"\.\s*(?:{'|'.join(sorted({name for _, name in WALL_CLOCK}))})\b")
    wrong = [
        f"{path.relative_to(root)}:{node.lineno}: {ast.unparse(node)}"
        for path, text in texts.items()
        if path.relative_to(root).as_posix() not in CLOCKS and spoken_of.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and is_wall_clock(node)
    ]
    assert wrong == []


def is_wall_clock(node: ast.Attribute) -> bool:
    owner = node.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return (name, node.attr) in WALL_CLOCK


def prepares_a_type(node: ast.AST) -> bool:
    """A call of msgspec that looks at a class: two threads that do so at once end the process."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    typed = len(node.args) > 1 or any(one.arg == "type" for one in node.keywords)
    return name in {"msgspec.convert", "msgspec.json.Decoder"} or (name == "msgspec.json.decode" and typed)


def test_one_module_prepares_types_for_msgspec(root: Path) -> None:
    paths = [path for place in ("mappings", "connectors", "plugin") for path in (root / place).rglob("*.py")]
    found = {
        path.relative_to(root).as_posix()
        for path in paths
        if "msgspec" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if prepares_a_type(node)
    }
    assert found == {"connectors/typed_json.py"}


def test_the_allowed_standard_modules_exist() -> None:
    assert set(sys.stdlib_module_names) >= PURE_STANDARD


def test_the_check_sees_what_it_forbids() -> None:
    tree = ast.parse("import datetime\ndatetime.datetime.now()\nopen('x')\ndate.today()\nmoment.now()")
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert sorted(ast.unparse(call) for call in calls if is_impure(call)) == [
        "date.today",
        "datetime.datetime.now",
        "open",
    ]
