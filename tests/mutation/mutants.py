"""Small changes to the code that the tests have to notice: `make mutants` (COUNT=20 SEED=1 PACKAGE=plugin/sync).

For each package a seeded sample of changes by cosmic-ray's operators, and statements that only call something and are left out.
Each is made in a copy of the checkout, never in the checkout itself. Which quick test runs which line is written down once for each
file of tests (`~/.cache/jira-okr/mutants.sqlite`) and anew when that file has changed. Against a mutant run the quick tests that run its line, wherever they stand,
first those that run what few others run of the module, and then their neighbours, which may look at what these have made, until one fails, and no longer than LONGEST seconds of honest time. A change counts as noticed where a test fails
that passes without it. What really changes nothing stands in `equivalent.txt` with the reason.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import json
import os
import queue
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from parso.python.tree import Keyword

from tests.mutation.runner import BARE
from tests.mutation.runner import PACKAGES as PRODUCT

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
PACKAGES = (
    "mappings/rollup",
    "mappings/document",
    "mappings/jql",
    "mappings/fields",
    "mappings/progress",
    "mappings/write_back",
    "mappings",
    "connectors/jira",
    "connectors/store",
    "connectors/metrics",
    "plugin/sync",
    "plugin/access",
    "plugin/api",
    "plugin/use_cases",
    "plugin/pages",
    "plugin/jobs",
    "plugin/runtime",
    "plugin/cli",
)
"""What is measured by itself. A module belongs to the longest name that fits."""
ON_POSTGRESQL = ("tests/connectors/store/", "tests/plugin/jobs/")
"""Tests that are asked on PostgreSQL too, where one of two engines runs on it alone; the others say the same on both, and take many times as long."""
LOOK_AWAY = ("tests/mutation/", "tests/browser/", "tests/deploy/", "tests/benchmarks/", "tests/docs/")
"""Tests that run none of the product's functions in their own process, or take too long."""
ROUTES = "tests/plugin/access/test_routes.py::test_each_route_asks_for_what_it_always_asked_for"
READING = (
    "tests/architecture/test_announcements.py",
    "tests/architecture/test_every_act_in_the_record.py",
)
"""Tests that run nothing of the product and read its files instead: what nobody else notices is written down for them."""
READ = "plugin/"
"""Whose files they read."""
DECLARED = {
    "": ("tests/architecture/test_spans.py",),
    "connectors/metrics/": ("tests/connectors/metrics/test_sources.py",),
    "connectors/store/schema/": ("tests/connectors/store/test_migrations.py",),
    "plugin/access/": (ROUTES,),
    "plugin/api/": (
        ROUTES,
        "tests/plugin/api/test_routes.py::test_what_is_made",
        "tests/plugin/api/test_bounds.py",
        "tests/architecture/test_promise.py",
    ),
    "plugin/cli/": ("tests/plugin/cli/test_parameters.py", "tests/plugin/cli/test_completion.py"),
    "plugin/mcp/": ("tests/plugin/mcp/test_tools.py::test_the_list_of_tools_is_the_golden_one",),
    "plugin/pages/": (ROUTES,),
    "plugin/runtime/": ("tests/plugin/runtime/test_setting_limits.py",),
}
"""Tests that look at all that is declared in a folder, and neither run a line of its modules nor name them: of what runs at import, and of a decorator, they are asked first."""
LEAST = {"mappings/rollup": 0.97, "plugin/sync": 0.97}
USUAL_LEAST = 0.9
LEFT_OUT = ("VariableReplacer", "VariableInserter", "RemoveDecorator", "NoOp")
"""Operators that make names that are not there, or only take away what makes a class quicker."""
UNHEARD = re.compile(r"^\s*(log\.|assert |raise AssertionError|if TYPE_CHECKING:|@(functools\.)?lru_cache\()")
"""Lines of the log, what is only said to the type checker, and how much a function remembers."""
ALIKE = ("Is_Eq", "IsNot_NotEq")
"""Of None, and of the members of an enum, `is` and `==` say the same."""
FOR_SPEED = re.compile(
    r"@dataclass\(|class \w+\(.*\b(frozen|gc)=|model_config = ConfigDict\(extra=\"forbid\", frozen=True\)$|\w*AT_ONCE = [\d_]+$"
)
"""Frozen, slots, not watched by the collector, how much is done in one step: for people and for speed."""
LONGEST = 90.0
"""Seconds of tests for one mutant, by what they take without it."""
QUICK = 5.0
"""Seconds of tests that are asked first, and by themselves: most changes are noticed by these, and the files of the others need not be read."""
AT_ONCE = 0.02
"""Seconds that it costs to begin a test, however quick it is."""
RARE = 0.01
"""What a test that runs nothing but what all others run is worth yet."""
HERE = 10
"""How many times as much as another line of the module one of the changed function says of who is after it."""
PATIENCE = 6
"""How many times as long a run may take before the mutant counts as one that never ends."""
MATERIAL = {
    name: str(found)
    for name, folder in {"JIRA_PAYLOADS_DIR": "payloads", "JIRA_OPENAPI_DIR": "contracts"}.items()
    if (found := ROOT.parent / "shared" / folder).is_dir()
}
"""Where what was captured of Jira lies beside the checkout: beside the copy it does not, and its tests would be left out."""
KNOWN = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jira-okr" / "mutants.sqlite"
"""What is known of the files of tests: outside of every checkout, shared by all of them."""


@dataclass(frozen=True)
class Mutant:
    """One change: the whole text of the module with it, and the line before and after."""

    path: str
    line: int
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.before}  ->  {self.after or '(left out)'}"


class CallRemoval(Operator):
    """Leaves out a statement that only calls something: an announcement, a note, a mark."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Each such statement; docstrings and assignments are none."""
        if node.type in ("atom_expr", "power") and node.parent.type == "simple_stmt" and _calls(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """`...` in its place."""
        return Keyword("...", node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> tuple[()]:
        """None."""
        return ()


def _calls(node: Any) -> bool:
    last = node.children[-1]
    return last.type == "trailer" and last.children[0].value == "("


def operators() -> list[Operator]:
    """Every operator once, in a fixed order."""
    names = sorted(name for name in cosmic_ray.plugins.operator_names() if not name.endswith(LEFT_OUT))
    return [CallRemoval(), *(cosmic_ray.plugins.get_operator(name)() for name in names)]


@cache
def places(text: str) -> list[tuple[tuple[int, int], Operator, int]]:
    """Where the operators can change something: position, operator, and which of its occurrences that is."""
    nodes = list(ast_nodes(get_ast(text)))
    lines = text.splitlines()
    found = []
    for operator in operators():
        occurrence = 0
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                begins = (start[0], _begin(node))
                unheard = any(UNHEARD.match(lines[at - 1]) for at in begins) or _is_strictness(node)
                alike = type(operator).__name__.endswith(ALIKE) and _is_one_of_a_kind(node)
                if not (unheard or alike or _is_annotation(node)):
                    found.append((start, operator, occurrence))
                occurrence += 1
    return found


def _is_strictness(node: Any) -> bool:
    """`strict=True` is an assertion: it is said to whoever makes the lengths differ one day."""
    parent = node.parent
    return (
        parent is not None and parent.type == "argument" and parent.children[0].get_code().strip() == "strict"
    )


def _is_one_of_a_kind(node: Any) -> bool:
    """Whether what a comparison compares with is None, or the member of an enum (`Severity.ERROR`)."""
    comparison = node if node.type == "comparison" else node.parent
    right = comparison.children[-1].get_code().strip()
    return right == "None" or re.fullmatch(r"(\w+\.)*[A-Z]\w*\.[A-Z][A-Z_]*", right) is not None


def _begin(node: Any) -> int:
    """The line on which the statement begins that a node stands in: a call of the log may go over several."""
    while node.parent is not None and node.parent.type not in ("simple_stmt", "suite", "file_input"):
        node = node.parent
    line: int = node.start_pos[0]
    return line


def _is_annotation(node: Any) -> bool:
    """Types are text to Python here (`from __future__ import annotations`): a change of theirs changes nothing."""
    child, parent = node, node.parent
    while parent is not None:
        if (
            parent.type in ("annassign", "tfpdef")
            and child is parent.children[parent.children.index(":") + 1]
        ):
            return True
        if parent.type in ("parameters", "param") and child.type == "operator":
            return True  # the star and the stroke between parameters
        if parent.type in ("funcdef", "param") and parent.annotation is child:
            return True
        child, parent = parent, parent.parent
    return False


def sample(package: str, seed: int, count: int, root: Path = ROOT) -> Iterator[Mutant]:
    """So many mutants of a package: the lines of its modules are equally likely, and so is each change at one place."""
    chance = random.Random(f"{seed} {package}")
    known = equivalents()
    texts = {path: (root / path).read_text() for path in modules(package, root)}
    sizes = [text.count("\n") for text in texts.values()]
    seen: set[tuple[str, str, str]] = set()
    for _ in range(20 * count):
        if len(seen) == count:
            return
        (path,) = chance.choices(list(texts), sizes)
        mutant = one_of(path, texts[path], chance)
        if mutant is None or FOR_SPEED.match(mutant.before):
            continue
        name = (path, mutant.before, mutant.after)
        if name not in seen and name not in known:
            seen.add(name)
            yield mutant


def one_of(path: str, text: str, chance: random.Random) -> Mutant | None:
    """A change of this module; None where it offers none, or none that Python can read."""
    found = places(text)
    if not found:
        return None
    at = chance.choice(sorted({start for start, _, _ in found}))
    _, operator, occurrence = chance.choice([one for one in found if one[0] == at])
    changed = mutate_code(text, operator, occurrence)
    if changed is None or changed == text:
        return None
    try:
        if compile(changed, path, "exec") == compile(text, path, "exec"):
            return None
    except SyntaxError:
        return None
    pairs = zip(text.splitlines(), changed.splitlines(), strict=False)
    line, before, after = next((n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b)
    return Mutant(path, line, before.strip(), after.strip(), changed)


def modules(package: str, root: Path = ROOT) -> list[str]:
    """The modules of a package that belong to no longer name; migrations run once and are tested whole."""
    inside = [name for name in PACKAGES if name.startswith(f"{package}/")]
    paths = (path.relative_to(root).as_posix() for path in sorted((root / package).rglob("*.py")))
    return [
        path
        for path in paths
        if "/migrations/" not in path and not any(path.startswith(f"{name}/") for name in inside)
    ]


def equivalents() -> set[tuple[str, str, str]]:
    """Module, line before and line after of the changes that change nothing."""
    lines = [line for line in EQUIVALENT.read_text().splitlines() if line and not line.startswith("#")]
    parts = [line.split(" || ") for line in lines]
    assert all(len(one) == 4 and one[3].strip() for one in parts), "module || before || after || reason"
    return {(path, before, after) for path, before, after, _ in parts}


class Known:
    """What was written down of files of tests: the seconds of each test, and which of them run which line of a module."""

    def __init__(self, place: Path = KNOWN) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        self.kept = sqlite3.connect(place, timeout=60, isolation_level=None)
        self.kept.execute("CREATE TABLE IF NOT EXISTS tests (state TEXT PRIMARY KEY, told TEXT) STRICT")
        self.kept.execute(
            "CREATE TABLE IF NOT EXISTS lines (path TEXT, state TEXT, told TEXT, PRIMARY KEY (path, state)) STRICT, WITHOUT ROWID"
        )

    def keep(self, state: str, seconds: Mapping[str, float], lines: Mapping[str, Mapping[str, Any]]) -> None:
        """Write down what one file of tests was seen to do."""
        told = [(path, state, json.dumps(by_line)) for path, by_line in lines.items()]
        with self.kept:
            self.kept.execute("BEGIN IMMEDIATE")
            self.kept.executemany("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", told)
            self.kept.execute("INSERT OR REPLACE INTO tests VALUES (?, ?)", (state, json.dumps(seconds)))

    def seconds(self, states: Collection[str]) -> dict[str, dict[str, float]]:
        """The seconds of each test, by state; of what was never looked at nothing."""
        rows = self.kept.execute("SELECT state, told FROM tests")
        return {state: json.loads(told) for state, told in rows if state in states}

    def lines(self, path: str) -> list[tuple[str, dict[str, list[int]]]]:
        """By state the lines of a module, and the places of the tests that run them."""
        rows = self.kept.execute("SELECT state, told FROM lines WHERE path = ?", (path,))
        return [(state, json.loads(told)) for state, told in rows]


@dataclass
class Cover:
    """What is known of the quick tests: seconds by test, and the tests by module and line.

    Lines are known by their function and their text, so that they are still found when others moved them.
    """

    known: Known
    states: frozenset[str]
    root: Path = ROOT
    read: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    read_by_file: dict[str, list[dict[str, list[str]]]] = field(default_factory=dict)

    @cached_property
    def of_state(self) -> dict[str, list[str]]:
        """The names of the tests of each file, in their places."""
        return {state: list(told) for state, told in self.known.seconds(self.states).items()}

    @cached_property
    def seconds(self) -> dict[str, float]:
        """What each test takes."""
        found: dict[str, float] = {}
        for told in self.known.seconds(self.states).values():
            found |= told
        return found

    @cached_property
    def neighbours(self) -> dict[str, list[str]]:
        """The tests by their file."""
        return {tests[0].partition("::")[0]: tests for tests in self.of_state.values() if tests}

    def lines(self, path: str) -> dict[str, list[str]]:
        """The tests that run each line of a module."""
        if path not in self.read:
            found: dict[str, list[str]] = {}
            for told in self.by_file(path):
                for line, tests in told.items():
                    found.setdefault(line, []).extend(tests)
            self.read[path] = found
        return self.read[path]

    def by_file(self, path: str) -> list[dict[str, list[str]]]:
        """The same, for each file of tests as it was when that was written down."""
        if path not in self.read_by_file:
            self.read_by_file[path] = [
                {line: [names[place] for place in places] for line, places in told.items()}
                for state, told in self.known.lines(path)
                if (names := self.of_state.get(state))
            ]
        return self.read_by_file[path]

    def nearest(self, mutant: Mutant) -> list[str]:
        """The tests that run the line, or the lines of its statement; of what runs at import those that run the module.

        First those of which it takes the fewest seconds to run what few others run of the module, or of those from which the line takes something:
        a line that everybody runs is noticed by who is after something there. Then those that need PostgreSQL.
        Last their neighbours: what is made once for a file is made while the first of its tests runs, and asserted on by the others.
        """
        running = self._running(mutant)
        found, looking = set(running), set[str]()
        if running and mutant.before.startswith("@"):
            looking = self._looking(mutant.path)
            found |= looking
        if not found:  # it runs while the module is imported, where nobody sees it run
            lines = self.lines(mutant.path)
            looking = self._looking(mutant.path)
            found = {
                *looking,
                *(test for tests in lines.values() for test in tests),
                *self._naming(module_of(mutant.path)),
            }
        files = {test.partition("::")[0] for test in found}
        found |= {test for file in files for test in self.neighbours[file]}
        alone = _of_all_cases(self._rarities(mutant))

        def order(test: str) -> tuple[bool, bool, bool, float, str]:
            neighbour = bool(running) and test not in running and test not in looking
            return (
                test not in looking,
                neighbour,
                "postgresql" in test,
                (AT_ONCE + self.seconds[test]) / (alone[_function(test)] + RARE),
                test,
            )

        return sorted(found, key=order)

    def _rarities(self, mutant: Mutant) -> Mapping[str, float]:
        """How much each test runs that few others run of the module and of those from which the line takes something.

        Of a line that so many run each has its share, and more where it stands in the changed function: it may be what the change decides on.
        """
        found: dict[str, float] = defaultdict(float)
        text = (self.root / mutant.path).read_text()
        function = line_names(text)[mutant.line].partition(" ")[0]
        for path in (mutant.path, *imported(mutant, self.root)):
            for line, tests in self.lines(path).items():
                here = path == mutant.path and line.partition(" ")[0] == function
                share = (HERE if here else 1) / (len(tests) or 1)
                for test in tests:
                    found[test] += share
        return found

    def sees(self, mutant: Mutant) -> bool:
        """Whether a test runs the line, or its function: else it runs at imports alone, or never."""
        return bool(self._running(mutant))

    def _running(self, mutant: Mutant) -> set[str]:
        """Of a file of tests that was looked at before the function changed all that ran the function: what it says of the line is of another text."""
        text = (self.root / mutant.path).read_text()
        names = line_names(text)
        inside = {names[line] for line in statement(text, mutant.line) if line in names}
        function, now = names[mutant.line].partition(" ")[0], set(names.values())
        found: set[str] = set()
        for told in self.by_file(mutant.path):
            ran = {name: tests for name, tests in told.items() if name.partition(" ")[0] == function}
            changed = not ran.keys() <= now and not is_imported(text, mutant.line)
            found |= {test for name in (ran if changed else inside) for test in told.get(name, ())}
        if found or is_imported(text, mutant.line):
            return found
        # the line is new, the rest of its function is not
        return {
            test
            for name, tests in self.lines(mutant.path).items()
            if name.partition(" ")[0] == function
            for test in tests
        }

    def _looking(self, path: str) -> set[str]:
        """The tests that look at all that is declared where this module stands."""
        names = [name for folder, names in DECLARED.items() if path.startswith(folder) for name in names]
        return {test for test in self.seconds if test.startswith(tuple(names))}

    def _naming(self, module: str) -> list[str]:
        """The tests of the files that name a module."""
        return [
            test
            for file, tests in self.neighbours.items()
            if _names(module, file, _text(self.root / file))
            for test in tests
        ]


def _function(test: str) -> str:
    return test.partition("[")[0]


def _of_all_cases(worth: Mapping[str, float]) -> Mapping[str, float]:
    """What each function of tests is worth: what its best case is. The case that turns back early says what the others do not."""
    found: dict[str, float] = defaultdict(float)
    for test, one in worth.items():
        found[_function(test)] = max(found[_function(test)], one)
    return found


def parted(tests: Sequence[str], seconds: Mapping[str, float]) -> list[Sequence[str]]:
    """The tests that take QUICK seconds together, at least one, and those after them."""
    took = 0.0
    for place, test in enumerate(tests, 1):
        took += seconds[test]
        if took >= QUICK and place < len(tests):
            return [tests[:place], tests[place:]]
    return [tests]


def module_of(path: str) -> str:
    """The name by which the file at a path is imported."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _names(module: str, file: str, text: str) -> bool:
    """Whether a file of tests is about a module: it imports it, whichever way, or bears its name."""
    room, _, name = module.rpartition(".")
    imported = rf"from {re.escape(room)} import \(?[^)\n]*\b{name}\b"
    return module in text or file.endswith(f"/test_{name}.py") or re.search(imported, text) is not None


def imported(mutant: Mutant, root: Path = ROOT) -> list[str]:
    """The files of the modules from which the changed line takes what it names."""
    said = set(re.findall(r"\w+", mutant.before))
    froms = [one for one in ast.parse(mutant.text).body if isinstance(one, ast.ImportFrom) and one.module]
    found = []
    for one in froms:
        for alias in one.names:
            if (alias.asname or alias.name) in said:
                names = (f"{one.module}", f"{one.module}.{alias.name}")
                found += [
                    path for name in names if (root / (path := f"{name.replace('.', '/')}.py")).is_file()
                ]
    return found


@cache
def _text(file: Path) -> str:
    return file.read_text()


def line_names(text: str) -> dict[int, str]:
    """The name of each line: the function it stands in, and what it says."""
    owner: dict[int, str] = {}

    def walk(node: ast.AST, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = name
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{name}.{child.name}"
                for line in range(child.lineno, (child.end_lineno or child.lineno) + 1):
                    owner[line] = inner
            walk(child, inner)

    walk(ast.parse(text), "")
    return {n: f"{owner.get(n, '')} {line.strip()}" for n, line in enumerate(text.splitlines(), 1)}


def is_imported(text: str, line: int) -> bool:
    """Whether a line runs while the module is imported: it stands in no function, or in the head of one."""
    functions = (
        one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return not any(one.body[0].lineno <= line <= (one.end_lineno or 0) for one in functions)


def statement(text: str, line: int) -> range:
    """The lines of the smallest statement around a line, of a compound one its head."""
    around = [
        one
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.stmt | ast.ExceptHandler | ast.match_case)
        and hasattr(one, "lineno")
        and one.lineno <= line <= (one.end_lineno or one.lineno)
    ]
    if not around:
        return range(line, line + 1)
    inner = max(around, key=lambda one: one.lineno)
    body = getattr(inner, "body", None)
    last = body[0].lineno - 1 if body else inner.end_lineno or inner.lineno
    return range(inner.lineno, max(last, line) + 1)


def statements(text: str) -> str:
    """What a module says beside its imports, however it is written down."""
    parsed = ast.parse(text)
    parsed.body = [one for one in parsed.body if not isinstance(one, ast.Import | ast.ImportFrom)]
    return ast.unparse(parsed)


def on_postgresql(file: str) -> bool:
    """Whether the tests of this file are run on PostgreSQL too."""
    return file.startswith(ON_POSTGRESQL)


def files(root: Path = ROOT) -> list[str]:
    """The files of tests that may notice a change; those of this room change the code themselves."""
    found = (path.relative_to(root).as_posix() for path in sorted((root / "tests").rglob("test_*.py")))
    return [file for file in found if not file.startswith(LOOK_AWAY)]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Copy:
    """A copy of the checkout, in which one mutant at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
        self.environment = MATERIAL | os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        self.runner = self._runner()
        self.known = Known()
        self.standing: subprocess.Popen[str] | None = None
        """The process that has read the files of tests."""
        self.covers: dict[frozenset[str], Cover] = {}
        self.near: frozenset[str] = frozenset()

    def is_noticed(self, mutant: Mutant, longest: float = LONGEST) -> bool:
        """Whether a test fails that passes without the change."""
        cover = self.cover()
        chosen: list[str] = []
        seconds = 0.0
        for test in cover.nearest(mutant):
            seconds += cover.seconds[test]
            if seconds > longest and chosen:
                break
            chosen.append(test)
        runner = self._reader(cover) if chosen and cover.sees(mutant) else None
        parts = parted(chosen, cover.seconds) if chosen else []
        if any(self._fails(mutant, part, cover, runner) for part in parts):
            return True
        return mutant.path.startswith(READ) and bool(self.run(mutant, READING, LONGEST)["failed"])

    def _fails(
        self, mutant: Mutant, tests: Sequence[str], cover: Cover, runner: subprocess.Popen[str] | None
    ) -> bool:
        told = self.run(mutant, tests, 60 + PATIENCE * sum(cover.seconds[one] for one in tests), runner)
        if not told["ended"]:
            return True
        # Not every failure speaks: a test may be of the kind that fails now and then. What cannot even be read speaks.
        failed = told["failed"]
        if not self._tests(failed):
            return bool(failed)
        return not self.run(None, self._tests(failed), 600, runner or self.runner)["failed"]

    def cover(self) -> Cover:
        """Which tests run which lines; those alone that name a module of `near`, or are known already, where it is given."""
        if self.near not in self.covers:
            states = {file: self._state(file) for file in files(self.folder)}
            known = self.known.seconds(set(states.values()))
            stale = [file for file, state in states.items() if state not in known and self._is_near(file)]
            if stale:
                self._look(stale, states)
            self.covers[self.near] = Cover(self.known, frozenset(states.values()), self.folder)
        return self.covers[self.near]

    def _is_near(self, file: str) -> bool:
        text = _text(self.folder / file)
        return not self.near or any(_names(module, file, text) for module in self.near)

    def close(self) -> None:
        """End the processes that run the tests."""
        for runner in filter(None, (self.runner, self.standing)):
            assert runner.stdin is not None
            runner.stdin.close()
            runner.wait()

    def _reader(self, cover: Cover) -> subprocess.Popen[str]:
        """The process that has read the files whose lines are known."""
        if self.standing is None:
            self.standing = self._runner(sorted(cover.neighbours))
        return self.standing

    def _look(self, stale: Sequence[str], states: Mapping[str, str]) -> None:
        """Run these files of tests, on every core, and write down which lines they run."""
        _say(f"looking which lines {len(stale)} files of tests run")
        names = {path: line_names((self.folder / path).read_text()) for path in self._product()}
        runners = [self._runner() for _ in range(os.cpu_count() or 1)]
        idle = queue.SimpleQueue[subprocess.Popen[str]]()
        for runner in runners:
            idle.put(runner)

        def look(file: str) -> tuple[str, dict[str, Any]]:
            runner = idle.get()
            try:
                asked = {"cover": ["mappings", "connectors", "plugin"], "tests": [file], "seconds": 1800}
                return file, self._ask(asked | {"postgresql": on_postgresql(file)}, runner)
            finally:
                idle.put(runner)

        with ThreadPoolExecutor(len(runners)) as pool:
            for done, (file, told) in enumerate(pool.map(look, stale), 1):
                if "tests" not in told:
                    _say(f"{file} cannot be run: its tests notice nothing")
                    continue
                lines: dict[str, dict[str, list[int]]] = {}
                for path, numbers in told["lines"].items():
                    if path not in names:
                        continue  # a template
                    for number, tests in numbers.items():
                        if tests and int(number) in names[path]:
                            said = names[path][int(number)]
                            lines.setdefault(path, {}).setdefault(said, []).extend(tests)
                self.known.keep(states[file], told["tests"], lines)
                if done % 25 == 0:
                    _say(f"{done} of {len(stale)}")
        for runner in runners:
            runner.kill()
            runner.wait()

    def _product(self) -> list[str]:
        found = (path for name in PRODUCT for path in (self.folder / name).rglob("*.py"))
        return [path.relative_to(self.folder).as_posix() for path in found]

    def run(
        self,
        mutant: Mutant | None,
        tests: Sequence[str],
        seconds: float,
        runner: subprocess.Popen[str] | None = None,
    ) -> dict[str, Any]:
        """The tests that failed, and whether the run came to its end.

        Asked of the process that has read them already; without one, or where that cannot, the module is imported afresh.
        """
        asked = {"tests": list(tests), "seconds": seconds}
        if runner is not None:
            change = {"path": mutant.path, "text": mutant.text} if mutant else {}
            told = self._ask({**asked, **change}, runner)
            if mutant is None or not told.get("cannot"):
                return told
        assert mutant is not None
        place = self.folder / mutant.path
        honest = place.read_text()
        place.write_text(mutant.text)
        afresh = self._runner([BARE])
        try:
            return self._ask(asked, afresh)
        except json.JSONDecodeError:
            return {"failed": [mutant.path], "ended": True}  # it cannot even be imported
        finally:
            place.write_text(honest)
            afresh.kill()
            afresh.wait()

    def _ask(self, asked: Mapping[str, Any], runner: subprocess.Popen[str] | None = None) -> dict[str, Any]:
        runner = runner or self.runner
        assert runner.stdin is not None
        assert runner.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            runner.stdin.write(json.dumps(asked) + "\n")
            runner.stdin.flush()
        told: dict[str, Any] = json.loads(runner.stdout.readline())
        return told

    def _runner(self, files: Sequence[str] = ()) -> subprocess.Popen[str]:
        number, name = tempfile.mkstemp(suffix=".json")
        os.close(number)
        return subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.runner", name, *files],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _state(self, file: str) -> str:
        """Changes with what the file says, and with what it is run against.

        Not with its imports, nor with what it shares with its neighbours: these seldom change which lines it runs, and often change.
        """
        said = statements((self.folder / file).read_text())
        parts = [file, str(on_postgresql(file)), said]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]

    def _tests(self, failed: Sequence[str]) -> list[str]:
        return [one for one in failed if "::" in one]


def main() -> int:
    """Reports each mutant, and for each package how many were noticed; 1 where that is too few."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--count", type=int, default=20, help="how many of each package")
    asked.add_argument("--package", choices=PACKAGES, action="append", help="these alone")
    asked.add_argument("--seconds", type=float, default=LONGEST, help="of tests for one mutant, at the most")
    asked.add_argument(
        "--near",
        action="store_true",
        help="look only which lines those files of tests run that name a changed module: quick, and never better than the truth",
    )
    asked.add_argument("--list", action="store_true", help="show the sample and run nothing")
    given = asked.parse_args()
    too_few = False
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder))
        for package in given.package or PACKAGES:
            verdicts = []
            changed = list(sample(package, given.seed, given.count, copy.folder))
            copy.near = frozenset(module_of(one.path) for one in changed) if given.near else frozenset()
            for mutant in changed:
                noticed = None if given.list else copy.is_noticed(mutant, given.seconds)
                verdicts.append(noticed)
                word = "listed  " if noticed is None else "noticed " if noticed else "SURVIVED"
                sys.stdout.write(f"{word} {mutant}\n")
                sys.stdout.flush()
            if given.list or not verdicts:
                continue
            share, least = sum(map(bool, verdicts)) / len(verdicts), LEAST.get(package, USUAL_LEAST)
            too_few = too_few or share < least
            sys.stdout.write(
                f"{package}: {sum(map(bool, verdicts))} of {len(verdicts)} noticed, {least:.0%} are wanted\n"
            )
            sys.stdout.flush()
        copy.close()
    return int(too_few)


if __name__ == "__main__":
    sys.exit(main())
