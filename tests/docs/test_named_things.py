"""What the documents name exists, and what exists is named: settings, functions, metrics, links, places to add things."""

from __future__ import annotations

import importlib
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import click
import pytest
from pydantic import AnyUrl, BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from benchmarks.__main__ import BENCHMARKS
from plugin.cli import cli
from plugin.runtime.processes.metrics import StateCollector
from plugin.runtime.settings import FILE, PREFIX, Settings, secret_settings

ROOT = Path(__file__).parents[2]
OF_THE_TESTS = ("JIRA_OKR_TEST_", "JIRA_OKR_SIMULATION_", "JIRA_OKR_AXE")
WEAK_COPYLEFT = re.compile(r"\b(LGPL|MPL|EPL|Mozilla|Lesser)\b")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def text(name: str) -> str:
    return (ROOT / name).read_text()


def fields(model: type[BaseModel], prefix: str) -> dict[str, Any]:
    """Every setting by its name in the environment, with its default."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is not None:
            found |= fields(inner, f"{prefix}{name.upper()}__")
        else:
            found[prefix + name.upper()] = None if field.default is PydanticUndefined else field.default
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def test_the_settings_page_lists_exactly_the_settings() -> None:
    rows = dict(re.findall(r"^\| `(JIRA_OKR_\w+)` \| (.*?) \|", text("docs/settings.md"), re.MULTILINE))
    known = fields(Settings, PREFIX)
    assert set(rows) == set(known)
    for name, default in known.items():
        said = rows[name].strip("`")
        if default in (None, (), "") or isinstance(default, SecretStr):
            assert not re.search(r"[`\d]", rows[name]), (
                f"{name} has no value of its own, and the page gives it one"
            )
        elif isinstance(default, AnyUrl):
            assert said.rstrip("/") == str(default).rstrip("/"), name
        elif isinstance(default, bool):
            assert said == str(default).lower(), name
        else:
            assert said == (f"{default:g}" if isinstance(default, float) else str(default)), name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_settings_that_a_document_names_exist(path: Path) -> None:
    known = set(fields(Settings, PREFIX)) | {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{name}{FILE}" for name in secret_settings()}
    named = {name.rstrip("_") for name in re.findall(r"(?<!_)JIRA_OKR_[A-Z][A-Z_]*", path.read_text())}
    assert {name for name in named if not name.startswith(OF_THE_TESTS)} <= known


def test_the_example_file_names_every_setting_and_no_other() -> None:
    named = re.findall(r"^#? ?(JIRA_OKR_\w+)=", text(".env.example"), re.MULTILINE)
    assert sorted(named) == sorted(fields(Settings, PREFIX))


NAMED = sorted(set(re.findall(r"`((?:plugin|connectors|mappings)\.[\w.]+)`", text("docs/architecture.md"))))


@pytest.mark.parametrize("name", NAMED)
def test_every_function_on_the_way_of_a_webhook_exists(name: str) -> None:
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part)
        assert callable(thing)
        return
    pytest.fail(f"{name} is not there")


def test_the_way_passes_no_more_than_a_dozen_rooms() -> None:
    """A room is a folder of one of the packages, as the map has them; or a door that is a module."""
    way = text("docs/architecture.md").split("## Life of a webhook")[1].split("\n## ")[0]
    rooms = {tuple(name.split(".")[:2]) for name in NAMED if f"`{name}`" in way}
    assert 5 < len(rooms) <= 12


def test_the_way_is_told_in_full() -> None:
    assert len(NAMED) > 20


PATHS = sorted(
    {
        (page.relative_to(ROOT).as_posix(), path)
        for page in DOCUMENTS
        for path in re.findall(
            r"`((?:benchmarks|connectors|deploy|docs|mappings|plugin|requirements|tests)/[\w./*-]+)`",
            page.read_text(),
        )
    }
)


@pytest.mark.parametrize(("page", "path"), PATHS, ids=[f"{page}: {path}" for page, path in PATHS])
def test_files_that_a_document_names_exist(page: str, path: str) -> None:
    """The table of what one adds names tests by their place below tests/."""
    assert any(ROOT.glob(path) for path in (path, f"tests/{path}"))


def test_the_tree_on_the_page_is_the_tree() -> None:
    tree = text("docs/architecture.md").split("```")[1]
    top = ""
    for line in tree.strip().splitlines():
        top = line.split("/")[0] if not line.startswith(" ") else top
        assert (ROOT / top).is_dir(), top
        if line.startswith("  "):
            for folder in re.findall(r"(?:^| )(\w+)/", line):
                assert (ROOT / top / folder).is_dir(), f"{top}/{folder}"


def test_every_folder_is_on_the_page() -> None:
    """Whoever looks for where something is finds all rooms of the packages, of the store and of the use cases there."""
    tree = text("docs/architecture.md").split("```")[1]
    named = set(re.findall(r"\w+", tree))
    for room in ("mappings", "connectors", "plugin", "connectors/store", "plugin/use_cases", "tests"):
        folders = {
            path.name
            for path in (ROOT / room).iterdir()
            if path.is_dir() and not path.name.startswith(("_", ".")) and any(path.glob("**/*.py"))
        }
        assert folders - named == set(), room


def test_libraries_under_weak_copyleft_are_named() -> None:
    """Of everything that is installed with the connector, the tools that build it among it."""
    said = re.search(
        r"^Scripts and fonts of others.*Libraries under weak copyleft are (.*)$",
        text("docs/operations.md"),
        re.MULTILINE,
    )
    assert said is not None
    installed = re.findall(r"^([\w.-]+)==", text("requirements/runtime.txt"), re.MULTILINE)
    found = {name for name in installed if WEAK_COPYLEFT.search(_licence(name))}
    assert {"certifi", "psycopg"} <= found
    assert {name.split("-")[0] for name in found} == set(re.findall(r"(\w+) \((?:LGPL|MPL)\)", said.group(1)))


def _licence(name: str) -> str:
    """What a library says of its licence, in one of three places; nothing of one that is for another platform."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    said = {key: told.get_all(key) or [] for key in ("License-Expression", "License", "Classifier")}
    named = [one for one in said["Classifier"] if one.startswith("License")]
    return " ".join([*said["License-Expression"], *(one[:80] for one in said["License"]), *named])


def test_every_metric_is_documented_and_every_documented_metric_exists() -> None:
    source = (ROOT / "plugin/runtime/processes/metrics.py").read_text()
    families = set(re.findall(r'"(jira_okr_\w+)"', source))
    counters = set(re.findall(r'Counter\(\s*"(jira_okr_\w+)"', source))
    exposed = {f"{name}_total" if name in counters else name for name in families}
    assert set(re.findall(r"^\| `(jira_okr_\w+)`", text("docs/operations.md"), re.MULTILINE)) == exposed
    assert StateCollector.collect.__doc__


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    content = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", content)]
    inside = [target for target in targets if target and not re.match(r"\w+:", target)]
    assert [target for target in inside if not (path.parent / target).exists()] == []


def anchors(path: Path) -> set[str]:
    """What can stand behind # for the headings of a page."""
    content = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", content, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_headings_lead_to_one(path: Path) -> None:
    content = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", content)
    pages = [(path.parent / target if target else path, anchor) for target, anchor in named]
    lost = [
        (page.name, anchor) for page, anchor in pages if page.suffix == ".md" and anchor not in anchors(page)
    ]
    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_blocks_of_code_begin_as_the_site_knows_them(path: Path) -> None:
    """Behind the language nothing stands but what `make site` takes away: else the block swallows the headings below it there."""
    taken = re.search(r"s#\^```(.+?)\$\$#```", text("Makefile"))
    assert taken is not None
    begun = re.findall(r"^```(\w+ .+)$", path.read_text(), re.MULTILINE)
    assert [said for said in begun if said != taken.group(1)] == []


def test_every_page_stands_in_the_index_and_says_first_what_it_is_for() -> None:
    index = text("docs/index.md")
    for path in sorted((ROOT / "docs").glob("*.md")):
        lines = [line for line in path.read_text().splitlines() if line]
        assert lines[0].startswith("# "), path
        assert not lines[1].startswith(("#", "|", "```", "-", "!")), (
            f"{path.name} begins without what it is for"
        )
        assert path.name == "index.md" or f"({path.name})" in index, path


ROWS = re.findall(
    r"^\| an? ([^|]+?) \| ([^|]+) \| ([^|]+) \|(?:[^|\n]*\|)*$", text("CONTRIBUTING.md"), re.MULTILINE
)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_where_things_go_is_where_they_are(row: tuple[str, str, str]) -> None:
    """The file to write lies in a folder that is there; the tuple to register it in holds as many as there are."""
    _, written, registered = row
    for folder in re.findall(r"`([\w/.-]+?)/[\w.-]*<", written):
        assert (ROOT / folder).is_dir()
    assert "<" in written or written == "an entry"
    module, name = re.findall(r"`([\w/.]+)`", registered)[:2]
    holder = importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    assert len(getattr(holder, name)) > 0


def test_there_are_places_for_what_one_adds() -> None:
    assert {"progress rule", "field type", "CLI command", "page"} <= {row[0] for row in ROWS}


def test_every_command_has_its_file_and_is_registered() -> None:
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "plugin/cli").rglob("[a-z]*.py")
        if re.search(r"^@click\.(command|group)\(", path.read_text(), re.MULTILINE)
    }
    assert files - modules(cli) == set(), "not in COMMANDS"


def modules(command: click.Command) -> set[str]:
    """Where a command and those below it are written."""
    below = below_of(command) if isinstance(command, click.Group) else []
    own = {command.callback.__module__} if command.callback is not None else set()
    return own.union(*(modules(one) for one in below))


def below_of(group: click.Group) -> list[click.Command]:
    """The commands of a group."""
    asked = click.Context(group)
    found = (group.get_command(asked, name) for name in group.list_commands(asked))
    return [one for one in found if one is not None]


def test_every_benchmark_is_registered() -> None:
    files = {path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")} - {"ratio"}
    assert {name for name in files if "def main(" in (ROOT / f"benchmarks/{name}.py").read_text()} <= set(
        BENCHMARKS
    )
