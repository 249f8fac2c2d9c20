"""From which perspective an objective looks: by its rule, by a label, by a field."""

from __future__ import annotations

import pytest

from mappings.document.schema import ObjectivePart
from mappings.rollup.perspective import perspective_of


@pytest.mark.parametrize(
    ("source", "facts", "perspective"),
    [
        (None, {}, None),
        ("finance", {}, "finance"),
        ("Finance", {}, "finance"),
        (" Our own ", {}, "Our own"),
        ({"label": "bsc-"}, {"labels": ("okr", "bsc-Customer")}, "customer"),
        ({"label": "bsc-"}, {"labels": ("bsc-people", "bsc-learning")}, "learning"),
        ({"label": "bsc-"}, {"labels": ("okr", "bsc-")}, None),
        ({"field": "view"}, {"view": {"id": "7", "value": "PROCESS"}}, "process"),
        ({"field": "view"}, {"view": {"id": "7", "value": "Safety"}}, "Safety"),
        ({"field": "view"}, {"view": None}, None),
    ],
)
def test_a_rule_a_label_or_a_field_says_it(a_mapping, an_issue, source, facts, perspective):
    bound = a_mapping(fields=("view",))
    part = ObjectivePart.model_validate({"id": "o", "select": "all", "perspective": source})
    assert perspective_of(bound, part, an_issue(1, **facts)) == perspective


def test_an_objective_that_is_written_looks_from_what_its_rule_names(a_mapping):
    bound = a_mapping(fields=("view",))
    for source, perspective in (("process", "process"), ({"field": "view"}, None), ({"label": "bsc-"}, None)):
        part = ObjectivePart.model_validate({"id": "o", "title": "Stay", "perspective": source})
        assert perspective_of(bound, part, None) == perspective


def test_the_state_of_an_objective_names_it(a_mapping, an_issue, objective, stand):
    bound = a_mapping(objective(select="type = Epic", perspective={"label": "bsc-"}))
    found = stand(bound, [an_issue(1, type="Epic", labels=("bsc-finance",)), an_issue(2, type="Epic")])
    assert {id_: state.perspective for id_, state in found.items()} == {"1": "finance", "2": None}
