"""Every seam, proven by doing: what a stranger would add is added to a copy of the tree through its registry alone, and it works.

`Scratch` counts the files that were written or changed, and CONTRIBUTING says the same number.
"""

from __future__ import annotations

import os
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
BINDING = "tests/binding.py"


@dataclass
class Scratch:
    """A copy of the three packages, made of links, and which of its files were touched."""

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
        (self.root / path).unlink()  # a link to ours
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
    for package in PACKAGES:  # with what is compiled of it, so that only what is touched is compiled anew
        shutil.copytree(ROOT / package, tmp_path / package, copy_function=os.symlink)
    for path in (COMPANY, BINDING):
        (tmp_path / path).parent.mkdir(parents=True)
        shutil.copy(ROOT / path, tmp_path / path)
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
from mappings.progress.rule import OptionFinding, ProgressRule, measurement_of, unknown


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
        return measurement_of(Fraction(1), "sold")
    left, stock = value_of(subject, options.left, "left"), value_of(subject, options.stock, "stock")
    if left.number is None or not stock.number:
        return unknown(left.problem or stock.problem)
    return measurement_of(1 - left.number / stock.number, "counted", current=left.number)


def check(options):
    if literal(options.stock) == 0:
        yield OptionFinding("start-is-target", "stock is 0", "write more than 0", ("stock",))


RULE = ProgressRule("countdown", "Count down", CountdownOptions, "outcome", measure, check=check)
'''

WORLD = """
import json
from datetime import UTC, datetime
from fractions import Fraction

from mappings.facts.catalogue import Catalogue, Field
from tests.binding import bind_text
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
from plugin.use_cases.mappings.completion import ALIAS_KEYS, JQL_KEYS
from plugin.pages.views.objectives.key_result import _kind

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
        lambda row: f"{len(row.state.title)} letters",
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
from plugin.doors.exports import ObjectiveRow, as_csv, objective_row
from plugin.api.objectives.objectives import ObjectiveJson
from plugin.pages import pages_blueprint
from plugin.use_cases.objectives.objective_columns import Output, table_labels, table_row, values
from plugin.use_cases.objectives.objective_lines import ObjectiveLine

company = seeded()
app = Flask("pages-under-test")
app.register_blueprint(pages_blueprint(company))
page = app.test_client().get("/", headers={"Accept": "text/html"}).text
print('<th scope="col">Length of title</th>' in page, " letters</td>" in page)
state = replace(next(iter(company.objectives())).state, title="Ten letter")
saved = SavedObjective(state, "abc", company.now(), company.now())
header, line = (text.strip().split(",") for text in as_csv(ObjectiveRow, [objective_row(ObjectiveLine("main", saved))]))
print(dict(zip(header, line))["length"])
print(ObjectiveJson.model_validate(values(ObjectiveLine("main", saved), Output.API)).model_dump()["length"])
print(values(ObjectiveLine("main", saved), Output.JSON)["length"])
print(dict(zip(table_labels(), table_row(ObjectiveLine("main", saved))))["Length of title"])
"""
    )
    assert told.splitlines() == ["True True", "10", "10", "10", "10 letters"]
    assert len(scratch.touched) == files_promised("a column of the list of objectives")


BEST_PAGE = '''
"""The objective that stands best."""

from plugin.access.authorization.permission import needs
from plugin.pages.frame.page import Page, render


def register(blueprint, sources):
    @blueprint.get("/best", endpoint="best")
    @needs("viewer")
    def best():
        known = [one.state for one in sources.objectives() if one.state.progress is not None]
        return render("best.html", "best", state=max(known, key=lambda one: one.progress))


PAGE = Page("best", "Best", register, "best")
'''
BEST_TEMPLATE = """{% extends "pages/layout.html" %}
{% block title %}Best{% endblock %}
{% block content %}<h1>Best is {{ state.title }}</h1>{% endblock %}
"""


def test_a_page_is_routed_guarded_and_in_the_navigation(scratch: Scratch) -> None:
    """A module, its template, and a line: address, layout, navigation and headers follow."""
    scratch.write("plugin/pages/objectives/best.py", BEST_PAGE)
    scratch.write("plugin/pages/templates/pages/best.html", BEST_TEMPLATE)
    scratch.edit(
        "plugin/pages/__init__.py",
        ("objective, objectives\n", "best, "),
        ("sync_health.PAGE,\n)", "best.PAGE, "),
    )
    told = scratch.run(
        """
from flask import Flask
from docs.screenshots.company import seeded
from plugin.access.authorization.permission import rule_of
from plugin.pages import pages_blueprint

company = seeded()
app = Flask("pages-under-test")
app.register_blueprint(pages_blueprint(company))
best = max((one.state for one in company.objectives() if one.state.progress is not None), key=lambda one: one.progress)
client = app.test_client()
page = client.get("/best", headers={"Accept": "text/html"})
print(page.status_code, f"<h1>Best is {best.title}</h1>" in page.text, "default-src" in page.headers["Content-Security-Policy"])
print('href="/best"' in client.get("/kpis", headers={"Accept": "text/html"}).text)
print(rule_of("pages.best", app.view_functions["pages.best"]).permission.value)
"""
    )
    assert told.splitlines() == ["200 True True", "True", "viewer"]
    assert len(scratch.touched) == files_promised("a page")


QUIET_PAGE = """
from plugin.access.authorization.permission import needs
from plugin.pages.frame.page import Page


def register(blueprint, sources):
    @blueprint.get("/quiet", endpoint="quiet")
    @needs("viewer")
    def quiet():
        return ", ".join(sources.quiet_sites())


PAGE = Page("quiet", "Quiet sites", register, "quiet")
"""


def test_a_page_that_asks_what_no_page_asked_yet(scratch: Scratch) -> None:
    """Its question stands in the port, is answered by a use case for a running connector, and by the invented company for pictures and tests."""
    asks = "    def quiet_sites(self):\n        return {}\n\n"
    scratch.write("plugin/pages/health/quiet.py", QUIET_PAGE)
    scratch.write("plugin/pages/templates/pages/quiet.html", "")
    scratch.edit(
        "plugin/pages/__init__.py", ("sync_health\n", "quiet, "), ("sync_health.PAGE,\n)", "quiet.PAGE, ")
    )
    scratch.edit("plugin/pages/sources.py", ("    def kpis(self)", asks.format("...")))
    scratch.edit(
        "plugin/pages/stored_sources.py", ("    def kpis(self)", asks.format("[*self.connector.sites]"))
    )
    scratch.edit(COMPANY, ("    def kpis(self)", asks.format('["main", "other"]')))
    told = scratch.run(
        """
from flask import Flask
from docs.screenshots.company import seeded
from plugin.pages import pages_blueprint

app = Flask("pages-under-test")
app.register_blueprint(pages_blueprint(seeded()))
print(app.test_client().get("/quiet", headers={"Accept": "text/html"}).text)
"""
    )
    assert told == "main, other"
    assert len(scratch.touched - {COMPANY}) == files_promised("a page with a question of its own")


BEST_COMMAND = '''
"""`jira-okr best`: the kinds of key results, the best first."""

import click

from mappings.progress import PROGRESS_RULES
from plugin.cli.terminal.output import json_option, show_json


@click.command("best")
@json_option
def best_command(as_json):
    """Name the best kind of key result. Exit code 1 where there is none."""
    kinds = sorted(rule.kind for rule in PROGRESS_RULES)
    show_json(kinds[:1]) if as_json else click.echo(kinds[0])
    if not kinds:
        raise SystemExit(1)
'''


def test_a_command_is_listed_completed_and_run(scratch: Scratch) -> None:
    """A module and a line: help, completion, `--json` and exit codes are those of every command."""
    scratch.write("plugin/cli/objectives/best.py", BEST_COMMAND)
    scratch.edit(
        "plugin/cli/__init__.py",
        ('        "check":', '        "best": "plugin.cli.objectives.best:best_command",\n'),
    )
    told = scratch.run(
        """
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from plugin.cli import cli

asked = lambda *words: CliRunner().invoke(cli, words)
print("Name the best kind of key result." in asked("--help").output)
print(asked("best", "--json").output.split(), asked("best").exit_code, asked("best", "--jsno").exit_code)
print([one.value for one in ShellComplete(cli, {}, "jira-okr", "X").get_completions([], "be")])
"""
    )
    assert told.splitlines() == ["True", "['[', '\"baseline\"', ']'] 0 2", "['best']"]
    assert len(scratch.touched) == files_promised("a CLI command")


def test_an_operation_is_routed_read_described_and_guarded(scratch: Scratch) -> None:
    """One function: its address, what it reads and what it answers follow from its annotations."""
    scratch.edit(
        "plugin/api/objectives/changes.py",
        (
            "class ChangesJson(JsonShape):",
            """class EchoJson(JsonShape):
    said: list[str]


class EchoQuery(SiteQuery):
    word: list[str] = Field(max_length=2, description="What to say again.")


@ROUTES.get("/echo", "viewer", "Say it again.")
def echo(caller: Caller, query: EchoQuery) -> Reply[EchoJson]:
    \"\"\"And who asked.\"\"\"
    return Reply(EchoJson(said=[*query.word, caller.by]))


""",
        ),
    )
    told = scratch.run(
        """
import tempfile
from pathlib import Path
from connectors.clock import system_clock
from plugin.access.authentication import tokens
from plugin.access.authorization import members
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
    print(list(told["components"]["schemas"]["EchoJson"]["properties"]))
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


ECHO_TOOL = '''
"""`okr_echo`: says again what it was asked."""

from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.shapes import Answer, Arguments, Name
from plugin.mcp.protocol.tool import ToolAsker, Tool, UnanswerableQuestion


class Echo(Answer):
    said: str


class EchoArguments(Arguments):
    word: Name


def okr_echo(asking: ToolAsker, arguments: EchoArguments) -> Echo:
    if arguments.word == "nothing":
        raise UnanswerableQuestion("Say something.")
    return Echo(provenance=provenance(asking, site_of(asking, arguments), Echo), said=arguments.word)


ECHO = Tool(
    name="okr_echo", title="Echo", description="Says it again.", takes=EchoArguments, gives=Echo, function=okr_echo
)
'''


def test_a_tool_is_listed_described_and_called(scratch: Scratch) -> None:
    """A module and a line: schemas, closed arguments, errors in words, and who may call it follow."""
    scratch.write("plugin/mcp/echo.py", ECHO_TOOL)
    scratch.edit(
        "plugin/mcp/tools.py",
        ("from plugin.mcp.forecast import", "from plugin.mcp.echo import ECHO\n"),
        ("    FORECAST,\n", "    ECHO,\n"),
    )
    told = scratch.run(
        """
import asyncio
import tempfile
from pathlib import Path
from mcp import Client
from connectors.clock import system_clock
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.protocol.server import mcp_server
from plugin.runtime.demonstration import demo_world

async def asked(server):
    async with Client(server) as client:
        tool = next(one for one in (await client.list_tools()).tools if one.name == "okr_echo")
        print(tool.annotations.read_only_hint, list(tool.input_schema["properties"]), "said" in tool.output_schema["properties"])
        for given in ({"word": "again"}, {"word": "nothing"}, {"wrod": "again"}):
            found = await client.call_tool("okr_echo", given)
            print(found.is_error, (found.structured_content or {}).get("said"), "Say something." in found.content[0].text)

with demo_world(Path(tempfile.mkdtemp()), clock=system_clock, seed=1) as demo:
    asyncio.run(asked(mcp_server(demo.connector, lambda _: Actor("viewer", Permission.VIEWER, 1))))
"""
    )
    assert told.splitlines() == [
        "True ['site', 'word'] True",
        "False again False",
        "True None True",
        "True None False",
    ]
    assert len(scratch.touched) == files_promised("a tool for assistants")


def test_a_value_is_allowed_checked_and_written_by_one_entry(scratch: Scratch) -> None:
    """A count of key results: mappings may name it, a number field and text hold it, a property takes it."""
    scratch.edit(
        "mappings/write_back/values.py",
        (
            '    WrittenValue("health", ',
            '    WrittenValue("rows", Form.SHARE, lambda one: Fraction(len(one.objective.key_results))),\n',
        ),
    )
    told = scratch.run(
        WORLD
        + """
from mappings.facts.forest import Forest
from mappings.rollup.measurement import assess
from mappings.write_back.desired_values import desired_values

def text(**rule):
    return json.dumps({
        "version": 1, "name": "shop", "scope": "project = SHOP",
        "fields": {"count": {"id": "customfield_10001"}, "notes": {"id": "customfield_10002"}, "pick": {"id": "customfield_10003"}},
        "cycles": [{"id": "q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [{"id": "epics", "select": "issuetype = Epic", "cycle": "q4", "key_results": [
            {"id": "all", "select": "issuetype = Task", "progress": {"kind": "delivery"}}]}],
        "write_back": [{"target": "objective", **rule}],
    })

catalogue = Catalogue(fields=(
    Field("customfield_10001", "Count", "number"), Field("customfield_10002", "Notes", "string"), Field("customfield_10003", "Pick", "option"),
))
wrong = bind_text(text(set={"pick": {"value": "rows"}}), catalogue).diagnostics
print(*(f"{one.code} {' '.join(one.valid)}" for one in wrong if one.severity == "error"))
mapping = bind_text(text(set={"count": {"value": "rows"}, "notes": {"value": "rows"}}, property={"key": "okr", "values": ["rows"]}), catalogue).mapping
issues = {"1": an_issue(1, "Epic"), "2": an_issue(2, "Task", "1")}
state = assess(mapping, Forest.of(issues.values()), Moment(DAY, UTC))["1"]
print(*(f"{one.place.name}: {one.raw}" for one in desired_values(mapping, state, issues.get)), sep="\\n")
print("rows" in json.dumps(json_schema()))
"""
    )
    assert told.splitlines() == [
        "field-type number string doc",
        "Count: 1",
        "Notes: 1",
        "entity property okr: {'rows': 1}",
        "True",
    ]
    assert len(scratch.touched) == files_promised("a value that can be written")


MONEY = '''
"""Amounts of money: `{"amount": "12.50", "currency": "EUR"}`."""

from mappings.fields.field_type import FieldType, FieldPurpose, JqlView, ReadingKind
from mappings.numbers import exact


class Money(FieldType):
    name = "money"
    schemas = ("money",)
    reading = ReadingKind.NUMBER
    holding = FieldPurpose.NUMBER

    def fits(self, field):
        return field.type == "money"

    def decode(self, raw):
        return exact(raw.get("amount")) if isinstance(raw, dict) else None

    def make(self, value, field):
        return {"amount": f"{value:.2f}", "currency": "EUR"}

    def from_change(self, id_, text):
        return {"amount": text.split()[0], "currency": "EUR"} if text else None

    def jql_view(self, field):
        return JqlView.NUMBER
'''


def test_a_field_type_is_read_written_compared_searched_and_told_from_history(scratch: Scratch) -> None:
    """Its file says what checks, JQL, writing, echoes and the past need to know of it."""
    scratch.write("mappings/fields/money.py", MONEY)
    scratch.edit(
        "mappings/fields/__init__.py",
        ("from mappings.fields.multi_select", "from mappings.fields.money import Money\n"),
        ("    MultiSelect(),", "    Money(),\n"),
    )
    told = scratch.run(
        WORLD
        + """
from mappings.explain.past import FieldChange, raw_before
from mappings.facts.forest import Forest
from mappings.rollup.measurement import assess
from mappings.write_back.desired_values import desired_values
from mappings.write_back.echo import EventValue
from mappings.write_back.plan import plan

def text(field, **write):
    return json.dumps({
        "version": 1, "name": "shop", "scope": "project = SHOP",
        "fields": {"cost": {"id": field}, "ours": {"id": "customfield_10003"}},
        "cycles": [{"id": "q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [{"id": "epics", "select": "issuetype = Epic", "cycle": "q4", "key_results": [
            {"id": "all", "select": "issuetype = Task", "progress": {"kind": "delivery", "weight": "cost"}}]}],
        "write_back": [{"target": "objective", "set": {"ours": {"value": "progress_percent", **write}}}],
    })

cost = Field("customfield_10001", "Cost", "money")
catalogue = Catalogue(fields=(cost, Field("customfield_10002", "Who", "user"), Field("customfield_10003", "Ours", "money")))
print(*(f"{one.path} {' '.join(one.valid)}" for one in bind_text(text("customfield_10002"), catalogue).diagnostics if one.code == "field-type"))
mapping = bind_text(text("customfield_10001"), catalogue).mapping
dear = {"customfield_10001": {"amount": "12.50", "currency": "EUR"}}
issues = {"1": an_issue(1, "Epic"), "2": an_issue(2, "Task", "1", **dear)}
moment = Moment(DAY, UTC)
print(*(compile_selector(jql, catalogue).matches(issues["2"], moment) for jql in ("Cost > 12", "Cost = 12.5", "Cost < 5", "Cost is EMPTY")))
state = assess(mapping, Forest.of(issues.values()), moment)["1"]
[wanted] = desired_values(mapping, state, issues.get)
print(wanted.raw, wanted.place.says(EventValue(False, text="0.00 EUR"), wanted.raw), wanted.place.says(EventValue(False, text="1 EUR"), wanted.raw))
print(*(one.reason for one in plan("1", [wanted], issues.get).changes))
print(raw_before(cost, FieldChange(DAY, "customfield_10001", None, "7 EUR")))
"""
    )
    assert told.splitlines() == [
        "objectives[0].key_results[0].progress.weight number money",
        "True True False False",
        "{'amount': '0.00', 'currency': 'EUR'} True False",
        "progress empty → 0",
        "{'amount': '7', 'currency': 'EUR'}",
    ]
    assert len(scratch.touched) == files_promised("a field type")


TIDE = '''
"""`tide`: high or low, by the hour."""

from fractions import Fraction

from connectors.metrics.basis.source import FailureKind, MetricSource, SourceFailure
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import TideOptions


class Tide(MetricSource):
    kind, options, past = "tide", TideOptions, False

    def read(self, options, period, reach, clock):
        if clock() > period.end:
            return SourceFailure(FailureKind.TOO_LATE, "the sea does not remember")
        return (KpiReading(period.last, Fraction(options.height), clock()),)
'''


def test_a_source_of_a_kpi_is_written_checked_and_read(scratch: Scratch) -> None:
    """Its options are known to the document and their JQL is checked; it gives readings, or a failure with a name."""
    scratch.write("connectors/metrics/tide.py", TIDE)
    scratch.edit(
        "connectors/metrics/__init__.py",
        ("from connectors.metrics.work_item_age", "from connectors.metrics.tide import Tide\n"),
        ("    JqlCount(),", "    Tide(),\n"),
    )
    scratch.edit(
        "mappings/kpi/sources.py",
        (
            "SOURCE_OPTIONS: tuple",
            """class TideOptions(SourceOptions):
    kind: Literal["tide"]
    height: int
    where: Annotated[str | None, Jql()] = None


""",
        ),
        ("    JqlCountOptions,", "    TideOptions,\n"),
    )
    told = scratch.run(
        WORLD
        + """
from datetime import timedelta
from connectors.metrics import readings
from connectors.metrics.basis.source import Reach
from mappings.document.text.source import read_document
from mappings.kpi.cadence import Period

def text(**source):
    return json.dumps({
        "version": 1, "name": "shop", "scope": "project = SHOP",
        "objectives": [{"id": "epics", "select": "issuetype = Epic"}],
        "kpis": [{"id": "sea", "name": "Sea", "source": source, "healthy": {"at_most": 3}}],
    })

def wrong(result):
    return [f"{one.code}@{one.path}" for one in result.diagnostics if one.severity == "error"]

print(*wrong(read_document(text(kind="tide", height="high"))))
print(*wrong(read_document(text(kind="moon"))))
print(*wrong(bind_text(text(kind="tide", height=2, where="issuetype ="), Catalogue())))
[kpi] = read_document(text(kind="tide", height=2)).require().kpis
day = Period(DAY, DAY + timedelta(days=1))
reach = Reach(lambda at: (), lambda jql: None, UTC)
print(*(one.value for one in readings(kpi.source, day, reach, lambda: DAY)))
print(readings(kpi.source, day, reach, lambda: DAY + timedelta(days=2)).kind)
"""
    )
    assert told.splitlines() == [
        "not-a-number@kpis[0].source.height",
        "unknown-kind@kpis[0].source.kind",
        "jql-unexpected@kpis[0].source.where",
        "2",
        "too_late",
    ]
    assert len(scratch.touched) == files_promised("a KPI source")


NAMESAKES = """    IssueFunction(
        name="namesakes", holds=lambda compilation, call: lambda issue, _: issue.summary == call.arguments[0].text
    ),
"""


def test_a_function_of_jql_is_evaluated_or_refused_by_one_entry(scratch: Scratch) -> None:
    """A start of a period is a line, what gives issues is another; a function that only Jira can evaluate is one too, with what to write instead."""
    scratch.edit(
        "mappings/jql/functions/functions.py",
        (
            '    DateFunction(name="endOfDay"',
            '    DateFunction(name="startOfFortnight", start=_week, unit="d"),\n',
        ),
        ('    IssueFunction(name="linkedIssues', NAMESAKES),
        ('    "membersOf":', '    "horoscope": "stars are not kept here; use a label",\n'),
    )
    told = scratch.run(
        WORLD
        + """
from mappings.jql import check

later = compile_selector("created >= startOfFortnight()", Catalogue())
print(later.matches(an_issue(1, "Task"), Moment(DAY, UTC)))
alike = compile_selector("issue in (SHOP-9, namesakes('Issue 2')) AND issue not in linkedIssues(9)", Catalogue())
print(*(alike.matches(an_issue(number, "Task"), Moment(DAY, UTC)) for number in (1, 2, 9)))
print(*(f"{one.code}: {' '.join(one.valid)}" for one in check("issue in openSprints()", Catalogue())))
print(*(f"{one.code}: {one.remedy}" for one in check("assignee = horoscope()", Catalogue())))
"""
    )
    assert told.splitlines() == [
        "True",
        "False True True",
        "function-not-allowed: namesakes() linkedIssues() childIssuesOf()",
        "unsupported-function: stars are not kept here; use a label",
    ]
    assert len(scratch.touched) == files_promised("a JQL function")


STAR = '''
"""`star`: a colour that stands for the health, kept with the issue where no search shows it."""

from functools import partial
from typing import Literal

from mappings.document.part import Part
from mappings.write_back.target import Aim, MadeValue, Place, Request, WriteTarget, WriteRequest
from mappings.write_back.values import Form

KEY = "seam-star"


class StarPart(Part):
    colour: Literal["gold", "red"]


class StarPlace(Place):
    @property
    def target(self):
        return TARGET

    def equal(self, left, right):
        return left == right

    def step(self, before, after):
        return f"{before or 'dark'} → {after or 'dark'}"

    def make(self, part, figures, basis):
        return MadeValue({"colour": part.colour, "health": figures.health.value})


class StarTarget(WriteTarget):
    option, prefix = "star", "star:"
    events = ("issue_property_set",)

    @property
    def shape(self):
        return StarPart | None, None

    def aims(self, rule, fields):
        if rule.star is not None:
            place = self.place("star:one", fields.get)
            yield Aim(place, "star", partial(place.make, rule.star), rule.on_leave == "leave")

    def place(self, id_, field_of):
        return StarPlace(id_, "star")

    def check(self, document, sources, report):
        for index, rule in enumerate(document.write_back):
            if rule.star is not None and rule.target == "key_result":
                report.add("wrong-value", "stars are for objectives", ("write_back", index, "star"))

    def shown(self, api):
        return False

    def readings(self, wanted, sent):
        for issue_id in wanted:
            yield Request("GET", f"/issue/{issue_id}/properties/{KEY}")

    def found(self, request, answer):
        issue_id = request.path.split("/")[2]
        return {issue_id: {"star:one": answer["value"]} if answer else {}}

    def writings(self, changes):
        for one in changes:
            path = f"/issue/{one.issue_id}/properties/{KEY}"
            put, removed = Request("PUT", path, one.after), Request("DELETE", path, removes=True)
            yield WriteRequest(removed if one.after is None else put, (one,))

    def remedy(self, change, objection):
        return "look at the sky"


TARGET = StarTarget()
'''


def test_a_write_target_is_checked_planned_written_read_and_cleared(scratch: Scratch) -> None:
    """A rule knows its key; what it writes is in Jira, is not written twice, and goes when the rule goes."""
    scratch.write("mappings/write_back/targets/star.py", STAR)
    scratch.edit(
        "mappings/write_back/targets/__init__.py",
        ("entity_property, field, goal, remote_link\n", "star, "),
        (')\n"""In the order', "    star.TARGET,\n"),
    )
    told = scratch.run(
        """
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import structlog

from connectors.sandbox import CONNECTOR, PEOPLE, SandboxServer
from connectors.sandbox.site_state.edits import create
from connectors.sandbox.site_state.state import person
from connectors.store.writes import writes
from mappings.document.text.source import read_document
from mappings.write_back.preview import cost
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.sync.reconcile.reconcile import reconcile
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.mappings.mapping_life import activate, preview_text

DAY, began = datetime(2026, 11, 2, 9, tzinfo=UTC), monotonic()
clock = lambda: DAY + timedelta(seconds=monotonic() - began)
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

def text(*rules):
    return json.dumps({
        "version": 1, "name": "shop", "scope": "project = PLAT",
        "cycles": [{"id": "q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [{"id": "epics", "select": "issuetype = Epic", "cycle": "q4", "key_results": [
            {"id": "all", "select": "issuetype = Story", "relation": "descendant", "progress": {"kind": "delivery"}}]}],
        "write_back": list(rules),
    })

def findings(rule):
    return [one.message for one in read_document(text(rule)).diagnostics if one.severity == "error"]

gold = {"target": "objective", "star": {"colour": "gold"}}
print(len(findings({"target": "objective", "star": {"colour": "blue"}})), findings({"target": "key_result", "star": {"colour": "red"}}))
with SandboxServer(seed=None, clock=clock) as server:
    made = lambda kind, **more: create(server.sandbox, {"fields": {
        "project": {"key": "PLAT"}, "issuetype": {"name": kind}, "summary": kind, **more}}, "3", person(PEOPLE[0])).id
    epic = made("Epic")
    made("Story", parent={"id": epic})
    held = lambda: connector.site("main").jira.get_property(epic, "seam-star")
    jira = {"url": server.url, "webhook_secret": "a secret", "email": CONNECTOR.email, "token": CONNECTOR.token}
    connector = build_connector(read_settings(env_file=None, database_url="sqlite:///seam.sqlite3", jira=jira), clock)
    activate(connector, COMMAND_LINE, "main", text(gold))
    sync_site(connector, "main")
    print(held())
    print(len(reconcile(connector.context("main"), epic).plan.changes))
    leaving = preview_text(connector, COMMAND_LINE, "main", text())
    print(*(f"{one.reason} by {cost([plan]).calls} call" for plan in leaving.preview.plans for one in plan.changes))
    activate(connector, COMMAND_LINE, "main", text())
    sync_site(connector, "main")
    print(held())
    with connector.store.read() as conn:
        print(*(f"{one.field_id} {one.outcome}" for one in reversed(writes.recent(conn, "main", 9))))
    connector.store.close()
"""
    )
    assert told.splitlines() == [
        "1 ['stars are for objectives']",
        "{'colour': 'gold', 'health': 'off_track'}",
        "0",
        "star {'colour': 'gold', 'health': 'off_track'} → dark: it is not written here any more by 1 call",
        "None",
        "star:one written star:one written",
    ]
    assert len(scratch.touched) == files_promised("a write target")
