"""Small changes to the code that the tests have to notice: `make mutants` (COUNT=20 SEED=1 PACKAGE=plugin/sync).

For each package a seeded sample of changes by cosmic-ray's operators, and statements that only call something and are left out.
Each is made in a copy of the checkout, never in the checkout itself, and the quick tests nearest to the module run against it:
first the test files that name the module, then the test folders of its package. A change counts as noticed where a test fails
that passes without it. What really changes nothing stands in `equivalent.txt` with the reason.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from parso.python.tree import Keyword

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
TESTS = {
    "mappings/rollup": ["tests/mappings/numbers", "tests/mappings/planning"],
    "mappings/document": ["tests/mappings/document"],
    "mappings/jql": ["tests/mappings/jql"],
    "mappings/fields": ["tests/mappings/fields"],
    "mappings/progress": ["tests/mappings/numbers"],
    "mappings/write_back": ["tests/mappings/planning"],
    "mappings": ["tests/mappings"],
    "connectors/jira": ["tests/connectors/jira"],
    "connectors/store": ["tests/connectors/store"],
    "plugin/sync": ["tests/plugin/sync", "tests/acceptance"],
    "plugin/access": ["tests/plugin/access", "tests/plugin/use_cases"],
    "plugin/api": ["tests/plugin/api", "tests/plugin/use_cases"],
    "plugin/use_cases": ["tests/plugin/use_cases", "tests/plugin/api", "tests/plugin/pages"],
    "plugin/pages": ["tests/plugin/pages"],
    "plugin/jobs": ["tests/plugin/jobs"],
    "plugin/runtime": ["tests/plugin/operations", "tests/plugin/jobs"],
    "plugin/cli": ["tests/plugin/operations", "tests/acceptance", "tests/plugin/sync"],
}
"""The tests by package. A module belongs to the longest name that fits."""
LEAST = {"mappings/rollup": 0.97, "plugin/sync": 0.97}
USUAL_LEAST = 0.9
LEFT_OUT = ("VariableReplacer", "VariableInserter", "RemoveDecorator", "NoOp")
"""Operators that make names that are not there, or only take away what makes a class quicker."""
UNHEARD = re.compile(r"^\s*(log\.|assert |raise AssertionError)")
"""Lines of the log, and what is only said to the type checker."""
LONGEST = 900
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.*?)?)(?: - .*)?$", re.MULTILINE)
QUICK = ["-x", "-q", "-rfE", "-p", "no:cacheprovider", "-m", "not slow and not browser"]


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


def places(text: str) -> list[tuple[tuple[int, int], Operator, int]]:
    """Where the operators can change something: position, operator, and which of its occurrences that is."""
    nodes = list(ast_nodes(get_ast(text)))
    lines = text.splitlines()
    found = []
    for operator in operators():
        occurrence = 0
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                if not (_is_annotation(node) or UNHEARD.match(lines[start[0] - 1])):
                    found.append((start, operator, occurrence))
                occurrence += 1
    return found


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


def sample(package: str, seed: int, count: int) -> Iterator[Mutant]:
    """So many mutants of a package: the lines of its modules are equally likely, and so is each change at one place."""
    chance = random.Random(f"{seed} {package}")
    known = equivalents()
    texts = {path: (ROOT / path).read_text() for path in modules(package)}
    sizes = [text.count("\n") for text in texts.values()]
    seen: set[tuple[str, str, str]] = set()
    for _ in range(20 * count):
        if len(seen) == count:
            return
        (path,) = chance.choices(list(texts), sizes)
        mutant = one_of(path, texts[path], chance)
        if mutant is None:
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
        compile(changed, path, "exec")
    except SyntaxError:
        return None
    pairs = zip(text.splitlines(), changed.splitlines(), strict=False)
    line, before, after = next((n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b)
    return Mutant(path, line, before.strip(), after.strip(), changed)


def modules(package: str) -> list[str]:
    """The modules of a package that belong to no longer name; migrations run once and are tested whole."""
    inside = [name for name in TESTS if name.startswith(f"{package}/")]
    paths = (path.relative_to(ROOT).as_posix() for path in sorted((ROOT / package).rglob("*.py")))
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


class Copy:
    """A copy of the checkout, in which one mutant at a time stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)

    def is_noticed(self, mutant: Mutant, folders: Sequence[str]) -> bool:
        """Whether a test fails that passes without the change."""
        module = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        naming = [path for path in self._tests(folders) if module in (self.folder / path).read_text()]
        rounds = [([*naming], []), ([*folders], ["-n", "auto", "--dist", "worksteal"])]
        return any(self._fails(mutant, paths, more) for paths, more in rounds if paths)

    def _tests(self, folders: Sequence[str]) -> list[str]:
        found = (path for folder in folders for path in sorted((self.folder / folder).rglob("test_*.py")))
        return [path.relative_to(self.folder).as_posix() for path in found]

    def _fails(self, mutant: Mutant, paths: list[str], more: list[str]) -> bool:
        place = self.folder / mutant.path
        honest = place.read_text()
        place.write_text(mutant.text)
        try:
            said = self._pytest([*QUICK, *more, *paths])
        finally:
            place.write_text(honest)
        if said is None:
            return True
        failed = FAILED.findall(said)
        return bool(failed) and not FAILED.findall(self._pytest([*QUICK, *failed]) or "")

    def _pytest(self, words: list[str]) -> str | None:
        """What it said; None where it did not come to its end."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", *words]
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=LONGEST
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout


def main() -> int:
    """Reports each mutant, and for each package how many were noticed; 1 where that is too few."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--count", type=int, default=20, help="how many of each package")
    asked.add_argument("--package", choices=list(TESTS), action="append", help="these alone")
    asked.add_argument("--list", action="store_true", help="show the sample and run nothing")
    given = asked.parse_args()
    too_few = False
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder))
        for package in given.package or TESTS:
            verdicts = []
            for mutant in sample(package, given.seed, given.count):
                noticed = None if given.list else copy.is_noticed(mutant, TESTS[package])
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
    return int(too_few)


if __name__ == "__main__":
    sys.exit(main())
