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
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR
from plugin.cli import main
from plugin.runtime.composition import build_connector
from tests.plugin.cli.test_exit_codes import EVERY
from tests.small_company import FILES, a_company, as_ever

TRANSCRIPTS = Path(__file__).parent / "transcripts"
NAMES = sorted(file.stem for file in TRANSCRIPTS.glob("*.txt"))
ASKED, BESIDE = "<<<", "! "
TYPED, DAY, EDITED = "$ jira-okr ", "# it is ", "# somebody edits "
"""How a line begins that is typed; one that says what time it is from then on, when everything is read; and one of what happens in Jira."""
UNTYPED = {
    *("serve", "worker", "sandbox", "demo", "mcp"),  # go on until they are stopped
    *("site add", "user password"),  # ask a person
    *(
        "import",
        "mapping presets",
        "mapping schema",
    ),  # say what lies elsewhere, page after page
    *(
        "db backed-up",
        "db backup",
        "db check",
        "db upgrade",
        "diagnostics",
    ),  # tell of the schema, which grows
}
"""Commands that have tests of their own alone."""


@pytest.fixture
def typed(
    hand: Any, begin: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """Types one line beside the company, and gives what is printed, and last how it ended unless well."""
    begin(hand, a_company)
    settings = {
        "DATABASE_URL": hand.connector.settings.database_url,
        "BASE_URL": "https://okr.acme.example",
        "SECRET_KEY": "an invented key that is long enough to sign",
        "JIRA__URL": hand.sandbox.url,
        "JIRA__EMAIL": CONNECTOR.email,
        "JIRA__TOKEN": CONNECTOR.token,
        "JIRA__WEBHOOK_SECRET": "an invented secret",
        "NOTIFY__WEBHOOK": json.dumps(
            {"board": {"url": f"{hand.sandbox.url}/messages", "secret": "an invented one of the board"}}
        ),
        "NOTIFY__HOSTS": json.dumps([hand.sandbox.url]),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"JIRA_OKR_{name}", value)
    monkeypatch.setattr(
        "plugin.cli.terminal.connector.build_connector", partial(build_connector, clock=hand.clock)
    )
    monkeypatch.setattr("click.core._detect_program_name", lambda: "jira-okr")
    monkeypatch.chdir(tmp_path)
    for file in FILES.iterdir():
        shutil.copyfile(file, tmp_path / file.name)

    ids = [""]

    def run(line: str) -> str:
        if line.startswith(DAY):
            hand.clock.now = datetime.fromisoformat(line.removeprefix(DAY))
            hand.sync()
            return ""
        if line.startswith(EDITED):
            key, _, fields = line.removeprefix(EDITED).partition(": ")
            hand.edit(hand.sandbox.sandbox.find(key).id, **json.loads(fields))
            return ""
        line = line.removeprefix(TYPED).replace("http://jira", hand.sandbox.url).replace("ITS-ID", ids[-1])
        words = shlex.split(line)
        words, answers = (
            (words[: words.index(ASKED)], words[words.index(ASKED) + 1 :]) if ASKED in words else (words, [])
        )
        monkeypatch.setattr("sys.argv", ["jira-okr", *words])
        with CliRunner().isolation("".join(f"{one}\n" for one in answers)) as (_, beside, told):
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = ended.code
            text = marked(told.getvalue().decode(), beside.getvalue().decode())
        text = text.replace(str(tmp_path), "FOLDER").rstrip() + (f"\n(exit code {code})" if code else "")
        ids.extend(re.findall(r"\b[0-9a-f]{12}\b", text))
        return "\n".join(part.rstrip() for part in as_ever(text).splitlines())

    return run


def marked(text: str, beside: str) -> str:
    """All that was printed, each line of standard error with its mark."""
    errors = beside.splitlines()
    lines = [
        f"{BESIDE}{errors.pop(0)}" if errors and line == errors[0] else line for line in text.splitlines()
    ]
    assert errors == []
    return "\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_transcript_is_what_is_printed(name: str, typed: Callable[[str], str], tmp_path: Path) -> None:
    """A change of words has to be seen: what is printed now is kept beside, to be taken over where it is meant."""
    golden, there = TRANSCRIPTS / f"{name}.txt", tmp_path / "told.txt"
    lines = [line for line in golden.read_text().splitlines() if line.startswith((TYPED, DAY, EDITED))]
    there.write_text("\n".join(f"{line}\n{typed(line)}\n" for line in lines))
    assert there.read_text() == golden.read_text(), f"where it is meant: cp {there} {golden}"


def test_every_command_stands_in_a_transcript() -> None:
    text = "\n".join(file.read_text() for file in TRANSCRIPTS.glob("*.txt"))
    assert {name for name in EVERY if f"{TYPED}{name}" not in text} == UNTYPED
