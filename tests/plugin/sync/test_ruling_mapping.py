"""Which mapping rules, by what the store holds, and how often a read is begun again where another one came into force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.store import Store
from connectors.store.mappings import bindings, revisions
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from plugin.sync import active_mapping
from plugin.sync.active_mapping import FormerMapping
from plugin.sync.context import Context
from plugin.sync.reconcile.failures import Postponement, after_failure

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def ours(sqlite_store: Store, document: dict[str, Any]) -> Context:
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    mapping = bind(Document.model_validate(document), Catalogue())
    return Context("main", nobody, sqlite_store, replace(mapping, revision="ours"), Catalogue(), lambda: NOW)


def activate(context: Context, site: str, revision: str) -> None:
    with context.store.write() as conn:
        revisions.add(conn, site, "text", revision, "ada", NOW)
        revisions.activate(conn, site, revision, "ada", NOW)


def bound(context: Context, site: str, revision: str, versions: int) -> None:
    with context.store.write() as conn:
        for _ in range(versions):
            bindings.put(conn, site, revision, {})


@pytest.mark.parametrize(
    ("active", "form", "kept", "rules", "lands"),
    [
        (None, None, 0, True, True),
        ("ours", None, 0, True, True),
        ("theirs", None, 0, False, False),
        ("ours", None, 2, True, True),
        ("ours", 2, 2, True, True),
        ("ours", 1, 2, False, True),
        ("ours", 2, 1, False, True),
        ("ours", 1, 0, True, True),
        ("theirs", 2, 2, False, False),
        (None, 2, 2, True, True),
        (None, 1, 2, False, True),
    ],
)
def test_a_mapping_rules_where_it_is_the_active_one_as_it_is_bound_now_and_lands_where_it_is_active(
    ours: Context, active: str | None, form: int | None, kept: int, rules: bool, lands: bool
) -> None:
    """Before anything was activated, or bound, whatever is at hand rules. Other sites say nothing of it."""
    if active is not None:
        activate(ours, "main", "ours")
        if active != "ours":
            activate(ours, "main", active)
    activate(ours, "other", "elsewhere")
    bound(ours, "main", "ours", kept)
    bound(ours, "main", "theirs", 7)
    bound(ours, "other", "ours", 5)
    context = replace(ours, binding=form)
    with ours.store.read() as conn:
        assert active_mapping.rules(conn, context) is rules
        if lands:
            active_mapping.require(conn, context)
            return
        with pytest.raises(FormerMapping, match="another mapping came into force for main while"):
            active_mapping.require(conn, context)


@pytest.mark.parametrize(
    ("former", "asked", "outcome"), [(0, 1, 1), (1, 2, 2), (4, 5, 5), (5, 5, None), (9, 5, None)]
)
def test_a_read_is_begun_again_under_the_mapping_that_rules_by_then_five_times_in_all(
    ours: Context, former: int, asked: int, outcome: int | None
) -> None:
    """Then it is given to whoever wanted it, who may try again later."""
    ruling: list[Context] = []

    def at_hand() -> Context:
        ruling.append(replace(ours, binding=len(ruling) + 1))
        return ruling[-1]

    def read(context: Context) -> int | None:
        assert context is ruling[-1]
        if len(ruling) <= former:
            raise FormerMapping(context.site)
        return context.binding

    if outcome is not None:
        assert active_mapping.under_the_ruling(at_hand, read) == outcome
    else:
        with pytest.raises(FormerMapping) as found:
            active_mapping.under_the_ruling(at_hand, read)
        assert isinstance(after_failure(found.value, 1, NOW, 0.5), Postponement)
    assert len(ruling) == asked


def test_what_else_fails_is_not_begun_again(ours: Context) -> None:
    asked: list[Context] = []

    def read(context: Context) -> None:
        asked.append(context)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        active_mapping.under_the_ruling(lambda: ours, read)
    assert len(asked) == 1
