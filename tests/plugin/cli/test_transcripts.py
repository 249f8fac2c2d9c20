"""What commands print, word for word: each transcript is typed anew into a small company whose numbers can be worked out by hand.

What differs from run to run (addresses, secrets, ids that are drawn) is shown by a word in its place; ITS-ID is the one that was drawn last.
What goes to standard error begins with `! `; what is answered to questions stands after `<<<`, a word for each.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.sandbox.site_state import scheme
from connectors.sandbox.traffic.faults import fault_from
from connectors.store.work import due
from plugin.cli import main
from plugin.runtime.composition import build_connector
from plugin.sync.drain import drain
from tests.plugin.cli.test_exit_codes import EVERY
from tests.small_company import FILES, a_company, as_ever, environment_of

TRANSCRIPTS = Path(__file__).parent / "transcripts"
NAMES = sorted(file.stem for file in TRANSCRIPTS.glob("*.txt"))
ASKED, BESIDE = "<<<", b"! "
TYPED, HAPPENS = "$ jira-okr ", "# "
"""How a line begins that is typed, and one of what happens: see `events`."""
UNTYPED = {
    *("serve", "worker", "sandbox", "demo", "mcp"),  # go on until they are stopped
    *(
        "import",
        "mapping presets",
        "mapping schema",
    ),  # say what lies elsewhere, page after page
    *("diagnostics",),  # tell of the machine
}
"""Commands that have tests of their own alone."""
OF_THE_MACHINE = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z (?=\[)"), "WHEN "),
    (re.compile(r"(?<![\d.])0\d{3}\b"), "REVISION"),
    (re.compile(r"\d[\d,]* (?=bytes|rows in \d+ tables)"), "MANY "),
    (re.compile(r"in \d+ tables"), "in all tables"),
    (re.compile(r'(?<="next_try": ")[^"]*'), "SOON"),
)
"""When it was logged, the schema, which grows, what is in it, and when it is tried again, which is drawn."""


@pytest.fixture
def typed(
    hand: Any, begin: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """Types one line beside the company, and gives what is printed, and last how it ended unless well."""
    begin(hand, a_company)
    for name, value in environment_of(hand).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        "plugin.cli.terminal.connector.build_connector", partial(build_connector, clock=hand.clock)
    )
    waited = partial(drain, wait=lambda seconds: hand.clock.pass_by(seconds=seconds))
    monkeypatch.setattr("plugin.use_cases.work.sync.drain", waited)
    monkeypatch.setattr("click.core._detect_program_name", lambda: "jira-okr")
    monkeypatch.chdir(tmp_path)
    for file in FILES.iterdir():
        shutil.copyfile(file, tmp_path / file.name)

    ids = [""]

    def run(line: str) -> str:
        if line.startswith(HAPPENS):
            for words, happen in events(hand, monkeypatch).items():
                if found := re.fullmatch(words, line.removeprefix(HAPPENS)):
                    happen(*found.groups())
                    return ""
            raise AssertionError(f"nobody knows how this happens: {line}")
        line = line.removeprefix(TYPED).replace("http://jira", hand.sandbox.url).replace("ITS-ID", ids[-1])
        words = shlex.split(line)
        words, answers = (
            (words[: words.index(ASKED)], words[words.index(ASKED) + 1 :]) if ASKED in words else (words, [])
        )
        monkeypatch.setattr("sys.argv", ["jira-okr", *words])
        with CliRunner().isolation("".join(f"{one}\n" for one in answers)) as (_, beside, told):
            monkeypatch.setattr(beside, "copy_to", MarkedOutput(told))
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = ended.code
            text = told.getvalue().decode()
        for shape, word in OF_THE_MACHINE:
            text = shape.sub(word, text)
        text = text.replace(str(tmp_path), "FOLDER").rstrip() + (f"\n(exit code {code})" if code else "")
        ids.extend(re.findall(r"\b[0-9a-f]{12}\b", text))
        return "\n".join(part.rstrip() for part in as_ever(text).splitlines())

    return run


def events(hand: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[..., object]]:
    """What may happen between two lines, by how it is written."""
    jira, connector = hand.sandbox.sandbox, hand.connector

    def id_of(key: str) -> str:
        return str(jira.find(key).id)

    def sync_on(day: str) -> None:
        hand.clock.now = datetime.fromisoformat(day)
        hand.sync()

    def bury(key: str) -> None:
        with connector.store.write() as conn:
            due.mark(conn, "main", [id_of(key)], hand.clock(), "event")
            (claimed,) = due.claim(conn, "w", hand.clock(), hand.context.lease, 1)
            due.bury(conn, claimed, "Jira answered 400", "Look at its fields.", hand.clock())

    def become_done(key: str) -> None:
        record = jira.find(key)
        done = replace(record, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0], cache={})
        jira.add(done, record.creator, announce=False)

    return {
        r"it is (\S+)": sync_on,
        r"everything is read": hand.sync,
        r"somebody edits (\S+): (.*)": lambda key, fields: hand.edit(id_of(key), **json.loads(fields)),
        r"somebody moves (\S+) to (.*)": lambda key, status: hand.status(id_of(key), status),
        r"(\S+) is done, and nobody said so": become_done,
        r"(\S+) says no status": lambda key: jira.spoil(id_of(key), status=None),
        r"(\S+) says its status again": lambda key: jira.spoil(id_of(key)),
        r"nobody may see (\S+)": lambda key: jira.forbid(id_of(key)),
        r"(\S+) failed for good": bury,
        r"Jira answers so: (.*)": lambda fault: hand.sandbox.faults.add(fault_from(json.loads(fault))),
        r"Jira is well again": hand.sandbox.faults.clear,
        r"the setting (\S+) is gone": lambda name: monkeypatch.delenv(f"JIRA_OKR_{name}"),
        r"the setting (\S+) is (.*)": lambda name, value: monkeypatch.setenv(f"JIRA_OKR_{name}", value),
        r"an hour passes": lambda: hand.clock.pass_by(hours=1),
    }


class MarkedOutput:
    """All that is printed, as standard error writes to it: each line of it gets its mark."""

    def __init__(self, told: BytesIO) -> None:
        self._told, self._begins = told, True

    def write(self, given: bytes) -> int:
        for line in given.splitlines(keepends=True):
            self._told.write(BESIDE + line if self._begins else line)
            self._begins = line.endswith(b"\n")
        return len(given)

    def flush(self) -> None:
        self._told.flush()


@pytest.mark.parametrize("name", NAMES)
def test_a_transcript_is_what_is_printed(name: str, typed: Callable[[str], str], tmp_path: Path) -> None:
    """A change of words has to be seen: what is printed now is kept beside, to be taken over where it is meant."""
    golden, there = TRANSCRIPTS / f"{name}.txt", tmp_path / "told.txt"
    lines = [line for line in golden.read_text().splitlines() if line.startswith((TYPED, HAPPENS))]
    there.write_text("\n".join(f"{line}\n{typed(line)}\n" for line in lines))
    assert there.read_text() == golden.read_text(), f"where it is meant: cp {there} {golden}"


def test_every_command_stands_in_a_transcript() -> None:
    text = "\n".join(file.read_text() for file in TRANSCRIPTS.glob("*.txt"))
    assert {name for name in EVERY if f"{TYPED}{name}" not in text} == UNTYPED
