"""Runs chosen tests many times over without paying for the imports each time: `python -m tests.mutation.runner`.

It imports the product once and forks for each run. A mutant that differs inside of functions alone is put into the child by exchanging
their code; any other is answered with `cannot`, and has to be started afresh. It reads a run as a line of JSON from its input
and answers with another: the tests that failed, and whether the run came to its end. Asked to, it writes down which lines each test ran.
Started with files of tests it reads these once too, and forks with all of them at hand.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TextIO

import coverage
import pytest
from _pytest.main import pytest_runtestloop as default_loop

PACKAGES = ("mappings", "connectors", "plugin")
WORDS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow and not browser"]
WORDS += ["--assert=plain", "-W", "ignore::pytest.PytestAssertRewriteWarning"]

BARE = "--bare"
"""Said to a process that is asked once: it imports what the tests import, and no more."""
ON_SQLITE = ["-k", "not postgresql and not procrastinate"]


class Failures:
    """A plugin of pytest: what failed."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended."""
        if report.failed:
            self.found.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file was read."""
        if report.failed:
            self.found.append(report.nodeid)


class Chosen:
    """A plugin of pytest: these tests alone, in this order, or all of a file or of a function that is named so.

    One that is there no longer is left out: the others still say something.
    """

    def __init__(self, tests: Sequence[str]) -> None:
        self.places = {name: place for place, name in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The files were read."""
        items[:] = self.of(items)

    def of(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """These of the tests."""
        found = [(place, one) for one in items if (place := self._place(one.nodeid)) is not None]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    def _place(self, name: str) -> int | None:
        names = (name, name.partition("[")[0], name.partition("::")[0])
        return next((self.places[one] for one in names if one in self.places), None)


class Cover(Failures):
    """A plugin of pytest: how long each test takes and which lines of the product it runs, its fixtures included."""

    def __init__(self, packages: Sequence[str]) -> None:
        super().__init__()
        self.seconds: dict[str, float] = {}
        self.begun = 0.0
        self.measured = coverage.Coverage(
            data_file=None, config_file=False, include=[f"{one}/*" for one in packages], messages=False
        )
        self.measured.set_option("run:disable_warnings", ["no-data-collected", "module-not-measured"])

    def pytest_sessionstart(self) -> None:
        """The run begins."""
        self.measured.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self.measured.switch_context(nodeid)
        self.begun = worked()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test has ended."""
        self.seconds[nodeid] = worked() - self.begun

    def told(self) -> dict[str, Any]:
        """The tests that passed with their seconds, and for each line of a module which of them run it, by their place there.

        Nothing where a file could not even be read: that is no file without tests.
        """
        self.measured.stop()
        data = self.measured.get_data()
        failed = set(self.found)
        if any("::" not in name for name in failed):
            return {}
        tests = {name: round(seconds, 3) for name, seconds in self.seconds.items() if name not in failed}
        places = {name: place for place, name in enumerate(tests)}
        lines: dict[str, dict[int, list[int]]] = {}
        for file in sorted(data.measured_files()):
            path = Path(file).relative_to(Path.cwd()).as_posix()
            by_line = data.contexts_by_lineno(file).items()
            lines[path] = {
                line: [places[name] for name in names if name in places] for line, names in by_line
            }
        return {"tests": tests, "lines": lines}


def worked() -> float:
    """Seconds that this process and those it has waited for have worked: those of the clock tell how busy the machine is."""
    return sum(os.times()[:4])


def waited(number: int) -> float:
    """Seconds that a process has waited for a core, which tell as little of it; 0 where the system does not say."""
    seconds = 0.0
    for thread in Path(f"/proc/{number}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            seconds += int(thread.read_text().split()[1]) / 1e9
    return seconds


def functions(code: CodeType, *, nested: bool = False) -> Iterator[tuple[CodeType, bool]]:
    """The code of each function in a module, methods too, and whether it stands within another function."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            inside = is_function(const)
            if inside:
                yield const, nested
            yield from functions(const, nested=nested or inside)


def is_function(code: CodeType) -> bool:
    """A function, and not the body of a class."""
    return bool(code.co_flags & inspect.CO_NEWLOCALS)


def outline(code: CodeType) -> Any:
    """What a module does while it is imported."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    plain = [(type(one).__name__, repr(one)) for one in code.co_consts if not isinstance(one, CodeType)]
    bodies = [one.co_qualname if is_function(one) else outline(one) for one in inner]
    return code.co_code, code.co_names, plain, bodies


def exchange(path: str, text: str) -> bool:
    """Put the mutant's functions in the place of the honest ones; False where it differs elsewhere, or one is not found."""
    honest, changed = (compile(one, path, "exec") for one in (Path(path).read_text(), text))
    before, after = list(functions(honest)), list(functions(changed))
    if outline(honest) != outline(changed) or len(before) != len(after):
        return False
    known = Counter((code.co_qualname, code.co_firstlineno) for code, _ in before)
    gc.unfreeze()  # tests keep what is made once out of the collector's sight, and of ours
    standing = defaultdict(list)
    file = str(Path(path).resolve())
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename == file:
            standing[one.__code__.co_qualname, one.__code__.co_firstlineno].append(one)
    for (old, nested), (new, _) in zip(before, after, strict=True):
        name = (old.co_qualname, old.co_firstlineno)
        if old == new:
            continue
        found = standing[name]
        if known[name] > 1 or not (found or nested):
            return False
        for one in found:
            if len(one.__code__.co_freevars) != len(new.co_freevars):
                return False
            one.__code__ = new
    return True


Tests = Callable[[Sequence[str]], list[str]]
"""Runs tests and says which failed."""


class Standing(Failures):
    """A plugin of pytest: has read its files, and runs those tests of theirs that it is asked for, each time in a fork of its own."""

    def __init__(self, lines: Iterator[str], answers: TextIO, out: Path) -> None:
        super().__init__()
        self.lines, self.answers, self.out = lines, answers, out

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The files were read; serves until the input ends."""
        items = list(session.items)

        def tests(names: Sequence[str]) -> list[str]:
            session.items = Chosen(names).of(items)
            with contextlib.suppress(pytest.Session.Failed, pytest.Session.Interrupted):
                default_loop(session)
            return self.found

        self.found.clear()
        serve(self.lines, self.answers, self.out, tests)
        return True


def collected(names: Sequence[str]) -> list[str]:
    """Read the files of these tests, and run them."""
    failures = Failures()
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    code = pytest.main([*WORDS, *files], plugins=[failures, Chosen(names)])
    return failures.found or ([] if code in (0, 5) else ["pytest"])


def speak_to(out: Path) -> None:
    """What is said goes beside the answers, not among them."""
    said = os.open(f"{out}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)


def child(asked: dict[str, Any], out: Path, tests: Tests) -> None:
    """One run; never returns."""
    status = 1
    try:
        os.setsid()
        speak_to(out)
        if asked.get("path") and not exchange(asked["path"], asked["text"]):
            out.write_text(json.dumps({"cannot": True}))
        elif asked.get("cover"):
            cover = Cover(asked["cover"])
            words = [word for word in WORDS if word != "-x"]
            words += [] if asked["postgresql"] else ON_SQLITE
            pytest.main([*words, *asked["tests"]], plugins=[cover])
            out.write_text(json.dumps(cover.told()))
        else:
            out.write_text(json.dumps({"failed": tests(asked["tests"]), "ended": True}))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run(asked: dict[str, Any], out: Path, tests: Tests) -> dict[str, Any]:
    """Fork, wait no longer than asked on an idle machine, and say what came out."""
    out.unlink(missing_ok=True)
    until = time.monotonic() + asked["seconds"]
    number = os.fork()
    if number == 0:
        child(asked, out, tests)
    while os.waitpid(number, os.WNOHANG) == (0, 0):
        if time.monotonic() > until and time.monotonic() > until + waited(number):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(number, signal.SIGKILL)
            os.waitpid(number, 0)
            return {"failed": [], "ended": False}
        time.sleep(0.02)
    if not out.exists():
        return {"failed": ["the process"], "ended": True}
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def preload() -> None:
    """Import every module of the product, and what the tests import besides."""
    for package in PACKAGES:
        for path in sorted(Path(package).rglob("*.py")):
            if "migrations" in path.parts or path.name == "__main__.py":
                continue
            name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            importlib.import_module(name)
    for name in ("hypothesis", "bs4", "schemathesis", "jsonschema", "click.testing"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def without_shrinking() -> None:
    """A property test that fails has said enough: the smallest example interests nobody here."""
    with contextlib.suppress(ImportError):
        from hypothesis import Phase, settings

        settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), database=None)
        settings.load_profile("mutants")


def serve(lines: Iterator[str], answers: TextIO, out: Path, tests: Tests) -> None:
    """Answer each line until the input ends."""
    for line in lines:
        answers.write(json.dumps(run(json.loads(line), out, tests)) + "\n")
        answers.flush()


def main() -> None:
    """Serve until the input ends."""
    out, bare, files = Path(sys.argv[1]), sys.argv[2:] == [BARE], sys.argv[2:]
    lines, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    if not bare:
        preload()
    without_shrinking()
    if files and not bare:
        speak_to(out)
        pytest.main(
            [*WORDS, "--continue-on-collection-errors", *files], plugins=[Standing(lines, answers, out)]
        )
    else:
        serve(lines, answers, out, collected)


if __name__ == "__main__":
    main()
