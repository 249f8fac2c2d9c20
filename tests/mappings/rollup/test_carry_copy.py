"""What a copy of an issue says: values as Jira takes them, and what cannot be said again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from mappings.facts.catalogue import Field
from mappings.facts.forest import Forest
from mappings.facts.moment import Moment
from mappings.fields.field_type import as_sent
from mappings.rollup.cycles.carry_copy import copy_plan
from mappings.rollup.cycles.carry_plan import CarryBasis, CarryChoice
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.score import Score
from mappings.rollup.measurement import assess
from tests.mappings.rollup.conftest import NOW, a_key_result, build_issue, build_mapping, build_objective
from tests.mappings.rollup.test_carry_plan import NEXT

CLOUD_ASSET = Field("host", "Host", "array", custom="com.atlassian.jira.plugins.cmdb:cmdb-object-cftype")
ASSET = Field(
    "host", "Host", "any", custom="com.riadalabs.jira.plugins.insight:rlabs-customfield-default-object"
)
FIXED = Field(
    "note", "Note", "string", custom="com.atlassian.jira.plugin.system.customfieldtypes:readonlyfield"
)
TEAM = Field("squad", "Team", "team", custom="com.atlassian.teams:rm-teams-custom-field-team")


def paragraph(*content: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


def picture(kind: str = "file") -> dict[str, Any]:
    return {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": kind, "id": "1"}}]}


WORD = {"type": "text", "text": "why"}


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ([paragraph(WORD)], [paragraph(WORD)]),
        ([{"type": "rule"}, paragraph()], [{"type": "rule"}, paragraph()]),
        ([paragraph(WORD), picture()], [paragraph(WORD), paragraph()]),
        ([picture("external")], [picture("external")]),
        ([paragraph(WORD, {"type": "mediaInline", "attrs": {"id": "1"}})], [paragraph(WORD)]),
        ([{"type": "panel", "content": [picture()]}], [{"type": "panel", "content": [paragraph()]}]),
    ],
)
def test_a_document_comes_without_the_files_that_hang_at_another_issue(content: Any, sent: Any) -> None:
    document = {"type": "doc", "version": 1}
    assert as_sent({**document, "content": content}) == {**document, "content": sent}


@pytest.mark.parametrize(
    ("field", "raw", "said"),
    [
        (TEAM, {"id": "36885b3c", "name": "Platform"}, ("Platform", '"36885b3c"')),
        (TEAM, {"name": "Platform"}, None),
        (CLOUD_ASSET, [{"workspaceId": "w", "id": "w:7", "objectId": "7"}], ("7", '[{"id": "w:7"}]')),
        (ASSET, ["Mail server (ITSM-12)"], None),
        (FIXED, "made by a script", None),
    ],
)
def test_what_jira_takes_as_it_shows_it_goes_along_and_the_rest_is_named(
    field: Field, raw: Any, said: Any
) -> None:
    mapping = build_mapping(
        build_objective(a_key_result("delivery", select="type = Story"), cycle={"label": ""}),
        fields=(field.id,),
    )
    mapping = replace(mapping, fields={field.id: field})
    issue = build_issue(1, type="Epic", labels=("2026-Q4",), **{field.id: raw})
    issues = [issue, build_issue(2, parent=1)]
    state = assess(mapping, Forest.of(issues), Moment(NOW))["1"]
    record = ClosingRecord(
        "2026-Q4", 1, date(2026, 10, 1), date(2026, 12, 31), state, Score(Fraction(1, 2), "committed"), "r1"
    )
    basis = CarryBasis(mapping, {field.id: field}.get, {one.id: one for one in issues}, site="main")
    plan = copy_plan(basis, record, NEXT, CarryChoice())
    sets = {one.field_id: (one.after, one.value) for one in plan.copies[0].sets}
    assert sets.get(field.id) == said
    assert plan.copies[0].left_out == (() if said is not None else (field.name,))
