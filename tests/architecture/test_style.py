"""What keeps the code pleasant: names and annotations."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from connectors.store.schema import metadata
from tests.architecture.test_doors import is_declared

if TYPE_CHECKING:
    from pathlib import Path

    from tests.architecture.conftest import Source

BANNED = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared", "base"}

THE_SANDBOX = "the sandbox is Jira's side, and has Jira's word for it"
THE_GATEWAY = "a type of the gateway of Atlassian Goals, which calls it so"
A_DOOR = "what a door shows of the very thing"
A_PORT = "what the pages ask of the very thing that the store keeps"
A_TYPE_OF_FIELD = "the type of field that holds one"
TWO_CLASSES = {
    "Account": THE_SANDBOX,
    "Answer": f"{THE_GATEWAY}; and what a tool for assistants answers",
    "Confidence": A_DOOR,
    "DeadLetter": A_DOOR,
    "Fault": f"{THE_SANDBOX} (what is to go wrong there); and what is wrong with a request, in problem documents",
    "Forecast": A_DOOR,
    "Gap": A_DOOR,
    "Goal": THE_SANDBOX,
    "HistoryPoint": A_PORT,
    "KeyResult": A_DOOR,
    "Metric": f"{THE_GATEWAY}, in the sandbox too",
    "MetricTarget": f"{THE_GATEWAY}, in the sandbox too",
    "MovedRow": "what two doors show of the very thing",
    "Number": f"{A_TYPE_OF_FIELD}; and how programs are told one",
    "Objective": A_DOOR,
    "Page": "a page that people see; and one of an answer that goes on",
    "Person": f"{A_TYPE_OF_FIELD}; {THE_GATEWAY}; and who acts",
    "Problem": f"{THE_GATEWAY}; and the problem document of RFC 9457",
    "SavedObjective": A_PORT,
    "Settings": f"{THE_GATEWAY}; and those of the connector",
    "Shape": "what all shapes of one wire have in common, for each of two wires",
    "Site": THE_SANDBOX,
    "Status": THE_GATEWAY,
    "Update": f"{THE_GATEWAY}, in the sandbox too",
}
"""Names of classes in more than one module, and why. Whatever else two modules need to call alike is one thing, or has two names."""

IRREGULAR = {
    "begun",
    "broken",
    "cut",
    "done",
    "fed",
    "given",
    "gone",
    "held",
    "kept",
    "known",
    "left",
    "lost",
    "made",
    "met",
    "put",
    "read",
    "said",
    "seen",
    "sent",
    "set",
    "shown",
    "stood",
    "taken",
    "told",
    "written",
}
NO_NOUN = re.compile(r"(?:ed|ing|able|ible|ful|less|ous|ive)$")
"""How participles and adjectives end; so do the nouns in `NOUNS`."""
PARTICIPLE = re.compile(rf"[a-z]+(?:ed|ing)|(?:{'|'.join(IRREGULAR - {'cut', 'put', 'read', 'set'})})")
OTHER_WORDS = {
    "above",
    "aside",
    "below",
    "due",
    "former",
    "full",
    "here",
    "highest",
    "if",
    "in",
    "latest",
    "lowest",
    "of",
    "off",
    "on",
    "once",
    "out",
    "over",
    "permanent",
    "present",
    "quiet",
    "ready",
    "strict",
    "there",
    "through",
    "to",
    "together",
    "transient",
    "under",
    "until",
    "up",
    "whole",
    "with",
    "without",
}
"""Adjectives of no such ending, and words that stand before nouns."""
ADVERBS = OTHER_WORDS | {
    "after",
    "all",
    "alone",
    "at",
    "before",
    "between",
    "from",
    "nothing",
    "since",
    "within",
}
"""What says when, where or how much, and not of what."""
VERBS = {"bring", "feed", "need", "spread", "succeed"}
"""Verbs that end as participles do."""
COMPOUNDS = {("as", "of"), ("check", "in"), ("opt", "out"), ("set", "up"), ("sign", "in"), ("what", "if")}
"""Nouns of two words."""
BEGINNINGS = {"has", "is", "not", "too", "what", "which"}
"""Words that begin a sentence. (`No` stands before what does nothing: `NoSum`.)"""
NOUNS = {
    "archive",
    "binding",
    "closing",
    "cut",
    "drawing",
    "feed",
    "finding",
    "happening",
    "intake",
    "learning",
    "listing",
    "mapping",
    "meaning",
    "meeting",
    "need",
    "objective",
    "pacing",
    "pairing",
    "perspective",
    "reading",
    "ruling",
    "set",
    "standing",
    "table",
    "thinning",
    "writing",
}
"""Nouns of the field that look like participles or adjectives."""
NO_NOUN_NEEDED = {
    "connectors/once.py": "a decorator of attributes, called as it is read: `@once`",
    "once": "the same: a class, called as it is written",
    "connectors/store/work/due.py": "the table of what is due, the design's own word for it",
    "plugin/cli/work/held.py": "a command is called as people type it",
    "table due": "the same",
    "KpiInFull": "promised: a part of the API document",
    "Not": "JQL's own word",
}
"""What keeps a name without a noun at its end, and why. Reads, copies and cuts are nouns where a noun or adjective stands before them: `FullRead`."""

MOST_IN_ORDER = 4
IN_ORDER = {
    "connectors/jira/wire/issue_decoder.py": "an issue for each line of an answer: keywords cost, and there are hundreds of thousands",
    "connectors/store/mirror/issue_text.py": "an issue for each row of the mirror, likewise",
    "connectors/sandbox/company/northwind.py": "a table of made-up data, a row a line",
}
"""Modules that give more than four values in order to what they make, and why."""
DOZEN = 12
REGISTRIES = {
    "connectors/metrics": "a source of KPIs each",
    "connectors/store/migrations/versions": "a step of the schema each",
    "mappings/fields": "a type of field each",
    "mappings/progress": "a progress rule each",
    "mappings/write_back/targets": "a write target each",
    "plugin/mcp": "tools for assistants, by subject",
}
"""Rooms that grow with what is registered, one file each. Every other room is divided, by subject, before it holds more than a dozen modules."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_module_has_a_name_that_says_nothing(sources: list[Source]) -> None:
    assert [source.path for source in sources if BANNED & set(source.module.split("."))] == []


def test_modules_classes_and_tables_are_called_by_nouns(sources: list[Source]) -> None:
    """No bare participles or adjectives, errors included: an error is a refusal, a failure, an outage, or what is wrong (`UnknownCycle`)."""
    named = {
        source.path: words(source.module.rpartition(".")[2])
        for source in sources
        if not source.path.endswith("/__init__.py") and "/versions/" not in source.path
    }
    named |= {f"table {name}": words(name) for name in metadata.tables}
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                named[node.name] = words(node.name)
    found = {name for name, said in named.items() if is_no_noun(said)}
    assert sorted(found - NO_NOUN_NEEDED.keys()) == [], (
        "end with a noun that says what it holds; a noun that only looks otherwise goes into NOUNS"
    )
    assert sorted(NO_NOUN_NEEDED.keys() - found) == []


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("CycleRefused", True),
        ("DraftMoved", True),
        ("NotHeld", True),
        ("Unreachable", True),
        ("Transient", True),
        ("WhichView", True),
        ("HasStart", True),
        ("LinesOver", True),
        ("Read", True),
        ("FullRead", False),
        ("CycleRefusal", False),
        ("RefusedField", False),
        ("KpiReading", False),
        ("IDTable", False),
        ("out_of_sight", False),
        ("missing", True),
        ("present", True),
        ("_Arriving", True),
        ("CheckIn", False),
        ("set_up", False),
    ],
)
def test_what_is_no_noun_is_told_from_what_is(name: str, bad: bool) -> None:
    assert is_no_noun(words(name)) is bad


def words(name: str) -> list[str]:
    """The words of a name, in small letters: of a class by its humps, of a module by its underscores."""
    if "_" in name.strip("_") or name.strip("_").islower():
        return name.strip("_").split("_")
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", name)]


def is_no_noun(said: list[str]) -> bool:
    """Whether the last word is none, or the first one begins a sentence."""
    last = said[-1]
    if COMPOUNDS & {tuple(said[:2]), tuple(said[-2:])} or last in NOUNS:
        return False
    if said[0] in BEGINNINGS or last in OTHER_WORDS:
        return True
    if last in IRREGULAR:
        return len(said) == 1
    return bool(NO_NOUN.search(last))


def test_use_cases_are_called_by_what_is_done_or_asked(sources: list[Source]) -> None:
    """A verb, or the noun of what is given; no participle alone, which says neither."""
    names = {
        f"{source.module}.{function.name}"
        for source in sources
        if source.module.startswith("plugin.use_cases.")
        for function in source.functions()
        if is_declared(function) and PARTICIPLE.fullmatch(function.name)
    }
    assert sorted(names) == []


NO_VERB_NEEDED = {
    "plugin.api.work.freshness.kept": "an operation of the API is called so, which was promised",
    "mappings.numbers.rounded": "part of the library, and changes what it is given as Python's own `sorted` does",
}
"""Public functions with a participle or an adverb for a name, and why."""


def test_functions_are_called_by_what_they_do_or_give(sources: list[Source]) -> None:
    """As use cases are: of `known` a reader has to guess who knows what, `load_known` and `known_keys` say it."""
    found = {
        f"{source.module}.{node.name}"
        for source in sources
        for node in source.tree.body
        if isinstance(node, Function) and (PARTICIPLE.fullmatch(node.name) or node.name in ADVERBS)
    }
    verbs = {name for name in found if name.rpartition(".")[2] in VERBS}
    assert sorted(found - verbs - NO_VERB_NEEDED.keys()) == []
    assert sorted(NO_VERB_NEEDED.keys() - found) == []


PRIVATE_OF_OTHERS = {
    "connectors/jira/metadata/server.py": "the session of the `jira` library, which offers no way to give it one",
    "plugin/runtime/serving/production_server.py": "the worker of granian, which offers no way to say what it runs",
}
"""Modules that reach behind an underscore of a library, and why. Behind one of ours nobody does."""


def test_what_is_private_is_used_where_it_stands(sources: list[Source]) -> None:
    found: dict[str, list[str]] = {}
    for source in sources:
        for place in private_of_others(source.tree):
            found.setdefault(source.path, []).append(place)
    assert {path: names for path, names in found.items() if path not in PRIVATE_OF_OTHERS} == {}, (
        "give what another module needs a name without an underscore"
    )
    assert sorted(PRIVATE_OF_OTHERS.keys() - found) == []


LIBRARY_OF_TUPLES = {"_asdict", "_exit", "_fields", "_make", "_mapping", "_replace"}
"""Public all the same: of named tuples, rows of SQLAlchemy, and `os._exit`."""


def private_of_others(tree: ast.Module) -> list[str]:
    """Names with an underscore that a module takes from another: imported, of a module, or of an object and given by no class here."""
    imported, ours, found = set(), set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for each in node.names:
                imported.add((each.asname or each.name).partition(".")[0])
                if is_private(each.name):
                    found.append(f"{node.lineno} {each.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            ours.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            ours.add(node.attr)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            ours.add(node.target.id)
        elif isinstance(node, ast.Assign):  # `__slots__` and attributes of a class
            ours |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            ours |= {str(one.value) for one in ast.walk(node.value) if isinstance(one, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in LIBRARY_OF_TUPLES:
            of = node.value.id if isinstance(node.value, ast.Name) else ""
            if of not in {"self", "cls"} and (of in imported or node.attr not in ours):
                found.append(f"{node.lineno} {ast.unparse(node)}")
    return found


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from store import _row", ["1 _row"]),
        ("import store\nstore._row()", ["2 store._row"]),
        ("def f(one):\n    return one._row", ["2 one._row"]),
        ("import store\ndef _row(): store._row()", ["2 store._row"]),
        ("class A:\n    _row: int\n    def same(self, other): return other._row", []),
        ("def f(row): return row._mapping", []),
    ],
)
def test_private_names_of_others_are_found(code: str, names: list[str]) -> None:
    assert private_of_others(ast.parse(code)) == names


def test_tests_are_laid_out_as_the_code_is(root: Path) -> None:
    """A folder of tests below a package is a room of that package; what is tried through many rooms stands in the folder of the one that holds them."""
    folders = {
        path.parent.relative_to(root / "tests")
        for package in ("mappings", "connectors", "plugin")
        for path in (root / "tests" / package).rglob("*.py")
    }
    assert sorted(str(one) for one in folders if not (root / one).is_dir()) == []


def test_a_room_holds_no_more_than_a_dozen_modules(sources: list[Source]) -> None:
    rooms: dict[str, int] = {}
    for source in sources:
        room, _, name = source.path.rpartition("/")
        rooms[room] = rooms.get(room, 0) + (name != "__init__.py")
    crowded = {room for room, modules in rooms.items() if modules > DOZEN}
    divide = f"more than {DOZEN} modules: put those of one subject into a room of their own below it"
    assert sorted(crowded - REGISTRIES.keys()) == [], divide
    assert sorted(REGISTRIES.keys() - rooms.keys()) == []


def test_what_takes_five_values_and_more_is_given_them_by_name(sources: list[Source]) -> None:
    """A class of ours, made anywhere; and no `__init__` takes more in order."""
    classes = {
        node.name for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
    }
    found = {
        f"{source.path}:{node.lineno}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and called(node) in classes and len(node.args) > MOST_IN_ORDER
    }
    in_order = sorted(place for place in found if place.partition(":")[0] not in IN_ORDER)
    assert in_order == [], f"more than {MOST_IN_ORDER} values in order: give them by keyword"
    assert {place.partition(":")[0] for place in found} == IN_ORDER.keys()
    taking = [
        f"{source.path}:{function.lineno}"
        for source in sources
        for function in source.functions()
        if function.name == "__init__"
        and len([*function.args.posonlyargs, *function.args.args]) > MOST_IN_ORDER + 1  # and `self`
    ]
    assert taking == []


def called(node: ast.Call) -> str:
    """The last name of what is called: of a class, its own."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def test_everything_is_annotated(sources: list[Source]) -> None:
    bare = [
        f"{source.path}:{function.lineno} {function.name}({', '.join(unannotated(function))})"
        for source in sources
        for function in source.functions()
        if unannotated(function)
    ]
    assert bare == []


def unannotated(function: Function) -> list[str]:
    """Arguments without a type (but for `self` and `cls`), and `return` where the result has none (`__init__` needs none)."""
    given = function.args
    plain = [*given.posonlyargs, *given.args]
    if plain and plain[0].arg in ("self", "cls"):
        plain = plain[1:]
    several = [argument for argument in (given.vararg, given.kwarg) if argument]
    names = [
        argument.arg for argument in [*plain, *given.kwonlyargs, *several] if argument.annotation is None
    ]
    typed = function.returns is not None or function.name == "__init__"
    return names if typed else [*names, "return"]


def test_every_module_says_what_it_is(sources: list[Source]) -> None:
    assert [source.path for source in sources if not ast.get_docstring(source.tree)] == []


def test_no_two_classes_have_one_name_unless_it_is_said_why(sources: list[Source]) -> None:
    modules: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules.setdefault(node.name, set()).add(source.module)
    double = {name: sorted(found) for name, found in modules.items() if len(found) > 1}
    unsaid = {name: found for name, found in double.items() if name not in TWO_CLASSES}
    assert unsaid == {}, "one name for two things: rename one, or say in TWO_CLASSES why both are called so"
    assert sorted(TWO_CLASSES.keys() - double) == []
