"""What is said of a JQL that can be read and not be evaluated, or that names what the site does not have."""

from __future__ import annotations

import time

import pytest

from mappings.diagnostic import Severity
from mappings.facts.catalogue import Catalogue
from mappings.jql import JqlError, check, compile_selector

ERRORS = [
    ("statuss = Done", "unknown-field", 0, 7, 'did you mean "status"?'),
    ("'Story Point' = 5", "unknown-field", 0, 13, 'did you mean "Story points"?'),
    ("cf[99999] = 5", "unknown-field", 0, 9, "cf[10010]"),
    ("customfield_10010 = 5", "unknown-field", 0, 17, "write cf[10010]"),
    ("Severity = High", "ambiguous-field", 0, 8, "write cf[10016]"),
    ("comment ~ word", "unsupported-field", 0, 7, "comments are not kept here"),
    ("'Time Spent' > 5", "unknown-field", 0, 12, ""),
    ("workRatio > 5", "unsupported-field", 0, 9, "work logs"),
    ("issue.property[x].y = 1", "unsupported-field", 0, 19, "use a field"),
    ("status is Done", "unexpected", 10, 14, "use = to compare with a value"),
    ("status is not Done", "unexpected", 14, 18, "use != to compare with a value"),
    ("summary = shop", "operator-not-allowed", 8, 9, "search text with ~"),
    ("Notes in (shop)", "operator-not-allowed", 6, 8, "search text with ~"),
    ("labels ~ okr", "operator-not-allowed", 7, 8, "use one of"),
    ("status > Done", "operator-not-allowed", 7, 8, "use one of"),
    ("fixVersion >= '1.0'", "order-unknown", 14, 19, "name the projects in the scope"),
    ("Colour < Red", "operator-not-allowed", 7, 8, "use one of"),
    ("status was Done", "unsupported-operator", 7, 10, "statusCategoryChangedDate"),
    ("status was not in (Done) BEFORE now()", "unsupported-operator", 7, 17, "as it is now"),
    ("NOT status changed", "unsupported-operator", 11, 18, "as it is now"),
    ("assignee in membersOf(x1)", "unsupported-function", 12, 25, "groups"),
    ("issue in linkedIssues()", "wrong-arguments", 9, 23, "linkedIssues(PLAT-12"),
    ("issue in linkedIssues(PLAT-1, 'blocks', 'x')", "wrong-arguments", 9, 44, "where it matters"),
    ("issue in linkedIssues(soon)", "not-an-issue", 22, 26, "PLAT-12"),
    ("labels in linkedIssues(PLAT-1)", "function-not-allowed", 10, 30, "write the label itself"),
    ("issue in releasedVersions()", "function-not-allowed", 9, 27, ""),
    ("fixVersion in openSprints()", "function-not-allowed", 14, 27, ""),
    ("fixVersion ~ releasedVersions()", "function-not-allowed", 13, 31, ""),
    (
        "fixVersion = releasedVersions()",
        "list-not-allowed",
        11,
        12,
        "write fixVersion in releasedVersions(…)",
    ),
    ("issuetype != subtaskIssueTypes()", "list-not-allowed", 10, 12, "issuetype not in"),
    ("issue = linkedIssues(PLAT-1)", "list-not-allowed", 6, 7, "issue in"),
    ("Colour in cascadeOption(Red)", "function-not-allowed", 10, 28, "name the option itself"),
    ("Tide in cascadeOption()", "wrong-arguments", 8, 23, "cascadeOption("),
    ("text is EMPTY", "operator-not-allowed", 5, 7, "search text with ~"),
    ("text !~ shop", "operator-not-allowed", 5, 7, "NOT text ~"),
    ("key in portfolioChildIssuesOf()", "wrong-arguments", 7, 31, "portfolioChildIssuesOf(PLAT-12)"),
    ("key in childIssuesOf(PLAT-1, PLAT-2)", "wrong-arguments", 7, 36, "childIssuesOf(PLAT-12)"),
    ("key = childIssuesOf(PLAT-1)", "list-not-allowed", 4, 5, "key in"),
    ("fixVersion = earliestUnreleasedVersion(PLAT)", "order-unknown", 13, 44, "list the versions"),
    ("assignee = currentUsr()", "unknown-function", 11, 23, 'did you mean "currentUser"?'),
    ("created > startOfQuarter(-1)", "unknown-function", 10, 28, "Jira has no function of quarters either"),
    ("assignee = now()", "function-not-allowed", 11, 16, ""),
    ("created > currentUser()", "function-not-allowed", 10, 23, ""),
    ("status = now()", "function-not-allowed", 9, 14, "write the status itself"),
    ("created > now(1)", "too-many-arguments", 14, 15, "remove"),
    ("created > startOfDay(1, 2)", "too-many-arguments", 24, 25, ""),
    ("created > startOfDay(often)", "bad-increment", 21, 26, ""),
    ("created > startOfDay(-999999y)", "bad-increment", 21, 29, ""),
    ("created > yesterday", "not-a-date", 10, 19, ""),
    ("created > 2026-02-30", "not-a-date", 10, 20, ""),
    ("created > -30", "not-a-date", 10, 13, "write a unit"),
    ("created > 1790000000", "not-a-date", 10, 20, "write a unit"),
    ("created > -999999w", "not-a-date", 10, 18, ""),
    ("'Story points' = many", "not-a-number", 17, 21, "write a number"),
    ("statusCategory = Finished", "unknown-category", 17, 25, ""),
    ("key = PLAT", "not-an-issue", 6, 10, "PLAT-12"),
    ("parent in (x1)", "not-an-issue", 11, 13, "PLAT-12"),
    ("summary ~ '*shop'", "leading-wildcard", 10, 17, "begin with a letter"),
    ("summary ~ 'shop OR sale'", "text-syntax", 10, 24, "AND and OR"),
    ("summary ~ 'shop~2'", "text-syntax", 10, 18, "plain words"),
    ("summary ~ '--'", "text-syntax", 10, 14, ""),
    ("summary ~ ''", "nothing-to-search", 10, 12, "IS EMPTY"),
    ("ORDER BY summery", "unknown-field", 9, 16, 'did you mean "summary"?'),
    (f"ORDER BY {', '.join(['key'] * 8)}", "too-many-sorts", 44, 47, ""),
]
WARNINGS = [
    ("status = Dne", "unknown-value", 9, 12, 'did you mean "Done"?'),
    ("type in (Story, Saga)", "unknown-value", 16, 20, "check the spelling"),
    ("project = PLATT", "unknown-value", 10, 15, ""),
    ("resolution = 'Wont Do'", "unknown-value", 13, 22, 'did you mean "Won\'t Do"?'),
    ("priority = Urgent", "unknown-value", 11, 17, ""),
    ("Colour = Rad", "unknown-value", 9, 12, 'did you mean "Red"?'),
    ("issueLinkType = Clones", "unknown-value", 16, 22, ""),
    ("text ~ word", "no-comments", 7, 11, "name the field"),
]


@pytest.mark.parametrize(("jql", "code", "start", "end", "remedy"), ERRORS)
def test_errors(jql: str, code: str, start: int, end: int, remedy: str, site: Catalogue) -> None:
    (finding,) = check(jql, site)
    assert (finding.code, finding.position, finding.end) == (code, start, end)
    assert finding.severity is Severity.ERROR
    assert remedy in finding.remedy
    with pytest.raises(JqlError) as caught:
        compile_selector(jql, site)
    assert caught.value.findings == (finding,)


@pytest.mark.parametrize(("jql", "code", "start", "end", "remedy"), WARNINGS)
def test_warnings_do_not_refuse(
    jql: str, code: str, start: int, end: int, remedy: str, site: Catalogue
) -> None:
    (finding,) = check(jql, site)
    assert (finding.code, finding.position, finding.end) == (code, start, end)
    assert finding.severity is Severity.WARNING
    assert remedy in finding.remedy
    assert compile_selector(jql, site).jql == jql


def test_syntax_and_meaning_come_at_once_in_the_order_of_the_text(site: Catalogue) -> None:
    jql = "statuss = Done AND type is Story AND (status was Done OR labels = limit) AND created > soon"
    codes = [finding.code for finding in check(jql, site)]
    assert codes == ["unknown-field", "unexpected", "unsupported-operator", "reserved-word", "not-a-date"]


def test_an_ambiguous_name_lists_the_ids(site: Catalogue) -> None:
    (finding,) = check("Severity = High", site)
    assert finding.valid == ("cf[10016]", "cf[10017]")


def test_without_a_catalogue_names_of_values_pass_and_names_of_custom_fields_do_not() -> None:
    assert (
        check("status = Anything AND project = X AND cf[10010] > 3 AND cf[10011] ~ word", Catalogue()) == ()
    )
    (finding,) = check("Colour = Red", Catalogue())
    assert finding.code == "unknown-field"
    assert "cf[10010]" in finding.remedy


HUGE = [
    "x1 = 1 y1 AND " * 1_400,
    "x1 = 1 AND " * 1_700,
    "status = Nowhere AND " * 900,
    "status in (" + ", ".join(f"Nowhere{n}" for n in range(990)) + ")",
    ") " * 9_000,
    "\\ " * 9_000,
    '"\\q" ' * 3_000,
    "not (" * 4_000,
    "created > soon OR " * 1_000,
    "assignee in (" + "nobody(), " * 900 + "x1)",
]


@pytest.mark.parametrize("jql", HUGE, ids=[text[:20] for text in HUGE])
def test_a_huge_text_is_answered_soon_with_a_bounded_answer(jql: str, site: Catalogue) -> None:
    start = time.perf_counter()
    findings = check(jql, site)
    assert 1 <= len(findings) <= 50
    assert time.perf_counter() - start < 5


def test_many_warnings_do_not_hide_an_error(site: Catalogue) -> None:
    jql = "status in (" + ", ".join(f"Nowhere{n}" for n in range(200)) + ") AND created > soon"
    assert [finding.code for finding in check(jql, site)] == ["not-a-date"]
    with pytest.raises(JqlError):
        compile_selector(jql, site)


def test_a_clean_jql_has_no_findings(site: Catalogue) -> None:
    jql = 'project = PLAT AND type in (Story, Bug) AND labels = okr AND "Story points" > 3 ORDER BY rank'
    assert check(jql, site) == ()


def test_of_a_value_in_curly_quotes_the_quotes_are_named_and_not_the_value(site: Catalogue) -> None:
    (finding,) = check("status = “Done”", site)
    assert (finding.code, finding.severity) == ("lettered-quotes", Severity.WARNING)
    assert finding.remedy == 'write straight quotes: "Done"'
