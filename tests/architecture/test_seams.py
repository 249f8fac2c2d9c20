"""Every seam, proven by doing: what a stranger would add is added to a copy of the tree through its registry alone, and it works.

`Scratch` counts the files that were written or changed, and CONTRIBUTING says the same number.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("mappings", "connectors", "plugin")
COMPANY = "docs/screenshots/company.py"


@dataclass
class Scratch:
    """A copy of the three packages, and which of its files were touched."""

    root: Path
    touched: set[str] = field(default_factory=set)

    def write(self, path: str, text: str) -> None:
        """A file of its own."""
        assert not (self.root / path).exists()
        (self.root / path).write_text(dedent(text), encoding="utf-8")
        self.touched.add(path)

    def edit(self, path: str, *changes: tuple[str, str]) -> None:
        """Lines put before others in a file that is there: what stands there, and what is written before it."""
        text = (self.root / path).read_text(encoding="utf-8")
        for before, more in changes:
            assert text.count(before) == 1, f"{path} has {before!r} {text.count(before)} times"
            text = text.replace(before, more + before)
        (self.root / path).write_text(text, encoding="utf-8")
        self.touched.add(path)

    def run(self, code: str) -> str:
        """What a program prints that imports the copy."""
        done = subprocess.run(
            [sys.executable, "-c", dedent(code)], cwd=self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / COMPANY).parent.mkdir(parents=True)
    shutil.copy(ROOT / COMPANY, tmp_path / COMPANY)
    return Scratch(tmp_path)


def files_promised(what: str) -> int:
    """How many files of the three packages the table in CONTRIBUTING promises for a seam."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {re.escape(what)} \|.*\| (\d+) \|$", text, re.MULTILINE)
    assert row is not None, f"CONTRIBUTING has no row for {what}"
    return int(row[1])


COUNTDOWN = '''
"""`countdown`: what is left of a stock, and done at once where its JQL holds."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from mappings.progress.metric import no_single_issue
from mappings.progress.operands import literal, value_of
from mappings.progress.options import Jql, Operand, ReadingAlias, RuleOptions
from mappings.progress.rule import Finding, ProgressRule, measured, unknown


class CountdownOptions(RuleOptions):
    kind: Literal["countdown"]
    left: ReadingAlias
    stock: Annotated[Operand, Field(description="How much there was.")]
    sold_when: Annotated[str | None, Jql(), Field(description="JQL: everything is sold.")] = None


def measure(options, subject):
    problem = no_single_issue(subject)
    if problem is not None:
        return problem
    sold = subject.conditions.get("sold_when")
    if sold is not None and sold.matches(subject.issue, subject.assessment.moment):
        return measured(Fraction(1), "sold")
    left, stock = value_of(subject, options.left, "left"), value_of(subject, options.stock, "stock")
    if left.number is None or not stock.number:
        return unknown(left.problem or stock.problem)
    return measured(1 - left.number / stock.number, "counted", current=left.number)


def check(options):
    if literal(options.stock) == 0:
        yield Finding("start-is-target", "stock is 0", "write more than 0", ("stock",))


RULE = ProgressRule("countdown", "Count down", CountdownOptions, "outcome", measure, check=check)
'''

WORLD = """
import json
from datetime import UTC, datetime
from fractions import Fraction

from mappings.facts.catalogue import Catalogue, Field
from mappings.document.binder import bind_text
from mappings.document.editor_schema import json_schema
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.jql import compile_selector
from mappings.facts.moment import Moment

DAY = datetime(2026, 11, 2, 9, tzinfo=UTC)

def an_issue(number, kind, parent=None, **fields):
    return Issue(
        id=str(number), key=f"SHOP-{number}", project=Project("1", "SHOP", "Shop"), type=IssueType(kind, kind),
        summary=f"Issue {number}", status=Status("1", "To Do", "new"), created=DAY, updated=DAY,
        parent_id=parent, fields=fields,
    )
"""


def test_a_progress_rule_is_read_checked_bound_and_measured(scratch: Scratch) -> None:
    """Its options are known to the schema, to JQL, to history, to check-ins and to completion without a word elsewhere."""
    scratch.write("mappings/progress/countdown.py", COUNTDOWN)
    scratch.edit(
        "mappings/progress/__init__.py",
        ("decrease, delivery", "countdown, "),
        ("    delivery.RULE,\n", "    countdown.RULE,\n"),
    )
    told = scratch.run(
        WORLD
        + """
from mappings.facts.forest import Forest
from mappings.rollup.measurement import assess
from mappings.rollup.check_in_override import measure_of
from plugin.use_cases.mapping.completion import ALIAS_KEYS, JQL_KEYS
from plugin.pages.views.keyresult import _kind

def text(stock, left="remaining"):
    return json.dumps({
        "version": 1, "name": "shop", "scope": "project = SHOP",
        "fields": {"remaining": {"id": "customfield_10001"}},
        "cycles": [{"id": "q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [{"id": "stock", "select": "issuetype = Epic", "cycle": "q4", "key_results": [
            {"id": "kr", "as": "each_issue", "progress": {
                "kind": "countdown", "left": left, "stock": stock, "sold_when": "labels = sold"}}]}],
    })

catalogue = Catalogue()
print(*(f"{one.code}@{one.path}" for one in bind_text(text(0), catalogue).diagnostics if one.code == "start-is-target"))
print(*(f"{one.code}@{one.path}" for one in bind_text(text(5, "nowhere"), catalogue).diagnostics if one.code == "unknown-alias"))
mapping = bind_text(text(5), catalogue).mapping
print(*sorted(mapping.reading_ids()), *mapping.objectives[0].key_results[0].conditions)
print(measure_of("countdown").value, "left" in ALIAS_KEYS, "sold_when" in JQL_KEYS, _kind("countdown"))
print("How much there was." in json.dumps(json_schema()))
issues = [an_issue(1, "Epic"), an_issue(2, "Task", "1", customfield_10001=2)]
states = assess(mapping, Forest.of(issues), Moment(DAY, UTC))
print(*(state.progress for state in states.values()))
"""
    )
    assert told.splitlines() == [
        "start-is-target@objectives[0].key_results[0].progress.stock",
        "unknown-alias@objectives[0].key_results[0].progress.left",
        "customfield_10001 sold_when",
        "current True True Count down",
        "True",
        "3/5",
    ]
    assert len(scratch.touched) == files_promised("a progress rule")


def test_a_column_is_on_the_page_in_the_api_in_exports_and_in_tables(scratch: Scratch) -> None:
    """One entry: what people see and what programs are told follows from it."""
    scratch.edit(
        "plugin/use_cases/objectives/objective_columns.py",
        (
            '    Column("trend", ',
            """    Column(
        "length",
        "Length of title",
        lambda line: len(line.saved.state.title),
        int,
        lambda head: f"{len(head.title)} letters",
        on_page=True,
        in_table=True,
    ),
""",
        ),
    )
    told = scratch.run(
        """
from dataclasses import replace
from flask import Flask
from connectors.store.numbers.objectives import SavedObjective
from docs.screenshots.company import seeded
from plugin.api.exports import ObjectiveRow, as_csv, objective_row
from plugin.api.objectives import ObjectiveGiven
from plugin.pages import pages_blueprint
from plugin.use_cases.objectives.objective_columns import Line, Place, table_labels, table_row, values

company = seeded()
app = Flask("pages-under-test")
app.register_blueprint(pages_blueprint(company))
page = app.test_client().get("/", headers={"Accept": "text/html"}).text
print('<th scope="col">Length of title</th>' in page, " letters</td>" in page)
state = replace(next(iter(company.objectives())).state, title="Ten letter")
saved = SavedObjective(state, "abc", company.now(), company.now())
header, line = (text.strip().split(",") for text in as_csv(ObjectiveRow, [objective_row("main", saved)]))
print(dict(zip(header, line))["length"])
print(ObjectiveGiven.model_validate(values(Line("main", saved), Place.API)).model_dump()["length"])
print(values(Line("main", saved), Place.JSON)["length"])
print(dict(zip(table_labels(), table_row(state)))["Length of title"])
"""
    )
    assert told.splitlines() == ["True True", "10", "10", "10", "10 letters"]
    assert len(scratch.touched) == files_promised("a column of the list of objectives")


def test_an_operation_is_routed_read_described_and_guarded(scratch: Scratch) -> None:
    """One function: its address, what it reads and what it answers follow from its annotations."""
    scratch.edit(
        "plugin/api/changes.py",
        (
            "class ChangesGiven(Given):",
            """class EchoGiven(Given):
    said: list[str]


class EchoQuery(SiteQuery):
    word: list[str] = Field(max_length=2, description="What to say again.")


@ROUTES.get("/echo", "viewer", "Say it again.")
def echo(call: Call, query: EchoQuery) -> Reply[EchoGiven]:
    \"\"\"And who asked.\"\"\"
    return Reply(EchoGiven(said=[*query.word, call.by]))


""",
        ),
    )
    told = scratch.run(
        """
import tempfile
from pathlib import Path
from connectors.clock import system_clock
from plugin.access import members, tokens
from plugin.runtime.application import create_app
from plugin.runtime.demonstration import demo_world

with demo_world(Path(tempfile.mkdtemp()), clock=system_clock, seed=1) as demo:
    client = create_app(demo.connector).test_client()
    print(client.get("/api/v1/echo?word=a").status_code)
    viewer = members.add(demo.connector, "kim@acme.example", "Kim", "viewer", None, "tests")
    token = tokens.issue(demo.connector, viewer, "tests", ["read"], 30, "tests")
    signed = {"Authorization": f"Bearer {token}"}
    print(client.get("/api/v1/echo?word=a&word=b", headers=signed).json["said"])
    print([one["pointer"] for one in client.get("/api/v1/echo?wrod=a", headers=signed).json["errors"]])
    told = client.get("/api/v1/openapi.json").json
    print([one["name"] for one in told["paths"]["/api/v1/echo"]["get"]["parameters"]])
    print(list(told["components"]["schemas"]["EchoGiven"]["properties"]))
"""
    )
    assert told.splitlines() == [
        "401",
        "['a', 'b', 'kim@acme.example (token tests)']",
        "['?word', '?wrod']",
        "['site', 'word']",
        "['said']",
    ]
    assert len(scratch.touched) == files_promised("an operation of the API")


def test_a_function_of_jql_is_evaluated_or_refused_by_one_entry(scratch: Scratch) -> None:
    """A start of a period is a line; a function that only Jira can evaluate is one too, with what to write instead."""
    scratch.edit(
        "mappings/jql/functions.py",
        ('    Function("endOfDay"', '    Function("startOfFortnight", start=_week, unit="d"),\n'),
        ('    "membersOf":', '    "horoscope": "stars are not mirrored; use a label",\n'),
    )
    told = scratch.run(
        WORLD
        + """
from mappings.jql import check

later = compile_selector("created >= startOfFortnight()", Catalogue())
print(later.matches(an_issue(1, "Task"), Moment(DAY, UTC)))
print(*(f"{one.code}: {one.remedy}" for one in check("assignee = horoscope()", Catalogue())))
"""
    )
    assert told.splitlines() == ["True", "unsupported-function: stars are not mirrored; use a label"]
    assert len(scratch.touched) == files_promised("a JQL function")
