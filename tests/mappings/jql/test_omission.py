"""Which JQL waits for a field that Jira's answer left out."""

from __future__ import annotations

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.jql import compile_selector
from mappings.jql.fields.fields import BY_NAME
from mappings.jql.omission import ASKED_BY, decides


@pytest.mark.parametrize(
    ("jql", "omitted", "waits"),
    [
        ("type = Bug", ["labels"], False),
        ("labels = blue", ["labels"], True),
        ("type = Bug OR NOT labels = blue", ["labels"], True),
        ("labels = blue", ["duedate", "components"], False),
        ("labels = blue", ["duedate", "labels"], True),
        ("component = Web", ["components"], True),
        ("fixVersion = 1.0", ["fixVersions"], True),
        ("fixVersion = 1.0", ["versions"], False),
        ("affectedVersion is EMPTY", ["versions"], True),
        ("resolution = Unresolved", ["resolution"], True),
        ("resolved > 2026-11-01", ["resolution"], False),
        ("resolutionDate > 2026-11-01", ["resolutiondate"], True),
        ("dueDate < 2026-11-01", ["duedate"], True),
        ("statusCategoryChangedDate > 2026-11-01", ["statuscategorychangedate"], True),
        ("assignee is EMPTY", ["assignee"], True),
        ("reporter is EMPTY", ["assignee", "creator", "priority"], False),
        ("summary ~ hull", ["summary"], True),
        ("text ~ hull", ["customfield_10012"], True),
        ("issueLinkType = blocks", ["issuelinks"], True),
        ("type = Bug", ["issuelinks"], False),
        ("key = PLAT-1", ["issuelinks"], True),
        ("cf[10010] > 2", ["customfield_10010"], True),
        ("cf[10010] > 2", ["customfield_10011"], False),
        ("originalEstimate > 2h", ["timeoriginalestimate"], True),
        ("type = Bug", ["statusCategory"], True),
        ("type = Bug", ["parent"], True),
        ("type = Bug", ["archiveddate"], True),
    ],
)
def test_a_jql_waits_for_what_it_asks(site: Catalogue, jql: str, omitted: list[str], waits: bool) -> None:
    assert decides(compile_selector(jql, site), omitted) is waits


def test_it_is_told_by_names_that_there_are() -> None:
    assert {BY_NAME[name.lower()].name for asked in ASKED_BY.values() for name in asked} == {
        name for asked in ASKED_BY.values() for name in asked
    }
