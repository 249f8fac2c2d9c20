"""Export and import: the identity, stable revisions, and what differs between two documents."""

from __future__ import annotations

import re
import string
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from mappings.document.part import Part, parts
from mappings.document.schema import (
    AlignmentPart,
    BandPart,
    BrakePart,
    CheckInsPart,
    CyclePart,
    Document,
    FieldPart,
    FieldSource,
    JqlFieldRelation,
    JqlRelation,
    KeyResultPart,
    KpiPart,
    LabelSource,
    LinkRelation,
    ObjectivePart,
    OverridePart,
    PointPart,
    PromotePart,
    QuietPart,
    RollupPart,
    StatusesPart,
    TargetsPart,
    TellPart,
    VersionSource,
    WeightPart,
    WriteBackPart,
)
from mappings.document.text.canonical import diff, export, plain, revision, to_json
from mappings.document.text.source import read_document
from mappings.kpi.sources import FormulaOptions, JqlCountOptions, PushOptions
from mappings.progress import PROGRESS_RULES
from mappings.progress.baseline import BaselineOptions
from mappings.progress.delivery import DeliveryOptions
from mappings.progress.increase import IncreaseOptions
from mappings.progress.milestone import MilestoneOptions
from mappings.progress.options import KpiCurrent, TargetDistance
from mappings.progress.threshold import ThresholdOptions
from mappings.progress.transition import TransitionOptions
from mappings.write_back.values import ValuePart
from tests.examples import examples

TRICKY = [
    "2026-10-01",
    "true",
    "no",
    "~",
    "null",
    "1",
    "0.5",
    "1e3",
    "a: b",
    "- x",
    "#x",
    "",
    "'",
    '"',
    "{x}",
    "*a",
    "&a",
    "!t",
    "\\n",
    "é 世",
]
texts = st.one_of(
    st.sampled_from(TRICKY),
    st.text(string.printable.replace("\x0b", "").replace("\x0c", ""), max_size=20),
    st.text(
        st.characters(
            exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\ufeff\x85\u2028\u2029"
        ),
        max_size=12,
    ),
)
site_names = st.one_of(
    st.sampled_from([text for text in TRICKY if re.fullmatch(r"\S{1,63}", text)]),
    st.text(string.ascii_letters + string.digits + string.punctuation, min_size=1, max_size=20),
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Z"), exclude_characters="\ufeff"),
        min_size=1,
        max_size=12,
    ),
)
names = st.one_of(
    st.sampled_from(["points", "weight", "2026", "true", "a b", "x:y"]),
    st.text(string.ascii_letters, min_size=1, max_size=8),
)
numbers = st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False, places=4)
shares = st.decimals(0, 1, places=3)
operands = st.one_of(names, numbers)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
weights = (
    st.none()
    | numbers
    | names
    | st.builds(WeightPart, field=names, missing=st.sampled_from(["zero", "siblings_mean"]))
)
steps = st.builds(TargetDistance, amount=st.none() | operands, percent=st.none() | operands)
progress = st.one_of(
    st.builds(
        DeliveryOptions,
        kind=st.just("delivery"),
        weight=names | st.lists(names, min_size=1, max_size=3).map(tuple),
        count_to=st.none() | st.decimals("0.1", 99, places=1),
    ),
    st.builds(TransitionOptions, kind=st.just("transition"), start=operands, current=names, target=operands),
    st.builds(
        IncreaseOptions,
        kind=st.just("increase"),
        start=operands,
        current=names,
        target=st.none() | operands,
        by=st.none() | steps,
    ),
    st.builds(
        ThresholdOptions,
        kind=st.just("threshold"),
        current=names,
        at_least=st.none() | operands,
        at_most=st.none() | operands,
    ),
    st.builds(BaselineOptions, kind=st.just("baseline"), current=names),
    st.builds(
        MilestoneOptions, kind=st.just("milestone"), due=st.none() | days | names, done_when=st.none() | texts
    ),
)
relations = st.one_of(
    st.sampled_from(["child", "descendant"]),
    st.builds(LinkRelation, link=texts),
    st.builds(JqlRelation, jql=texts),
    st.builds(JqlFieldRelation, jql_field=names),
)
key_results = st.builds(
    KeyResultPart,
    id=texts,
    name=st.none() | texts,
    select=st.none() | texts,
    relation=relations,
    as_=st.sampled_from([None, "one_key_result", "each_issue"]),
    weight=weights,
    subtasks=st.sampled_from(["selected", "through_parent"]),
    progress=progress,
)
cycle_sources = st.one_of(
    st.none(),
    texts,
    st.builds(FieldSource, field=names),
    st.builds(LabelSource, label=texts),
    st.builds(VersionSource, version=texts),
)
objectives = st.builds(
    ObjectivePart,
    id=texts,
    select=st.none() | texts,
    title=st.none() | texts,
    owner=st.none() | texts,
    cycle=cycle_sources,
    aligned_to=st.none()
    | texts
    | st.builds(
        AlignmentPart,
        link=st.none() | texts,
        objective=st.none() | texts,
        contributes=st.booleans(),
        weight=weights,
    ),
    rollup=st.builds(RollupPart, method=st.sampled_from(["mean", "minimum", "weighted_mean"])),
    key_results=st.lists(key_results, max_size=2).map(tuple),
)
targets = st.one_of(
    st.builds(ValuePart, value=st.sampled_from(["progress", "pace", "health"]), round=st.integers(0, 6)),
    st.builds(
        ValuePart,
        value=st.just("health"),
        options=st.dictionaries(st.sampled_from(["achieved", "unknown"]), texts),
    ),
    st.builds(ValuePart, value=st.just("progress_percent"), unknown=st.sampled_from(["clear", "leave"])),
)
sources = st.one_of(
    st.builds(JqlCountOptions, kind=st.just("jql_count"), jql=texts),
    st.builds(PushOptions, kind=st.just("push")),
    st.builds(
        FormulaOptions,
        kind=st.just("formula"),
        expr=texts,
        of=st.dictionaries(st.just("x"), texts, min_size=1),
    ),
)
documents = st.builds(
    Document,
    version=st.just(1),
    name=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True),
    site=site_names,
    scope=texts,
    time_zone=st.none() | texts,
    fields=st.dictionaries(names, st.builds(FieldPart, id=st.none() | texts, name=st.none() | texts), max_size=3),
    statuses=st.builds(
        StatusesPart,
        by_category=st.dictionaries(st.sampled_from(["new", "done"]), shares),
        overrides=st.lists(st.builds(OverridePart, when=st.none() | texts, by_status=st.dictionaries(texts, shares, max_size=2)), max_size=2).map(tuple),
        excluded=texts,
    ),
    cycles=st.lists(st.builds(CyclePart, id=texts, start=days, end=days, name=st.none() | texts), max_size=2).map(tuple),
    objectives=st.lists(objectives, max_size=2).map(tuple),
    kpis=st.lists(
        st.builds(
            KpiPart, id=texts, name=texts, source=sources,
            healthy=st.builds(BandPart, at_least=st.none() | numbers), grace=st.sampled_from([None, "1h"]), unit=st.none() | texts,
            targets=st.none() | st.builds(TargetsPart, points=st.builds(PointPart, from_=days, at_most=numbers).map(lambda point: (point,))),
            promote=st.none() | st.builds(PromotePart),
        ),
        max_size=1,
    ).map(tuple),
    write_back=st.lists(
        st.builds(WriteBackPart, target=st.sampled_from(["objective", "key_result"]), set=st.dictionaries(names, targets, max_size=2))
        | st.builds(WriteBackPart, rows=texts | st.just(""), parents=texts, relation=st.sampled_from(["child", "descendant"]), weight=texts, set=st.dictionaries(names, targets, max_size=2)),
        max_size=2,
    ).map(tuple),
    check_ins=st.none() | st.builds(CheckInsPart, every=st.sampled_from(["7d", "2w"]), on=st.sampled_from(["mon", "fri"]), who=st.sampled_from(["owners", "anyone", "editors"]), delivery=st.booleans()),
    tell=st.none().map(lambda _: ()) | st.builds(TellPart, id=st.just("weekly"), on=st.sampled_from(["mon", "fri"]), at=st.sampled_from(["09:00", "23:59"]), to=st.just(("mail:lead@acme.example", "slack:okr")), every=st.sampled_from(["week", "change"]), about=st.sampled_from([("objectives", "kpis"), ("concerns",)]), quiet=st.none() | st.builds(QuietPart, from_=st.just("18:00"), to=st.just("08:00"), days=st.sampled_from([(), ("sat", "sun")])), empty=st.sampled_from(["skip", "send"])).map(lambda one: (one,)),
    brake=st.builds(BrakePart, share=shares, floor=st.integers(0, 99)),
)  # fmt: skip


@given(documents)
@settings(max_examples=examples(60), deadline=None)
def test_import_of_an_export_is_the_document(document):
    text = export(document)
    result = read_document(text)
    assert result.document == document, [str(one) for one in result.diagnostics if one.severity == "error"]
    assert export(result.document) == text
    assert revision(result.document) == revision(document)


@given(documents)
@settings(max_examples=examples(40), deadline=None)
def test_json_says_the_same(document):
    assert read_document(to_json(document), "a.json").document == document


@given(documents, documents)
@settings(max_examples=examples(30), deadline=None)
def test_only_equal_documents_do_not_differ(one, other):
    assert diff(one, one) == ()
    assert bool(diff(one, other)) == (plain(one) != plain(other))
    assert (revision(one) == revision(other)) == (plain(one) == plain(other))


def test_the_revision_does_not_depend_on_how_a_document_is_written(complete):
    document = read_document(complete).require()
    assert revision(read_document(to_json(document)).require()) == revision(document)
    assert revision(read_document("# a comment\n" + complete).require()) == revision(document)
    assert len(revision(document)) == 16


def test_a_number_keeps_every_digit(complete):
    text = complete.replace("at_most: 5", "at_most: 0.1234567890123456789012345")
    document = read_document(text).require()
    assert document.kpis[0].healthy.at_most == Decimal("0.1234567890123456789012345")
    assert read_document(export(document)).require() == document


def test_rounding_that_was_written_is_kept_although_it_is_the_default(complete):
    text = complete.replace("{value: progress_percent}", "{value: progress, round: 0}")
    document = read_document(text).require()
    assert "round: 0" in export(document)


def test_a_difference_names_the_part_by_its_id(complete):
    changed = complete.replace("cycle: 2026-Q4", "cycle: {label: okr-}").replace(
        "{at_most: 5}", "{at_most: 7}"
    )
    changed = changed.replace(
        "  points:       {id: customfield_10016, name: Story point estimate}\n", ""
    ).replace("weight: points", "weight: equal")
    changes = [str(one) for one in diff(read_document(complete).require(), read_document(changed).require())]
    assert changes == [
        'fields.points: removed {"id": "customfield_10016", "name": "Story point estimate"}',
        'objectives[epics].cycle: "2026-Q4" → {"label": "okr-"}',
        'objectives[epics].key_results[delivery].progress.weight: removed "points"',
        "kpis[open-p1-bugs].healthy.at_most: 5 → 7",
    ]


def test_a_new_order_is_a_difference(complete):
    document = read_document(complete).require()
    first, second = document.objectives[0].key_results
    turned = document.model_copy(
        update={"objectives": (document.objectives[0].model_copy(update={"key_results": (second, first)}),)}
    )
    (change,) = diff(document, turned)
    assert change.path == "objectives[epics].key_results (order)"


def test_what_others_would_take_for_a_day_is_quoted(complete):
    text = export(read_document(complete.replace("name: platform-okrs", "name: 2026-10-01")).require())
    assert [line.strip() for line in text.splitlines() if line.strip().startswith(("name: ", "start: "))] == [
        'name: "2026-10-01"',
        "name: Story point estimate",
        'start: "2026-10-01"',
        "start: kr_start",
        "name: Open P1 bugs",
    ]


def test_a_revision_is_the_same_in_every_release() -> None:
    """It is stored with every number, and compared with what a later version makes of the same document."""
    text = "version: 1\nname: calm\nscope: project = Größe\nobjectives:\n  - {id: epics, select: issuetype = Epic}\n"
    assert revision(read_document(text).require()) == "e6635c666edf8400"


OPTIONS = (*(rule.options for rule in PROGRESS_RULES), TargetDistance, KpiCurrent)


@pytest.mark.parametrize(
    "kind", [*sorted(parts(), key=lambda one: one.__qualname__), *OPTIONS], ids=lambda one: one.__qualname__
)
def test_no_part_of_a_document_takes_what_it_does_not_know_or_is_changed(kind: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        kind.model_validate({"what nobody knows": 1})
    for name in kind.model_fields:
        with pytest.raises(ValidationError, match="frozen_instance"):
            setattr(kind.model_construct(), name, 1)


@pytest.mark.parametrize(
    "kind", sorted(parts(), key=lambda one: one.__qualname__), ids=lambda one: one.__qualname__
)
def test_of_a_part_that_says_nothing_nothing_is_written(kind: type[Part]) -> None:
    needed = {name for name, info in kind.model_fields.items() if info.is_required()}
    said = kind.model_construct(**dict.fromkeys(needed, 1))
    names = {info.alias or name for name, info in kind.model_fields.items() if name in needed}
    assert plain(said) == dict.fromkeys(names, 1)
