"""Every mapping that is accepted computes: documents drawn from the schema's own bounds, their edges above all."""

from __future__ import annotations

import json
import types
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from mappings.document.binder import bind_leniently
from mappings.document.schema import LONGEST_DAYS, Document
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.moment import Moment
from mappings.progress.options import FIRST_DAY, LAST_DAY
from mappings.rollup.cycles.cycle import expected_on
from mappings.rollup.measurement import assess
from mappings.write_back.desired_values import desired_values
from tests.examples import examples
from tests.mappings.document.test_fuzz import FOREST, NAMES

ALIASES = {f"a{number}": name for number, name in enumerate(NAMES)}
JQL = ["issuetype = Epic", "issuetype in (Story, Bug)", 'status = Done AND updated > "-2w"', "labels = okr ORDER BY created", "due < now() OR a = 1", "", "ORDER BY created"]  # fmt: skip
WORDS: dict[str, list[str]] = {
    **{key: [*JQL, "none"] for key in ("scope", "select", "when", "excluded", "not_achieved", "jql", "done_when", "rows", "parents")},
    **{key: list(ALIASES) for key in ("current", "start", "target", "amount", "percent", "at_least", "at_most", "tolerance", "jql_field", "field", "weight")},
    "due": [*ALIASES, str(FIRST_DAY), str(LAST_DAY), "2026-11-20"],
    "stale_after": ["1d", f"{LONGEST_DAYS}d", "0d", "2w", "999999d"],
    "cycle": ["c0", "c1"],
    "id": ["c0", "c1", "o0", "o1", "k0"],
    "aligned_to": ["o0", "o1"],
    "objective": ["o0", "o1", "PLAT-1"],
    "link": ["contributes to", "is measured by", "nothing says this"],
    "time_zone": ["UTC", "Pacific/Apia", "America/St_Johns"],
    "by_status": ["1", "Done", "4"],
    "name": ["one-mapping"],
    "site": ["main"],
    "property": ["jira-okr.rollup"],
    "key": ["jira-okr.rollup"],
    "starts": ["01-01", "02-01", "12-28", "13-01"],
}  # fmt: skip
TEXTS = st.sampled_from(["x", "2026-Q4", "okr-", ""])


def bounded_numbers(metadata: list[Any]) -> st.SearchStrategy[Decimal]:
    """Edges of the constraints, just outside of them, and what lies between."""
    constraints = [one for item in metadata for one in getattr(item, "metadata", [item])]
    least = next(
        (Decimal(str(one.ge)) for one in constraints if isinstance(one, annotated_types.Ge)), Decimal(-10)
    )
    most = next(
        (Decimal(str(one.le)) for one in constraints if isinstance(one, annotated_types.Le)), Decimal(10)
    )
    inside = [least, most, (least + most) / 2, Decimal(0), Decimal(1), Decimal("0.000000000001")]
    return st.sampled_from(
        [*inside, *inside, least - 1, most * 10 + 1, Decimal("1e-13"), Decimal("0.5"), Decimal(7)]
    )


def drawn(annotation: Any, metadata: list[Any], name: str) -> st.SearchStrategy[Any]:
    """Values for one place of the schema, as JSON; about one in many is wrong on purpose."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return drawn(inner, [*metadata, *more], name)
    if origin in (Union, types.UnionType):
        return st.one_of([drawn(one, metadata, name) for one in get_args(annotation)])
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is type(None):
        return st.none()
    if origin is dict:
        key, value = get_args(annotation)
        keys = st.sampled_from(list(ALIASES)) if name in ("set", "fields") else drawn(key, [], name)
        return st.dictionaries(keys, drawn(value, [], name), max_size=3)
    if origin is tuple:
        return st.lists(drawn(get_args(annotation)[0], [], name), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return part(annotation)
    return scalars(annotation, metadata, name)


def scalars(annotation: Any, metadata: list[Any], name: str) -> st.SearchStrategy[Any]:
    if annotation is bool:
        return st.booleans()
    if annotation in (int, Decimal):
        numbers = bounded_numbers(metadata)
        return numbers.map(int) if annotation is int else numbers.map(lambda found: json.loads(str(found)))
    if annotation is date:
        return st.sampled_from(
            [str(FIRST_DAY), str(LAST_DAY), "2026-10-01", "2026-12-31", "2028-02-29", "9999-12-31"]
        )
    return st.sampled_from(WORDS[name]) if name in WORDS else TEXTS


def part(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Keys that are needed always, the others now and then."""
    needed, free = {}, {}
    for name, info in model.model_fields.items():
        found = drawn(info.annotation, list(info.metadata), name)
        (needed if info.is_required() else free)[info.alias or name] = found
    return st.fixed_dictionaries(needed, optional=free)


FREE = {"statuses", "cycles", "kpis", "write_back", "brake", "objectives", "time_zone"}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document whose references mostly meet: fixed aliases and ids, everything else drawn place by place."""
    fields = Document.model_fields
    found = {
        name: draw(drawn(fields[name].annotation, list(fields[name].metadata), name))
        for name in FREE
        if draw(st.booleans())
    }
    cycles = draw(drawn(fields["cycles"].annotation, [], "cycles"))
    rule, listed = (cycles, cycles.pop("listed", [])) if isinstance(cycles, dict) else ({}, cycles)
    listed = [{**one, "id": f"c{number}"} for number, one in enumerate(listed[:1])] or [
        {"id": "c0", "start": "2026-10-01", "end": "2026-12-31"}
    ]
    found["cycles"] = {**rule, "listed": listed} if rule else listed
    objective = part(Document.model_fields["objectives"].annotation.__args__[0])  # type: ignore[union-attr]
    one = draw(objective)
    one |= {"id": "o0", "select": "issuetype = Epic", "cycle": "c0"}
    one.pop("title", None), one.pop("aligned_to", None)
    for number, rule in enumerate(one.get("key_results", [])):
        rule["id"] = f"k{number}"
    aliases = {alias: {"id": name} for alias, name in ALIASES.items()}
    for rule in found.get("write_back", []):
        _say_to_what(draw, rule)
    sums = any("parents" in rule for rule in found.get("write_back", []))
    return {
        **found,
        "version": 1,
        "name": "one-mapping",
        "scope": "project = PLAT",
        "fields": aliases,
        "objectives": [] if sums and draw(st.booleans()) else [one],
    }


def _say_to_what(draw: st.DrawFn, rule: dict[str, Any]) -> None:
    """Whether a rule of `write_back` is about objectives and what belongs to them, or about plain parents; mostly one of both."""
    sums = draw(st.booleans())
    for name in ("target",) if sums else ("rows", "parents", "relation", "weight", "missing"):
        rule.pop(name, None)
    if sums:
        rule |= {name: draw(st.sampled_from(JQL)) for name in ("rows", "parents")}
    else:
        rule["target"] = draw(st.sampled_from(["objective", "key_result", "row"]))


MOMENTS = (
    Moment(datetime(2026, 11, 20, 12, tzinfo=UTC)),
    Moment(datetime(1970, 1, 1, tzinfo=UTC)),
    Moment(datetime(2199, 12, 31, 23, 59, tzinfo=UTC)),
)


@given(documents())
@settings(max_examples=examples(250), deadline=None, suppress_health_check=list(HealthCheck))
def test_every_accepted_mapping_computes(plain: dict[str, Any]) -> None:
    read = read_document(json.dumps(plain))
    if read.document is None:
        event("refused")
        assert read.diagnostics
        return
    mapping = bind_leniently(read.document, Catalogue()).mapping
    event("accepted" if mapping else "contradicts itself")
    if mapping is None:
        return
    for moment in MOMENTS:
        for state in assess(mapping, FOREST, moment).values():
            assert state.ledger.exact
            assert desired_values(mapping, state, FOREST.issue) is not None
        year = mapping.cycles.between(date(2026, 1, 1), date(2026, 12, 31))
        for cycle in (*mapping.cycles.listed.values(), *year):
            share = expected_on(cycle, moment.now.date())
            assert share is None or 0 <= share <= 1
