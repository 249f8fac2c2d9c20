"""The OKRs of a site as the connector's own file, which an import reads again: what stands here is known, and nothing is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import tzinfo

from connectors.store.numbers import check_ins, objectives
from connectors.store.numbers.check_ins import KeptCheckIn
from mappings.facts.local_time import local_day
from mappings.imports.files.okr_file import okr_file, read_okr_file
from mappings.imports.people import OwnerSearch
from mappings.imports.plan import KnownRow, plan_import
from mappings.imports.presets import preset
from mappings.imports.row import ImportedCheckIn, ImportMetric, ImportRow, ParentWord
from mappings.json_value import PlainValues
from mappings.rollup.state import KeyResultState, Measurement, ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import VIEWER, question

OWN = "jira-okr"
"""The tool of such files, and the name of their preset."""


@question(VIEWER)
def export_okrs(connector: Connector, _actor: Actor, site: str) -> PlainValues:
    """Every objective and key result that is an issue of its own, with what it is measured by and what was checked in."""
    return okr_file(list(_rows(connector, site)))


def own_rows(connector: Connector, site: str, search: OwnerSearch) -> dict[str, KnownRow]:
    """By identity the rows of such a file that are issues of this site already."""
    map_ = preset(OWN)
    rows = list(_rows(connector, site))
    if map_ is None:
        return {}
    read = read_okr_file(json.dumps(okr_file(rows), default=str).encode())
    with connector.store.read() as conn:
        keys = {one.state.id: one.state.key for one in objectives.load_all(conn, site)}
        keys |= {
            each.id: each.key
            for one in objectives.load_all(conn, site)
            for each in one.state.key_results
            if each.issue_id
        }
    planned = plan_import(read, map_, search).create
    return {
        one.identity: KnownRow(one.identity, keys.get(one.identity, one.identity), one, imported=False)
        for one in planned
    }


def _rows(connector: Connector, site: str) -> Iterator[ImportRow]:
    with connector.store.read() as conn:
        states = [one.state for one in objectives.load_all(conn, site)]
        said = {state.id: check_ins.load_all(conn, site, state.id) for state in states}
    states = [state for state in states if state.issue_id is not None and not state.plain]
    if not states:
        return
    zone = connector.context(site).mapping.zone
    known = {state.id for state in states}
    taken = set(known)
    number = 0
    for state in states:
        number += 1
        yield _objective(number, state, known)
        for one in state.key_results:
            if one.issue_id is None or one.id in taken:
                continue
            taken.add(one.id)
            number += 1
            mine = [each for each in reversed(said[state.id]) if each.check_in.key_result_id == one.id]
            yield _key_result(number, state, one, mine, zone)


def _objective(number: int, state: ObjectiveState, known: set[str]) -> ImportRow:
    return ImportRow(
        row=number,
        title=state.title,
        kind="objective",
        external_id=state.id,
        parents=tuple(ParentWord(id=id_) for id_ in state.aligned_to if id_ in known),
        owners=(state.owner,) if state.owner else (),
        cycle=state.cycle_id,
        start_date=state.span[0] if state.span else None,
        end_date=state.span[1] if state.span else None,
        commitment=state.commitment,
    )


def _key_result(
    number: int, above: ObjectiveState, one: KeyResultState, said: list[KeptCheckIn], zone: tzinfo
) -> ImportRow:
    return ImportRow(
        row=number,
        title=one.title,
        kind="key_result",
        external_id=one.id,
        parents=(ParentWord(id=above.id, weight=one.weight),),
        owners=(one.owner,) if one.owner else (),
        cycle=above.cycle_id,
        end_date=one.measurement.due,
        weight=one.weight,
        commitment=one.commitment,
        metric=_metric(one.kind, one.measurement),
        check_ins=tuple(
            ImportedCheckIn(
                on=local_day(each.check_in.at, zone),
                value=each.check_in.value,
                note=each.check_in.note,
                by=each.check_in.by,
            )
            for each in said
        ),
    )


def _metric(kind: str, found: Measurement) -> ImportMetric | None:
    own = (found.start, found.target, found.current, found.at_least, found.at_most)
    if kind == "transition" and own == (None,) * len(own):
        return None
    return ImportMetric(
        start=found.start,
        target=found.target,
        current=found.current,
        kind=None if kind == "transition" else kind,
        at_least=found.at_least,
        at_most=found.at_most,
    )
