"""The mistakes that people make most, and what each is told to write: by one table, whose last column stands in the terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mappings.diagnostic import Diagnostic
from mappings.document.text.intention import guesses
from mappings.document.text.source import read_document
from tests.mappings.document.conftest import COMPLETE


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "remedy"),
    [
        ("indeterminate: 0.5", "indeterminate: 0,5", "unknown-key", "statuses.by_category.5", "inside { } a comma ends a value: write 0.5"),
        ("\"10012\": 0.8", "In Review: 0,8", "not-a-number", "statuses.overrides[0].by_status.8", "inside { } a comma ends a value: write 0.8"),
        ("\"10012\": 0.8", "\"10012\": \"0,8\"", "not-a-number", "statuses.overrides[0].by_status.10012", "write 0.8"),
        ("\"10012\": 0.8", "\"10012\": 80%", "not-a-number", "statuses.overrides[0].by_status.10012", "write 0.8"),
        ("\"10012\": 0.8", "\"10012\": 80 %", "not-a-number", "statuses.overrides[0].by_status.10012", "write 0.8"),
        ("\"10012\": 0.8", "\"10012\": 80", "out-of-range", "statuses.overrides[0].by_status.10012", "this is a share, not a percentage: write 0.8 for 80 %"),
        ("\"10012\": 0.8", "\"10012\": mostly", "not-a-number", "statuses.overrides[0].by_status.10012", "correct `10012`"),
        ("end: 2026-12-31", "end: 2026-12-31, health: {on_track: 70%}", "not-a-number", "cycles[0].health.on_track", "write 0.7"),
        ("at_most: 5", "at_most: 5 %", "not-a-number", "kpis[0].healthy.at_most", "write 5"),
        ("at_most: 5", "at_most: 1,500", "unknown-key", "kpis[0].healthy.500", "inside { } a comma ends a value: write 1.500"),
        ("at_most: 5", "at_most: '1,500'", "not-a-number", "kpis[0].healthy.at_most", "correct `at_most`"),
        ("at_most: 5", "at_most: 1 500", "not-a-number", "kpis[0].healthy.at_most", "write 1500"),
        ("version: 1", "version: \"1\"", "unknown-value", "version", "write 1 without quotes"),
        ("commitment: aspirational", "commitment: Aspirational", "unknown-value", "objectives[0].commitment", "write aspirational"),
        ("scope: project in (PLAT, CORE, GROW)", "scope: [PLAT, CORE]", "not-a-text", "scope", "write project in (PLAT, CORE)"),
        ("version: 1", "version: 1\nsite: my site", "bad-form", "site", "correct `site`"),
        ("    cycle: 2026-Q4", "     cycle: 2026-Q4", "syntax", "", "indent it by 4 as line 26; a text that goes on over several lines and holds `: ` stands in quotes"),
        ("    cycle: 2026-Q4", "  cycle: 2026-Q4", "syntax", "", "indent it by 4 as line 26, or begin it with `- ` where it is an entry of its own"),
        ("weight: points", "weight: 50 %", "unknown-alias", "objectives[0].key_results[1].progress.weight", "write 50"),
        ("labels = okr", "labels = “okr”", "jql-lettered-quotes", "objectives[0].select", 'write straight quotes: "okr"'),
        ("scope: project in (PLAT, CORE, GROW)", "scope: [project = PLAT]", "not-a-text", "scope", "write project = PLAT"),
        ("{id: customfield_10016, name: Story point estimate}", "Story point estimate", "not-a-mapping", "fields.points", "write {name: Story point estimate}"),
        ("{id: customfield_10016, name: Story point estimate}", "customfield_10016", "not-a-mapping", "fields.points", "write {id: customfield_10016}"),
        ("{id: customfield_10016, name: Story point estimate}", "'Points: done'", "not-a-mapping", "fields.points", "write {name: \"Points: done\"}"),
        ("    select: issuetype = Epic AND labels = okr", "    where: issuetype = Epic AND labels = okr", "unknown-key", "objectives[0].where", "write `select:`"),
        ("version: 1", "version: 1\nhealth: {on_track: 0.7}", "unknown-key", "health", "`health` stands in `cycles` or `cycles[]` or `objectives[].rollup`"),
        ("version: 1", "version: 1\nprogres: 1", "unknown-key", "progres", "correct the key or remove it"),
        ("\"10012\": 0.8", "In Review: 0.8, in  review: 0.7", "duplicate-key", "statuses.overrides[0].by_status.in  review", "keep one of them"),
        ("  kr_start:     {", "   kr_start:     {", "syntax", "", "indent it by 2 as line 6 or by 0 as line 5"),
        ("    cycle: 2026-Q4", "   cycle: 2026-Q4", "syntax", "", "indent it by 4 as line 26 or by 2 as line 25 or by 0 as line 24"),
        ("issuetype = Epic AND labels = okr", "where issuetype = Epic", "jql-reserved-word", "objectives[0].select", "JQL has no WHERE: begin with the first condition"),
        ("issuetype = Epic AND labels = okr", "summary like okr", "jql-reserved-word", "objectives[0].select", "JQL searches texts with ~, as in summary ~ \"word\""),
        ("issuetype = Epic AND labels = okr", "issuetype = Epic limit 5", "jql-reserved-word", "objectives[0].select", "JQL has no LIMIT: remove it; everything that fits is taken"),
        ("issuetype = Epic AND labels = okr", "labels = limit", "jql-reserved-word", "objectives[0].select", "put it in quotes: \"limit\""),
        ("issuetype = Epic AND labels = okr", "issuetype <> Epic", "jql-unexpected", "objectives[0].select", "JQL writes != for <>"),
        ("issuetype = Epic AND labels = okr", "issuetype == Epic", "jql-unexpected", "objectives[0].select", "JQL writes one ="),
        ("issuetype = Epic AND labels = okr", "labels in (a b)", "jql-unexpected", "objectives[0].select", "put a value of several words in quotes: \"a b\", or a comma between two"),
        ("issuetype = Epic AND labels = okr", "component = Data Platform", "jql-unexpected", "objectives[0].select", "put a value of several words in quotes: \"Data Platform\""),
        ("issuetype = \"Key Result\"", "issuetype = “Key Result”", "jql-unexpected", "objectives[0].key_results[0].select", "write straight quotes: \"…\""),
    ],
)  # fmt: skip
def test_a_common_mistake_is_told_what_to_write(
    broken: Callable[..., tuple[Diagnostic, ...]], old: str, new: str, code: str, path: str, remedy: str
) -> None:
    assert [(one.code, one.path, one.remedy) for one in broken((old, new))] == [(code, path, remedy)]


@pytest.mark.parametrize(
    ("old", "before", "wrong"),
    [
        ("{id: customfield_10016, name: Story point estimate}", "", "Story point estimate"),
        ("{id: customfield_10016, name: Story point estimate}", "", "'Points: done'"),
        ('"10012": 0.8', '"10012": ', "80%"),
        ("scope: project in (PLAT, CORE, GROW)", "scope: ", "[PLAT, CORE]"),
        ("commitment: aspirational", "commitment: ", "ASPIRATIONAL"),
    ],
)
def test_a_mapping_that_follows_the_advice_is_taken(
    broken: Callable[..., tuple[Diagnostic, ...]], old: str, before: str, wrong: str
) -> None:
    (told,) = broken((old, before + wrong))
    read_document(COMPLETE.replace(old, before + told.remedy.removeprefix("write ")))


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("{percent: 10%}", "write 10"),
        ("{percent: '0,5 %'}", "write 0.5"),
        ("{amount: 10%}", "write {percent: 10} for 10% of the start"),
        ("{amount: '12'}", "leave the quotes out for a number"),
        ("{amount: ten}", "add the alias under `fields`, or use one that is there"),
    ],
)
def test_a_number_that_is_taken_for_an_alias_is_told_how_to_write_it(
    broken: Callable[..., tuple[Diagnostic, ...]], written: str, remedy: str
) -> None:
    old = "{kind: transition, start: kr_start, current: kr_current, target: kr_target}"
    new = f"{{kind: increase, start: kr_start, current: kr_current, by: {written}}}"
    assert [one.remedy for one in broken((old, new)) if one.code == "unknown-alias"] == [remedy]


@pytest.mark.parametrize(
    ("word", "switch"),
    [("yes", True), ("on", True), ("y", True), ("no", False), ("off", False), ("n", False), ("N", False)],
)
def test_a_word_for_a_switch_is_told_as_the_switch(word: str, switch: bool) -> None:
    assert next(iter(guesses(word, ()))) == (switch, str(switch).lower())


def test_quotes_are_not_advised_for_a_whole_list(broken: Callable[..., tuple[Diagnostic, ...]]) -> None:
    (told,) = broken(("scope: project in (PLAT, CORE, GROW)", "scope: [PLAT, CORE]"))
    assert "quotes" not in f"{told.message} {told.remedy}"
