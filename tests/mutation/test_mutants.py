"""What `make mutants` changes: code that runs, never a type or a line of the log, and the same sample for the same seed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

runner: Any = pytest.importorskip("tests.mutation.runner", reason="coverage is not installed here")
named: Any = pytest.importorskip("tests.mutation.named")
mutants: Any = pytest.importorskip("tests.mutation.mutants", reason="cosmic-ray is not installed here")

LINES = """
class Kept:
    def first(self):
        return (
            self.a,
            self.b,
        )

    def second(self, at=1):
        if at:
            return self.a
"""

CODE = """
# Says nothing.
from __future__ import annotations

def act(conn: int | None, *, name: str = "a") -> str | None:
    kept: int | None = conn
    log.info(
        "kept",
        at=kept + 1,
    )
    note(conn, name)
    return name if kept else None
"""


def test_types_and_the_log_stay_as_they_are() -> None:
    assert {start[0] for start, _, _ in mutants.places(CODE)} == {11, 12}


NO_CHANGE = """
@lru_cache(maxsize=4_096)
def pairs(left, right):
    found = zip(left, right, strict=True)
    return found if left is not None and right is Level.ON_TRACK else 7
"""


def changes(code: str) -> set[tuple[int, str]]:
    """Line and operator of everything that could be changed."""
    return {
        (start[0], type(one).__name__.removeprefix("ReplaceComparisonOperator_"))
        for start, one, _ in mutants.places(code)
    }


def test_what_says_the_same_or_is_said_to_the_reader_stays_as_it_is() -> None:
    found = changes(NO_CHANGE)
    assert {line for line, _ in found} == {5}
    assert (5, "Is_IsNot") in found
    assert (5, "Is_Eq") not in found
    assert (5, "Is_Eq") in changes(NO_CHANGE.replace("right is Level.ON_TRACK", "right is left"))


def test_a_statement_that_only_calls_is_left_out() -> None:
    (removed,) = [one for one in mutants.places(CODE) if isinstance(one[1], mutants.CallRemoval)]
    changed = mutants.mutate_code(CODE, removed[1], removed[2])
    assert changed == CODE.replace("    note(conn, name)\n", "    ...\n")


def test_a_seed_gives_the_same_sample_and_each_change_once() -> None:
    first, again = (list(mutants.sample("mappings/rollup", 7, 5)) for _ in range(2))
    assert first == again
    assert len({(one.path, one.before, one.after) for one in first}) == 5
    assert list(mutants.sample("mappings/rollup", 8, 5)) != first


def test_every_package_is_there() -> None:
    for package in mutants.PACKAGES:
        assert mutants.modules(package), package
    every = [path for package in mutants.PACKAGES for path in mutants.modules(package)]
    assert len(every) == len(set(every))


def test_what_is_broken_by_hand_is_still_there_and_so_is_its_test() -> None:
    for one in named.BROKEN:
        compile(one.text((mutants.ROOT / one.path).read_text()), one.path, "exec")
        file, _, name = one.test.partition("::")
        assert f"def {name}" in (mutants.ROOT / file).read_text(), one.what


def test_tests_are_about_a_module_whichever_way_they_import_it() -> None:
    module, file = "plugin.sync.refresh.names", "tests/plugin/sync/test_others.py"
    for text in (
        "from plugin.sync.refresh.names import keep",
        "from plugin.sync.refresh import names",
        "from plugin.sync.refresh import gaps, names as kept",
    ):
        assert mutants._names(module, file, text), text
    assert mutants._names(module, "tests/plugin/sync/test_names.py", "")
    for text in ("from plugin.sync.refresh import gaps", "from plugin.sync.refresh import surnames", ""):
        assert not mutants._names(module, file, text), text


def test_who_runs_what_few_others_run_of_the_module_is_asked_first(tmp_path: Path) -> None:
    """A line that every test runs is noticed by those that are after what it leads to, slow as they may be."""
    path = "plugin/letters.py"
    (tmp_path / "plugin").mkdir()
    text = "def post(letter):\n    stamp(letter)\n    if letter.torn:\n        mend(letter)\n"
    (tmp_path / path).write_text(text)
    quick = [f"tests/test_post.py::test_{number}" for number in range(50)]
    torn = "tests/test_mending.py::test_torn"
    known = mutants.Known(tmp_path / "known.sqlite")
    common = [".post stamp(letter)", ".post if letter.torn:"]
    known.keep("post", dict.fromkeys(quick, 0.1), {path: {one: list(range(50)) for one in common}})
    known.keep("mending", {torn: 1.0}, {path: {one: [0] for one in (*common, ".post mend(letter)")}})
    cover = mutants.Cover(known, frozenset({"post", "mending"}), tmp_path)
    mutant = mutants.Mutant(path, 2, "stamp(letter)", "...", text)
    assert cover.nearest(mutant)[0] == torn
    assert sorted(cover.nearest(mutant)) == sorted([*quick, torn])


def test_who_runs_what_the_changed_function_decides_on_is_asked_before_who_is_after_the_rest(
    tmp_path: Path,
) -> None:
    path, text = (
        "letters.py",
        "def post(letter):\n    if letter.torn:\n        mend(letter)\n\ndef burn():\n    pass\n",
    )
    (tmp_path / path).write_text(text)
    (tmp_path / "tests").mkdir()
    burns, mends = "tests/test_b.py::test_burn", [f"tests/test_m.py::test_{number}" for number in range(5)]
    known = mutants.Known(tmp_path / "known.sqlite")
    known.keep("b", {burns: 0.01}, {path: {".post if letter.torn:": [0], ".burn pass": [0]}})
    torn = {line: list(range(5)) for line in (".post if letter.torn:", ".post mend(letter)")}
    known.keep("m", dict.fromkeys(mends, 0.01), {path: torn})
    cover = mutants.Cover(known, frozenset("bm"), tmp_path)
    asked = cover.nearest(mutants.Mutant(path, 2, "if letter.torn:", "if not letter.torn:", text))
    assert asked == [*mends, burns]


def test_of_what_is_declared_those_are_asked_first_that_look_at_all_of_it(tmp_path: Path) -> None:
    """They run no line of the module, which was imported before them."""
    path, text = "plugin/cli/letters.py", "LONGEST = 3\n\n\ndef post(letter):\n    stamp(letter)\n"
    (tmp_path / "plugin/cli").mkdir(parents=True)
    (tmp_path / path).write_text(text)
    for file in ("test_post.py", "plugin/cli/test_parameters.py"):
        (tmp_path / "tests" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / file).touch()
    posted, looks = "tests/test_post.py::test_post", "tests/plugin/cli/test_parameters.py::test_all"
    known = mutants.Known(tmp_path / "known.sqlite")
    known.keep("post", {posted: 0.01}, {path: {".post stamp(letter)": [0]}})
    known.keep("all", {looks: 1.0}, {})
    cover = mutants.Cover(known, frozenset({"post", "all"}), tmp_path)
    for line, before, asked in ((1, "LONGEST = 3", [looks, posted]), (5, "stamp(letter)", [posted])):
        assert cover.nearest(mutants.Mutant(path, line, before, "...", text)) == asked


def test_of_what_was_looked_at_before_a_function_changed_all_that_ran_it_is_asked(tmp_path: Path) -> None:
    path, text = (
        "plugin/post.py",
        "def stamp(letter):\n    wet(letter, 3)\n    press(letter)\n    return letter\n",
    )
    (tmp_path / "plugin").mkdir()
    (tmp_path / path).write_text(text)
    known = mutants.Known(tmp_path / "known.sqlite")
    tests = {name: f"tests/test_{name}.py::test_it" for name in ("old", "new", "apart", "same")}
    told = {
        "old": {".stamp wet(letter)": [0], ".stamp press(letter)": [0]},
        "new": {".stamp wet(letter, 3)": [0], ".stamp press(letter)": [0]},
        "apart": {".fold crease(letter)": [0]},
        "same": {".stamp press(letter)": [0]},
    }
    for name, lines in told.items():
        known.keep(name, {tests[name]: 0.1}, {path: lines})
    cover = mutants.Cover(known, frozenset(told), tmp_path)
    asked = cover.nearest(mutants.Mutant(path, 2, "wet(letter, 3)", "...", text))
    assert set(asked) == {tests["old"], tests["new"]}
    asked = cover.nearest(mutants.Mutant(path, 3, "press(letter)", "...", text))
    assert set(asked) == {tests["old"], tests["new"], tests["same"]}


def test_tests_that_look_at_what_is_declared_are_there() -> None:
    for folder, names in mutants.DECLARED.items():
        assert (mutants.ROOT / folder).is_dir()
        for name in names:
            file, _, test = name.partition("::")
            assert f"def {test or 'test_'}" in (mutants.ROOT / file).read_text()


def test_the_modules_that_a_line_takes_something_from(tmp_path: Path) -> None:
    for name in ("plugin/letters.py", "plugin/post/stamps.py", "plugin/post/mail.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    text = "from plugin.letters import post, fold as crease\nfrom plugin.post import stamps\nfrom json import loads\n"

    def found(line: str) -> list[str]:
        return mutants.imported(mutants.Mutant("plugin/office.py", 9, line, "...", text), tmp_path)

    assert found("crease(loads(text))") == ["plugin/letters.py"]
    assert found("stamps.stick(post(one))") == ["plugin/letters.py", "plugin/post/stamps.py"]
    assert found("fold(letters)") == []


def test_the_quickest_tests_are_asked_by_themselves() -> None:
    seconds = {"a": 1.0, "b": 4.0, "c": 0.1, "d": 30.0}
    assert mutants.parted(["a", "b", "c", "d"], seconds) == [["a", "b"], ["c", "d"]]
    assert mutants.parted(["a", "c"], seconds) == [["a", "c"]]
    assert mutants.parted(["d"], seconds) == [["d"]]
    assert mutants.parted(["d", "a"], seconds) == [["d"], ["a"]]


@pytest.mark.parametrize(("waited", "ended"), [(0.0, False), (600.0, True)])
def test_that_others_have_the_cores_is_held_against_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waited: float, ended: bool
) -> None:
    def tests(names: Sequence[str]) -> list[str]:
        time.sleep(0.5)
        return list(names)

    assert runner.waited(os.getpid()) >= 0
    monkeypatch.setattr(runner, "waited", lambda _number: waited)
    told = runner.run({"tests": ["a::b"], "seconds": 0}, tmp_path / "out.json", tests)
    assert told == {"failed": ["a::b"] if ended else [], "ended": ended}


def test_tests_that_are_there_no_longer_are_left_out_and_the_others_keep_their_order() -> None:
    items = [SimpleNamespace(nodeid=name) for name in ("c", "a", "other", "b")]
    runner.Chosen(["b", "gone", "a", "c"]).pytest_collection_modifyitems(items)
    assert [one.nodeid for one in items] == ["b", "a", "c"]
    items = [
        SimpleNamespace(nodeid=f"{file}::{name}") for file in "fg" for name in ("one[1]", "one[2]", "two")
    ]
    runner.Chosen(["g", "f::one"]).pytest_collection_modifyitems(items)
    assert [one.nodeid for one in items] == ["g::one[1]", "g::one[2]", "g::two", "f::one[1]", "f::one[2]"]


def test_a_file_of_tests_is_looked_at_anew_where_it_says_something_else() -> None:
    said = mutants.statements("import a\n\ndef test_one() -> None:\n    assert a.b(1)\n")
    assert (
        mutants.statements("from a import c\nimport a\ndef test_one() -> None: assert a.b(1)  # so") == said
    )
    assert mutants.statements("import a\n\ndef test_one() -> None:\n    assert a.b(2)\n") != said


def test_every_accepted_change_has_a_reason() -> None:
    mutants.equivalents()


def test_a_line_is_known_by_its_function_and_its_text() -> None:
    names = mutants.line_names(LINES)
    assert (names[5], names[11]) == (".Kept.first self.a,", ".Kept.second return self.a")
    assert list(mutants.statement(LINES, 5)) == [4, 5, 6, 7]
    assert list(mutants.statement(LINES, 10)) == [10]
    assert [n for n in range(2, 12) if mutants.is_imported(LINES, n)] == [2, 3, 8, 9]


def test_functions_alone_are_exchanged_in_a_running_process() -> None:
    honest, changed, other = (
        compile(text, "kept.py", "exec")
        for text in (LINES, LINES.replace("self.b", "self.c"), LINES.replace("at=1", "at=2"))
    )
    assert runner.outline(honest) == runner.outline(changed)
    assert runner.outline(honest) != runner.outline(other)
    assert [code.co_qualname for code, _ in runner.functions(honest)] == ["Kept.first", "Kept.second"]
