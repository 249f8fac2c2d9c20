"""Our parser and Atlassian's published grammar accept and refuse the same texts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mappings.jql import JqlError, parse

CORPUS = [tuple(entry) for entry in json.loads((Path(__file__).parent / "corpus.json").read_text())]
GRAMMAR = "@atlaskit/jql-ast@4.0.0"
ASK = """
const { JastBuilder } = require('@atlaskit/jql-ast');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.error = () => {};
const accepted = (text) => new JastBuilder().build(text).errors.length === 0;
process.stdout.write(JSON.stringify(texts.map(accepted)));
"""

# Where we refuse what the grammar accepts, on purpose: each text, and why.
DEVIATIONS = {
    "(" * 60
    + "status = Done"
    + ")" * 60: "nested deeper than 50 levels: no person writes it, and it costs stack",
    "not " * 60 + "status = Done": "nested deeper than 50 levels: the same for NOT",
    f"key in ({', '.join(f'PLAT-{n}' for n in range(1_001))})": "a list of more than 1,000 values",
    f"summary ~ '{'word ' * 4_000}'": "longer than 20,000 characters",
}


def accepted(text: str) -> bool:
    try:
        parse(text)
    except JqlError:
        return False
    return True


def test_the_corpus_is_large_and_has_both_kinds() -> None:
    verdicts = [verdict for _, verdict in CORPUS]
    assert len(dict(CORPUS)) >= 300
    assert min(verdicts.count(True), verdicts.count(False)) >= 100


def test_the_parser_agrees_with_every_recorded_verdict() -> None:
    wrong = [(text, verdict) for text, verdict in CORPUS if accepted(text) is not verdict]
    assert wrong == []


@pytest.mark.parametrize("text", DEVIATIONS, ids=list(DEVIATIONS.values()))
def test_the_deliberate_deviations_are_refused_here(text: str) -> None:
    assert not accepted(text)


@pytest.fixture(scope="module")
def atlassian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory outside the repository in which Atlassian's grammar is installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js with npm is not installed: the published grammar is not asked")
    place = tmp_path_factory.getbasetemp().parent / "atlassian-jql-grammar"
    if not (place / "node_modules" / "@atlaskit" / "jql-ast").is_dir():
        place.mkdir(exist_ok=True)
        (place / "package.json").write_text("{}")
        command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", GRAMMAR]
        try:
            subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as problem:
            pytest.skip(f"{GRAMMAR} could not be installed: {problem}")
    return place


def test_the_published_grammar_gives_the_same_verdicts(atlassian: Path) -> None:
    texts = [*(text for text, _ in CORPUS), *DEVIATIONS]
    answer = subprocess.run(
        ["node", "-e", ASK],
        cwd=atlassian,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts = dict(zip(texts, json.loads(answer.stdout), strict=True))
    assert [text for text, verdict in CORPUS if verdicts[text] is not verdict] == []
    assert all(verdicts[text] for text in DEVIATIONS)
