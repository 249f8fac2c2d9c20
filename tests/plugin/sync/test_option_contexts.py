"""A select field with options of its own for some projects: what is written is the option of the issue's own context, by its id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.scheme import HEALTH_OPTIONS, OKR_HEALTH, ContextDef, FieldDef
from connectors.store.numbers import objectives
from connectors.store.writes import refusals
from mappings.facts.issue import JiraValue
from plugin.sync.refresh import names
from plugin.sync.resync.full_read import resync

NAMES = [one.name for one in HEALTH_OPTIONS]
GROW = tuple(JiraValue(str(10200 + at), name) for at, name in enumerate(NAMES))
CORE = tuple(JiraValue(str(10300 + at), name) for at, name in enumerate(NAMES) if name != "On track")
BOTH = pytest.mark.parametrize("dozen", ["cloud", "datacenter"], indirect=True)
DATA_CENTER = pytest.mark.parametrize("dozen", ["datacenter"], indirect=True)


def give_contexts(
    company: Any, core: tuple[JiraValue, ...] = CORE, grow: tuple[JiraValue, ...] = GROW
) -> None:
    fields = company.sandbox.sandbox.fields
    contexts = (
        ContextDef(core, frozenset({"CORE"}), frozenset({"Epic"})),
        ContextDef(grow, frozenset({"GROW"})),
    )
    fields[OKR_HEALTH] = replace(fields[OKR_HEALTH], contexts=contexts)


def screens(company: Any) -> int:
    """How many edit screens were asked for since the last time."""
    found: int = company.calls("/issue/{}/editmeta")
    return found


def again(company: Any) -> None:
    company.clock.pass_by(minutes=5)
    resync(company.context)
    company.work_off()


def held(company: Any) -> dict[str, tuple[str, str] | None]:
    """What Jira has as health of each objective, by key: id and value."""
    with company.connector.store.read() as conn:
        ids = set(objectives.ids(conn, "main"))
    records = company.sandbox.sandbox.records
    kept = {records[id_].key: records[id_].customs.get(OKR_HEALTH) for id_ in ids}
    return {key: (found.id, found.name) if found is not None else None for key, found in kept.items()}


def by_project(company: Any) -> dict[str, set[tuple[str, str] | None]]:
    found: dict[str, set[tuple[str, str] | None]] = {}
    for key, option in held(company).items():
        found.setdefault(key.partition("-")[0], set()).add(option)
    return found


def refused(company: Any) -> list[refusals.RefusedField]:
    with company.connector.store.read() as conn:
        return refusals.load_all(conn, "main")


@BOTH
def test_each_project_gets_the_option_of_its_own_context(dozen: Any) -> None:
    give_contexts(dozen)
    dozen.calls()
    resync(dozen.context)
    assert screens(dozen) == 3, "one for the epics of each project"
    dozen.work_off()

    assert by_project(dozen) == {
        "PLAT": {("10101", "On track")},
        "GROW": {("10201", "On track")},
        "CORE": {None},
    }
    lacking = sorted(key for key in held(dozen) if key.startswith("CORE-"))
    assert sorted(one.issue_key for one in refused(dozen)) == lacking
    one = refused(dozen)[0]
    assert one.message == "Option value 'On track' is not valid"
    assert one.remedy == (
        f'Add the option "On track" to OKR health in the context that {one.issue_key} is of (its project and type), '
        "or name one of that context under `options`."
    )
    assert all(dozen.in_jira(found.issue_id) is not None for found in refused(dozen)), "the number is written"

    screens(dozen)
    give_contexts(dozen, (*CORE, JiraValue("10399", "On track")))
    again(dozen)
    assert screens(dozen) == 2, "that of the refused ones, and the one that was asked longest ago"
    assert refused(dozen) == []
    assert by_project(dozen)["CORE"] == {("10399", "On track")}


def an_epic(company: Any, project: str) -> Any:
    return next(one for one in company.records(scheme.EPIC) if one.key.startswith(f"{project}-"))


def test_a_renamed_option_of_one_context_is_still_written_by_its_id(dozen: Any) -> None:
    give_contexts(dozen)
    resync(dozen.context)
    dozen.work_off()
    epic = an_epic(dozen, "GROW")
    assert held(dozen)[epic.key] == ("10201", "On track")
    give_contexts(dozen, grow=tuple(JiraValue(one.id, f"{one.name}!") for one in GROW))
    dozen.edit(epic, **{OKR_HEALTH: None})
    again(dozen)
    assert held(dozen)[epic.key] == ("10201", "On track!")
    assert not any(one.issue_key == epic.key for one in refused(dozen))


@DATA_CENTER
def test_a_context_that_a_project_is_given_later_is_learnt_from_the_refusal(dozen: Any) -> None:
    resync(dozen.context)
    dozen.work_off()
    assert refused(dozen) == []
    give_contexts(dozen)
    epic = an_epic(dozen, "GROW")
    dozen.edit(epic, **{OKR_HEALTH: None})
    again(dozen)
    assert [(one.issue_key, one.message) for one in refused(dozen)] == [
        (epic.key, "Option id '10101' is not valid")
    ]
    again(dozen)
    assert refused(dozen) == []
    assert held(dozen)[epic.key] == ("10201", "On track")


def test_once_known_one_screen_a_full_read_looks_for_renames_in_turn(dozen: Any) -> None:
    give_contexts(dozen, core=tuple(JiraValue(str(10300 + at), name) for at, name in enumerate(NAMES)))
    resync(dozen.context)
    dozen.work_off()
    order = []
    for _ in range(4):
        screens(dozen)
        again(dozen)
        assert screens(dozen) == 1
        with dozen.connector.store.read() as conn:
            form = names.bound(conn, "main", dozen.context.mapping.revision)
        field = form.field(OKR_HEALTH) if form is not None else None
        assert field is not None
        order.append([one.project_id for one in field.contexts])
    assert order[0] == order[3], "three places, one after the other"
    assert len({tuple(one) for one in order}) == 3
    assert {(one.id, one.name) for one in field.options} >= {
        (one.id, one.name) for one in (*HEALTH_OPTIONS, *GROW)
    }


TIER = "customfield_10070"
GOLD, OTHER = JiraValue("10500", "Gold"), JiraValue("10600", "Gold")


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_a_scope_that_names_an_option_is_read_with_that_of_every_context(small: Any) -> None:
    """GROW has a Gold of its own, which no issue showed when the mapping was bound; the words of the scope find it."""
    fields = small.sandbox.sandbox.fields
    own = ContextDef((OTHER,), frozenset({"GROW"}))
    kind = f"{scheme.CUSTOM}select"
    fields[TIER] = FieldDef(TIER, "Tier", "option", "", kind, ("cf[10070]", "Tier"), (GOLD,), contexts=(own,))
    by_project: dict[str, list[Any]] = {}
    for record in small.sandbox.sandbox.records.values():
        by_project.setdefault(record.project.key, []).append(record)
    for record in by_project["PLAT"]:
        small.edit(record, **{TIER: {"value": "Gold"}})
    small.connector.catalogue("main", fresh=True)
    small.remap("AND labels = okr", "AND labels = okr AND Tier is not EMPTY")
    small.remap("scope: project in (PLAT, CORE, GROW)", "scope: Tier = Gold")
    again(small)
    assert {one.project.key for one in small.mirror().values()} == {"PLAT"}
    assert small.context.mapping.scope_by_id == "cf[10070] = 10500"

    for record in by_project["GROW"]:
        small.edit(record, **{TIER: {"value": "Gold"}})
    small.calls()
    again(small)
    assert {one.project.key for one in small.mirror().values()} == {"PLAT", "GROW"}
    assert len(small.mirror()) == 42
    assert small.context.mapping.scope_by_id.split() == ["cf[10070]", "in", "(10500,", "10600)"]

    fields[TIER] = replace(
        fields[TIER],
        options=(JiraValue("10500", "Best"),),
        contexts=(ContextDef((JiraValue("10600", "Best"),), frozenset({"GROW"})),),
    )
    again(small)
    assert len(small.mirror()) == 42, "renamed in every context: the ids find them"


@pytest.mark.parametrize("small", ["cloud"], indirect=True)
def test_a_scope_whose_words_come_to_mean_more_while_it_is_read_is_read_to_the_end(small: Any) -> None:
    """No issue that was read shows the field: that GROW has a Gold of its own is known once the scope has been read by its words."""
    fields = small.sandbox.sandbox.fields
    own = ContextDef((OTHER,), frozenset({"GROW"}))
    kind = f"{scheme.CUSTOM}select"
    fields[TIER] = FieldDef(TIER, "Tier", "option", "", kind, ("cf[10070]", "Tier"), (GOLD,), contexts=(own,))
    for record in list(small.sandbox.sandbox.records.values()):
        if record.project.key in ("PLAT", "GROW"):
            small.edit(record, **{TIER: {"value": "Gold"}})
    small.connector.catalogue("main", fresh=True)
    small.remap("scope: project in (PLAT, CORE, GROW)", "scope: Tier = Gold")
    again(small)
    assert {one.project.key for one in small.mirror().values()} == {"PLAT", "GROW"}
    assert small.context.mapping.scope_by_id.split() == ["cf[10070]", "in", "(10500,", "10600)"]
