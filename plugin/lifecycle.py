"""The life of a mapping: check, preview, activate, roll back. The preview is the real planner in dry run over the mirror."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from connectors.store import audit, check_ins, due, mirror, objectives, revisions, writes
from connectors.store import written as written_values
from connectors.store.revisions import Revision
from mappings.brake import STILL, Hold, Movement, brake
from mappings.catalogue import Catalogue
from mappings.departure import Standing, all_places, clearing, plans_with_clearing
from mappings.desired import desired, owners
from mappings.diagnostic import Diagnostic
from mappings.document.binding import bind_leniently
from mappings.document.live import check_live
from mappings.document.name_checks import check_names
from mappings.document.report import in_text_order
from mappings.document.source import ReadResult, read_document
from mappings.fields import Api
from mappings.forest import Forest
from mappings.lint import lint_document
from mappings.mapping import Mapping
from mappings.measuring import assess
from mappings.moment import Moment
from mappings.names import compare
from mappings.planning import Change, Plan, plan
from mappings.preview import Preview, preview
from mappings.state import ObjectiveState
from plugin.bindings import bound_text, known_names, looked_up
from plugin.collecting import collector_resting
from plugin.connector import Connector, NotReady
from plugin.live_facts import read_live_facts
from plugin.reading import held_ahead
from plugin.sync import names
from plugin.sync.context import field_of
from plugin.sync.departure import end_of_cycle, standing_of


class WorldMoved(NotReady):
    """The preview that was agreed to is no longer what would happen."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """A preview, the mapping it is of, and the fields the mirror does not hold yet (their values count as missing in it)."""

    mapping: Mapping
    preview: Preview
    missing_fields: tuple[str, ...]
    bound: Catalogue
    hold: Hold | None


def check_text(connector: Connector, site: str, text: str, file: str = "") -> tuple[Diagnostic, ...]:
    """Everything there is to say about a mapping: shape, references, the live catalogue, screens, permissions, advice."""
    read = read_document(text, file)
    if read.document is None:
        return read.diagnostics
    today = connector.catalogue(site, fresh=True)
    with connector.store.read() as conn:
        catalogue = known_names(conn, site, read.document, today)
    bound = bind_leniently(read.document, catalogue, positions=read.positions)
    if bound.mapping is None:
        return bound.diagnostics
    facts = read_live_facts(connector, site, bound.mapping, catalogue)
    live = check_live(bound.mapping, catalogue, facts, positions=read.positions)
    renamed = _told_of_names(read, bound.mapping, catalogue, today)
    return (*bound.diagnostics, *renamed, *live, *lint_document(read.document, read.positions))


def glance_text(connector: Connector, site: str, text: str) -> tuple[Diagnostic, ...]:
    """What can be said of a text without asking Jira, quickly enough to be said while it is typed."""
    read = read_document(text)
    if read.document is None:
        return read.diagnostics
    today = connector.catalogue(site)
    with connector.store.read() as conn:
        known = known_names(conn, site, read.document, today, look=False)
    bound = bind_leniently(read.document, known, positions=read.positions)
    told = _told_of_names(read, bound.mapping, known, today)
    found = in_text_order([*read.diagnostics, *bound.diagnostics, *told])
    return (*found, *lint_document(read.document, read.positions))


def _told_of_names(
    read: ReadResult, mapping: Mapping | None, known: Catalogue, today: Catalogue
) -> tuple[Diagnostic, ...]:
    """What is called otherwise now, or gone, at each place of the text that says it."""
    if read.document is None or mapping is None:
        return ()
    found = compare(mapping.names, known, today)
    return check_names(read.document, known, found.renames, found.absences, positions=read.positions)


def preview_text(connector: Connector, site: str, text: str, file: str = "") -> Previewed:
    """What activating this text would do. Asks Jira nothing: it works from the mirror and the stored catalogue."""
    with collector_resting():
        return _previewed(connector, site, text, file)


def _previewed(connector: Connector, site: str, text: str, file: str) -> Previewed:
    catalogue = connector.catalogue(site)
    with connector.store.read() as conn:
        mapping, bound = bound_text(conn, site, text, catalogue, file)
    moment = Moment(connector.clock(), mapping.zone, catalogue.account_id)
    with connector.store.read() as conn:
        forest = Forest.of(mirror.every(conn, site))
        before = {saved.state.id: saved.state for saved in objectives.all(conn, site)}
        written = writes.written_count(conn, site)
        stands = written_values.every(conn, site)
        said = check_ins.standing(conn, site)
    after = assess(mapping, forest, moment, said)
    plans = plans_for(mapping, after, forest, connector.api(site))
    standing = standing_of(
        (one for one in stands if forest.issue(one.issue_id) is not None),
        partial(field_of, mapping, catalogue),
        lambda id_: end_of_cycle(mapping, after.get(id_) or before.get(id_)),
    )
    plans = _with_clearing(plans, standing, mapping, after, forest, moment, connector.api(site))
    held = brake(plans, written, mapping.document.brake, _movement(before, after))
    return Previewed(
        mapping,
        preview(mapping.revision, before, after, plans),
        _missing_fields(connector, site, mapping),
        bound,
        held if isinstance(held, Hold) else None,
    )


def _with_clearing(
    plans: list[Plan],
    standing: list[Standing],
    mapping: Mapping,
    states: Dictionary[str, ObjectiveState],
    forest: Forest,
    moment: Moment,
    api: Api,
) -> list[Plan]:
    """And what is left behind: by objective that wrote it."""
    kept = all_places(mapping, states.values(), owners(states.values()))
    written = {one.field.id for one in standing}
    found: dict[str, list[Change]] = {}
    for one in standing:
        clears = clearing([one], kept, forest.issue, moment.today, written, api)
        if clears:
            found.setdefault(one.objective_id, []).extend(clears)
    return plans_with_clearing(plans, found)


def _movement(before: Dictionary[str, ObjectiveState], after: Dictionary[str, ObjectiveState]) -> Movement:
    movement = STILL
    for id_, state in before.items():
        movement = movement.with_step(state, after.get(id_))
    return movement


def plans_for(
    mapping: Mapping, states: Dictionary[str, ObjectiveState], forest: Forest, api: Api
) -> list[Plan]:
    """The plan of every objective, as reconciling each would make it."""
    owned = owners(states.values())
    return [
        plan(state.id, desired(mapping, state, forest.issue, api, owned), forest.issue)
        for state in states.values()
    ]


def _missing_fields(connector: Connector, site: str, mapping: Mapping) -> tuple[str, ...]:
    try:
        held = frozenset(connector.context(site).fields)
    except NotReady:
        return ()
    with connector.store.read() as conn:
        ahead = held_ahead(conn, site)
    missing = mapping.field_ids() - held - frozenset(ahead.fields if ahead else ())
    names = {field.id: field.name for field in (*mapping.fields.values(), *mapping.properties())}
    return tuple(sorted(f"{names.get(field_id, field_id)} ({field_id})" for field_id in missing))


def activate(
    connector: Connector,
    site: str,
    text: str,
    by: str,
    *,
    file: str = "",
    agreed: str | None = None,
    large: bool = False,
) -> Previewed:
    """Make a text the active revision. `agreed` is the hash of the preview a person saw; `large` lets a large change through.

    Raises MappingError for a text with errors, WorldMoved where the preview is no longer true, NotReady where the brake holds.
    """
    previewed = preview_text(connector, site, text, file)
    if agreed is not None and agreed != previewed.preview.hash:
        raise WorldMoved(
            f"The world moved since the preview {agreed}: activating now would do something else "
            f"({previewed.preview.hash}). Preview again, look, and activate with the new hash."
        )
    if previewed.hold is not None and not large:
        raise NotReady(f"{previewed.hold.reason}. To go on: activate with --accept-large-change.")
    mapping, bound = looked_up(connector.site(site).jira, previewed.mapping, previewed.bound)
    with connector.store.write() as conn:
        _enact(connector, conn, site, previewed, by, text)
        names.keep(conn, site, mapping, bound)
    connector.announce()
    return previewed


def _enact(
    connector: Connector, conn: Connection, site: str, previewed: Previewed, by: str, text: str
) -> None:
    now = connector.clock()
    revision, agreed = previewed.preview.revision, previewed.preview.hash
    revisions.add(conn, site, text, revision, by, now)
    revisions.activate(conn, site, revision, by, now, agreed)
    audit.note(conn, by, "mapping activated", now, {"revision": revision, "preview": agreed}, site)
    # Also those it selects anew: they have no state yet, and no event would come for them.
    concerned = {one.id for one in previewed.preview.objectives} | set(objectives.ids(conn, site))
    concerned |= {one.objective_id for one in previewed.preview.plans}
    due.mark(conn, site, concerned, now, f"mapping {revision} activated")
    connector.announcer.marked(conn, site, concerned, now)


def rollback(
    connector: Connector, site: str, by: str, revision: str | None = None, *, large: bool = False
) -> str:
    """Activate the revision that was active before (or the named one); returns its id."""
    with connector.store.read() as conn:
        past = [one.revision for one in revisions.activations(conn, site)]
        known = revisions.all(conn, site)
    target = revision or next((one for one in past[1:] if one != past[0]), None)
    found = find_revision(known, target) if target else None
    if found is None:
        raise NotReady(
            f"There is no revision to go back to{f' called {revision}' if revision else ''}. jira-okr mapping history lists them."
        )
    activate(connector, site, found.text, by, large=large)
    return found.revision


def find_revision(known: list[Revision], name: str) -> Revision | None:
    """The revision whose id begins with this, if it is only one."""
    matching = [one for one in known if one.revision.startswith(name)]
    return matching[0] if len(matching) == 1 else None
