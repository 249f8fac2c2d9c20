"""The life of a mapping: check, preview, activate, roll back. The preview is the real planner in dry run over the mirror."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from connectors.jira.http.errors import JiraError, JiraRefusal
from connectors.store import StoreError
from connectors.store.cycles import carries, cycle_locks
from connectors.store.mappings import activation_runs, coming_mappings, drafts, revisions
from connectors.store.mappings.activation_runs import ActivationRun
from connectors.store.mappings.revisions import Activation, Revision
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, objectives
from connectors.store.people import audit
from connectors.store.reads import read_requests
from connectors.store.work import due
from connectors.store.writes import writes, written_values
from mappings.diagnostic import Diagnostic, MappingError
from mappings.document.binder import bind_leniently
from mappings.document.checks.live.names import check_names
from mappings.document.checks.live.writes import check_live
from mappings.document.checks.report import in_text_order
from mappings.document.checks.write_back import check_basis
from mappings.document.lock_binding import under_locks
from mappings.document.mapping import Mapping
from mappings.document.names import compare
from mappings.document.text.source import DocumentResult, read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.moment import Moment
from mappings.fields import Api
from mappings.practice.lint import lint_document
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState
from mappings.write_back.brake import STILL, Hold, Impact, brake
from mappings.write_back.desired_values import desired_values, owners
from mappings.write_back.leftovers import LastWrite, all_places, clear_leftovers, plans_with_clearing
from mappings.write_back.plan import Change, Plan, plan
from mappings.write_back.preview import Preview, preview
from mappings.write_back.target import WriteBasis
from mappings.write_back.targets import place_of, sender_of
from plugin.access.authorization.actor import Actor
from plugin.next_steps import REVISIONS
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.runtime.processes.process import ProcessId, is_gone, process_of, worker_name
from plugin.sync.bindings import bound_text, known_names, looked_up
from plugin.sync.context import Context, field_of, metrics_of
from plugin.sync.reconcile import survey
from plugin.sync.reconcile.cycle_ends import noted_ends, standing_by_notes
from plugin.sync.reconcile.kpi_readings import episode_aims, kpi_readings
from plugin.sync.reconcile.survey import TurningObjective
from plugin.sync.refresh import names, written_options
from plugin.sync.resync import activation_read, watermark
from plugin.sync.write_back.leftovers import end_of_cycle, standing_of
from plugin.use_cases.kpis.departures import note_departures
from plugin.use_cases.mappings.live_facts import read_live_facts
from plugin.use_cases.permission import ADMIN, act, question
from plugin.use_cases.work import background_jobs
from plugin.use_cases.work.background_jobs import TELLS_EVERY_SECONDS, Report
from plugin.use_cases.work.site_read import read_ahead

ACTIVATION = "activation"


class OutdatedPreview(Refusal):
    """The preview that was agreed to is no longer what would happen."""


class LargeChange(Refusal):
    """The brake holds what activating would do until a person goes on with it all the same; how, each door says."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(f"{hold.reason}.")


class AnotherActivation(Refusal):
    """Another mapping rules than the one that was looked at; nothing was changed. `latest` is how what rules came to do so, None where none does."""

    def __init__(self, site: str, latest: Activation | None) -> None:
        self.site, self.latest = site, latest
        said = "No mapping is active any more, or yet"
        if latest is not None:
            said = (
                "Another mapping is active than the one that was looked at: "
                f"{latest.by} activated revision {latest.revision} at {latest.at:%Y-%m-%d %H:%M} UTC"
            )
        super().__init__(f"{said}. Nothing was changed.")


NONE_ACTIVE = ""
"""What is expected where no mapping is active yet."""
Expected = frozenset[str]
"""The revisions of which one has to be the active one still."""


def expect_revision(revision: str | None) -> Expected:
    """That this one is active; None: that none is."""
    return frozenset({revision or NONE_ACTIVE})


@dataclass(frozen=True, slots=True)
class UnreadData:
    """What a mapping needs and the mirror does not hold: fields and properties by name, histories of readings, issues of its scope."""

    fields: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()
    issues: bool = False

    def __bool__(self) -> bool:
        return bool(self.fields or self.histories or self.issues)

    @property
    def said(self) -> str:
        """In words; empty where nothing is missing."""
        parts = [
            ", ".join(self.fields),
            f"the history of {', '.join(self.histories)}" if self.histories else "",
            "the issues of another scope" if self.issues else "",
        ]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class PreviewedMapping:
    """A preview, the mapping it is of, and what the mirror does not hold yet (it counts as missing in the preview).

    `active` is the revision that ruled when it was made, None where none did: the preview says what is different from that one.
    """

    mapping: Mapping
    preview: Preview
    unread: UnreadData
    bound: Catalogue
    hold: Hold | None
    active: str | None
    turning: tuple[TurningObjective, ...] = ()
    """What is an objective before and after, whose cycle was not over."""

    @property
    def missing_fields(self) -> tuple[str, ...]:
        """The fields among it."""
        return self.unread.fields


@question(ADMIN)
def check_text(
    connector: Connector, _actor: Actor, site: str, text: str, file: str = ""
) -> tuple[Diagnostic, ...]:
    """Everything there is to say about a mapping: shape, references, the live catalogue, screens, permissions, advice."""
    read = read_document(text, file)
    if read.document is None:
        return read.diagnostics
    today = connector.catalogue_for(site, read.document, fresh=True)
    with connector.store.read() as conn:
        catalogue = known_names(conn, site, read.document, today)
    bound = bind_leniently(read.document, catalogue, positions=read.positions)
    basis = replace(connector.basis(site), site=site)
    lacking = check_basis(read.document, basis, positions=read.positions)
    if bound.mapping is None:
        return (*bound.diagnostics, *lacking)
    facts = read_live_facts(connector, site, bound.mapping, catalogue)
    live = check_live(bound.mapping, catalogue, facts, positions=read.positions)
    renamed = _told_of_names(read, bound.mapping, catalogue, today)
    return (*bound.diagnostics, *lacking, *renamed, *live, *lint_document(read.document, read.positions))


def read_text(text: str, file: str = "") -> tuple[Diagnostic, ...]:
    """What can be said of a text by itself, without any site: shape, cross-references, JQL, advice."""
    read = read_document(text, file)
    advice = lint_document(read.document, read.positions) if read.document else ()
    return (*read.diagnostics, *advice)


NOT_ASKED = "jql-order-unknown"
"""The order of versions is asked for when a text is checked, not while it is typed."""


@question(ADMIN)
def glance_text(connector: Connector, _actor: Actor, site: str, text: str) -> tuple[Diagnostic, ...]:
    """What can be said of a text without asking Jira, quickly enough to be said while it is typed."""
    read = read_document(text)
    if read.document is None:
        return read.diagnostics
    today = connector.catalogue(site)
    with connector.store.read() as conn:
        known = known_names(conn, site, read.document, today, look=False)
    bound = bind_leniently(read.document, known, positions=read.positions)
    told = _told_of_names(read, bound.mapping, known, today)
    basis = replace(connector.basis(site), site=site)
    lacking = check_basis(read.document, basis, positions=read.positions)
    said = [one for one in bound.diagnostics if one.code != NOT_ASKED]
    found = in_text_order([*read.diagnostics, *said, *lacking, *told])
    return (*found, *lint_document(read.document, read.positions))


def _told_of_names(
    read: DocumentResult, mapping: Mapping | None, known: Catalogue, today: Catalogue
) -> tuple[Diagnostic, ...]:
    """What is called otherwise now, or gone, at each place of the text that says it."""
    if read.document is None or mapping is None:
        return ()
    found = compare(mapping.names, known, today)
    return check_names(read.document, known, found.renames, found.absences, positions=read.positions)


@question(ADMIN)
def preview_text(
    connector: Connector, _actor: Actor, site: str, text: str, file: str = ""
) -> PreviewedMapping:
    """What activating this text would do. It works from the mirror and the stored catalogue, and asks Jira for the goals of the site and the
    order of versions alone, once, where the text names them and they are not known yet."""
    return _previewed(connector, site, text, file)


def _previewed(connector: Connector, site: str, text: str, file: str) -> PreviewedMapping:
    with collector_resting():
        return _planned(connector, site, text, file)


def _planned(connector: Connector, site: str, text: str, file: str) -> PreviewedMapping:
    document = read_document(text, file).document
    catalogue = connector.catalogue(site) if document is None else connector.catalogue_for(site, document)
    with connector.store.read() as conn:
        active = revisions.active_name(conn, site)
        mapping, bound = bound_text(conn, site, text, catalogue, file)
        mapping = under_locks(mapping, cycle_locks.every(conn, site))
    _require_ground(connector, site, mapping, text, file)
    moment = Moment(connector.clock(), mapping.zone, catalogue.account_id)
    with connector.store.read() as conn:
        forest = Forest.of(mirror.every(conn, site))
        moment = forest.moment(moment, mapping.roots())
        kept = objectives.load_all(conn, site)
        before = {saved.state.id: saved.state for saved in kept}
        written = writes.written_count(conn, site)
        stands = written_values.every(conn, site)
        said = check_ins.load_standing(conn, site)
        noted = noted_ends(conn, site, before)
        aims = episode_aims(conn, site, mapping)
        read = kpi_readings(conn, site, mapping, moment.now, aims)
        brought = carries.load_standing(conn, site)
    ended = {id_: end.facts for id_, end in noted.items() if not end.settled(mapping.revision)}
    fixed = standing_by_notes(mapping, noted, forest, moment, brought)
    after = assess(
        mapping, forest, moment, said, ended=ended, kpis=read, aims=aims, carries=brought, settled=fixed
    )
    closed = frozenset(
        id_
        for id_, end in noted.items()
        if end.closed and id_ in after and after[id_].cycle_id == end.facts.cycle_id
    )
    basis = replace(connector.basis(site), moment=moment, closed=closed)
    plans = plans_for(mapping, after, forest, basis)
    fields = partial(field_of, mapping, catalogue)
    standing = standing_of(
        (one for one in stands if forest.issue(one.issue_id) is not None),
        lambda id_: place_of(id_, fields),
        lambda id_: end_of_cycle(mapping, after.get(id_) or before.get(id_)),
    )
    plans = _with_clearing(plans, standing, mapping, after, forest, moment, connector.api(site))
    held = brake(plans, written, mapping.document.brake, _movement(before, after))
    return PreviewedMapping(
        mapping=mapping,
        preview=preview(mapping.revision, before, after, plans, lambda id_: sender_of(id_, fields)),
        unread=unread(connector, site, mapping),
        bound=bound,
        hold=held if isinstance(held, Hold) else None,
        active=active,
        turning=tuple(
            TurningObjective(saved, saved.state, state)
            for saved in kept
            if saved.state.id not in noted and (state := after.get(saved.state.id)) and not state.plain
        ),
    )


def _require_ground(connector: Connector, site: str, mapping: Mapping, text: str, file: str) -> None:
    """Raises MappingError where the connector itself lacks something for what is written back, or the text is for another site.

    A revision that ruled here once may do so again, whatever site it names.
    """
    with connector.store.read() as conn:
        known = revisions.get(conn, site, mapping.revision) is not None
    connector.catalogue_for(site, mapping.document)
    basis = replace(connector.basis(site), site="" if known else site)
    if check_basis(mapping.document, basis):
        read = read_document(text, file)
        raise MappingError(check_basis(mapping.document, basis, positions=read.positions))


def _with_clearing(
    plans: list[Plan],
    standing: list[LastWrite],
    mapping: Mapping,
    states: Dictionary[str, ObjectiveState],
    forest: Forest,
    moment: Moment,
    api: Api,
) -> list[Plan]:
    """And what is left behind: by objective that wrote it."""
    kept = all_places(mapping, states.values(), owners(mapping, states.values(), moment.today))
    written = {one.place.id for one in standing}
    found: dict[str, list[Change]] = {}
    for one in standing:
        clears = clear_leftovers([one], kept, forest.issue, moment.today, written, api)
        if clears:
            found.setdefault(one.objective_id, []).extend(clears)
    return plans_with_clearing(plans, found)


def _movement(before: Dictionary[str, ObjectiveState], after: Dictionary[str, ObjectiveState]) -> Impact:
    movement = STILL
    for id_, state in before.items():
        movement = movement.with_step(state, after.get(id_))
    return movement


def plans_for(
    mapping: Mapping, states: Dictionary[str, ObjectiveState], forest: Forest, basis: WriteBasis
) -> list[Plan]:
    """The plan of every objective, as reconciling each would make it."""
    owned = owners(mapping, states.values(), basis.moment.today if basis.moment is not None else None)
    return [
        plan(state.id, desired_values(mapping, state, forest.issue, basis, owned), forest.issue)
        for state in states.values()
    ]


def unread(connector: Connector, site: str, mapping: Mapping) -> UnreadData:
    """What has to be read before a number of this mapping can be believed. Nothing where nothing was read at all: the first sync does."""
    with connector.store.read() as conn:
        ahead = coming_mappings.get(conn, site)
        if mirror.count(conn, site) == 0:
            return UnreadData()
    if ahead is not None and connector.clock() - ahead.began > activation_read.LONGEST:
        ahead = None
    if activation_read.holds(ahead, mapping):
        return UnreadData()
    active = _ruling(connector, site)
    held, measured = frozenset[str](), frozenset[str]()
    if active is not None:
        held, measured = active.field_ids(), metrics_of(active)
    names = {field.id: field.name for field in mapping.fields.values()}
    names |= {place.id: place.name for place in mapping.places()}

    def named(ids: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(f"{names.get(id_, id_)} ({id_})" for id_ in ids))

    missing = mapping.field_ids() - held
    return UnreadData(
        named(missing),
        named(metrics_of(mapping) - measured - missing),
        active is None or active.scope_by_id != mapping.scope_by_id,
    )


def _ruling(connector: Connector, site: str) -> Mapping | None:
    """The mapping that is active, None where none can work yet."""
    context = _ruling_context(connector, site)
    return None if context is None else context.mapping


def _ruling_context(connector: Connector, site: str) -> Context | None:
    try:
        return connector.context(site)
    except Refusal:
        return None


@act(ADMIN)
def activate(
    connector: Connector,
    actor: Actor,
    site: str,
    text: str,
    *,
    file: str = "",
    agreed: str | None = None,
    expected: Expected | None = None,
    large: bool = False,
    report: Report = lambda _done, _total: None,
) -> PreviewedMapping:
    """Make a text the active revision. `agreed` is the hash of the preview a person saw; `large` lets a large change through.

    `expected` is what was seen as active (None: nobody looked): it is compared in the transaction in which the text begins to
    rule, so nobody comes between, in this process or another. A draft of the actor's that says the same is forgotten then.

    What the mirror lacks for it is read first, which `report` is told of; the old revision rules until then, and what is planned
    after that is braked as it is then. Raises MappingError for a text with errors, AnotherActivation where another revision
    rules than one expected or comes to while it reads, OutdatedPreview where the preview is no longer true, LargeChange where the brake
    holds, a JiraError where reading fails: then it goes on later by itself.
    """
    previewed = _agreed(connector, site, text, file, agreed, expected)
    if previewed.unread:
        _note_begun(connector, site, previewed, actor.label, text, file, expected, large=large)
        return _read_and_enact(connector, site, previewed.preview.revision, report, actor.account_id)
    _require_small(previewed, large=large)

    def allowed(conn: Connection) -> None:
        revisions.hold(conn, site)
        _require_expected(conn, site, expected)

    return _put_in_force(connector, site, previewed, actor.label, text, allowed, actor.account_id)


@act(ADMIN)
def begin_activation(
    connector: Connector,
    actor: Actor,
    site: str,
    text: str,
    *,
    file: str = "",
    agreed: str | None = None,
    expected: Expected | None = None,
    large: bool = False,
) -> PreviewedMapping:
    """As `activate`, for callers that cannot wait: what has to be read is read in the background, see `activation_runs`."""
    previewed = _agreed(connector, site, text, file, agreed, expected)
    if not previewed.unread:
        return activate(
            connector, actor, site, text, file=file, agreed=agreed, expected=expected, large=large
        )
    _note_begun(connector, site, previewed, actor.label, text, file, expected, large=large)
    revision = previewed.preview.revision

    def work(report: Report) -> str:
        _read_and_enact(connector, site, revision, report, actor.account_id)
        return f"Revision {revision[:8]} is active."

    background_jobs.begin(connector, site, ACTIVATION, actor.label, work)
    return previewed


def waits(connector: Connector, site: str, gone: Callable[[ProcessId], bool] = is_gone) -> bool:
    """Whether an activation was interrupted while it read: nobody is at it, and no person has to decide.

    At once where the process that read is certainly `gone`, else when it said nothing for a while.
    """
    with connector.store.read() as conn:
        found = activation_runs.get(conn, site)
    if found is None or found.held or found.refused:
        return False
    process = process_of(found.worker)
    return not found.is_running(connector.clock()) or (process is not None and gone(process))


def resume_activation(
    connector: Connector, site: str, report: Report = lambda _done, _total: None
) -> PreviewedMapping | None:
    """Go on with an activation that was interrupted; None where none waits."""
    with connector.store.read() as conn:
        found = activation_runs.get(conn, site)
    if found is None or not waits(connector, site):
        return None
    return _read_and_enact(connector, site, found.revision, report)


def _require_expected(conn: Connection, site: str, expected: Expected | None) -> None:
    """What rules is one of these. Where `revisions.hold` was asked before, it is until the transaction ends."""
    latest = revisions.load_latest(conn, site)
    if expected is not None and (NONE_ACTIVE if latest is None else latest.revision) not in expected:
        raise AnotherActivation(site, latest)


def _require_own_turn(conn: Connection, site: str, revision: str) -> None:
    """The activation that has read is under way still: whatever came to rule meanwhile has ended it."""
    revisions.hold(conn, site)
    found = activation_runs.get(conn, site)
    if found is None:
        raise AnotherActivation(site, revisions.load_latest(conn, site))
    if found.revision != revision:
        raise _displaced(revision, found)


def _displaced(revision: str, by: ActivationRun | None) -> Refusal:
    whose = f" by {by.by}, of revision {by.revision[:8]}," if by is not None else ""
    return Refusal(f"Another activation{whose} took the place of {revision[:8]}.")


def _agreed(
    connector: Connector, site: str, text: str, file: str, agreed: str | None, expected: Expected | None
) -> PreviewedMapping:
    if expected is not None:  # told before the work of a preview; what counts is asked when it begins to rule
        with connector.store.read() as conn:
            _require_expected(conn, site, expected)
    previewed = _previewed(connector, site, text, file)
    if agreed is not None and agreed != previewed.preview.hash:
        raise OutdatedPreview(
            f"The world moved since the preview {agreed}: activating now would do something else "
            f"({previewed.preview.hash}). Preview again, look, and activate with the new hash."
        )
    return previewed


def _require_small(previewed: PreviewedMapping, *, large: bool) -> None:
    if previewed.hold is not None and not large:
        raise LargeChange(previewed.hold)


def _note_begun(
    connector: Connector,
    site: str,
    previewed: PreviewedMapping,
    by: str,
    text: str,
    file: str,
    expected: Expected | None,
    *,
    large: bool,
) -> None:
    now, revision = connector.clock(), previewed.preview.revision
    with connector.store.write() as conn:
        revisions.hold(conn, site)
        _require_expected(conn, site, expected)
        former, ahead = activation_runs.get(conn, site), coming_mappings.get(conn, site)
        if former is not None and ahead is not None and ahead.text == former.text != text:
            # Another text takes its place: what only the former one selects is dropped by the next read of everything.
            coming_mappings.drop(conn, site, ahead.revision)
            read_requests.ask(conn, site, now, once=True)
        run = ActivationRun(
            revision=revision,
            text=text,
            file=file,
            by=by,
            large=large,
            began=now,
            seen=now,
            worker=worker_name(ACTIVATION),
        )
        activation_runs.begin(conn, site, run)
        said = {"revision": revision, "preview": previewed.preview.hash, "reads": previewed.unread.said}
        audit.note(conn, by, "mapping activation begun", now, said, site)


def _read_and_enact(
    connector: Connector, site: str, revision: str, report: Report, account_id: int = 0
) -> PreviewedMapping:
    """Read what is unread, plan anew, brake, and enact, unless another activation came between.

    What cannot be bound, or what Jira itself refuses to search for, is as wrong the next time: it ends there.
    """
    told = _ActivationProgress(connector, site, revision, report)
    found = told.tell(failed="")
    try:
        read_ahead(connector, site, found.text, told.report)
        previewed = _previewed(connector, site, found.text, found.file)
        if previewed.unread:
            raise Refusal(
                f"Not everything could be read: {previewed.unread.said}. It is tried again by itself."
            )
        if previewed.hold is not None and not found.large:
            told.tell(held=True)
        _require_small(previewed, large=found.large)
    except (MappingError, JiraRefusal) as error:
        _refuse(connector, site, told, found.by, str(error))
        raise
    except (JiraError, StoreError, Refusal) as error:
        told.tell(failed=str(getattr(error, "message", error)))
        raise

    def allowed(conn: Connection) -> None:
        _require_own_turn(conn, site, revision)

    return _put_in_force(connector, site, previewed, found.by, found.text, allowed, account_id)


def _put_in_force(
    connector: Connector,
    site: str,
    previewed: PreviewedMapping,
    by: str,
    text: str,
    allowed: Callable[[Connection], None],
    account_id: int,
) -> PreviewedMapping:
    """It rules from now on, where that is `allowed` in the same transaction; the account's draft of the same text is forgotten."""
    mapping, bound = looked_up(connector.site(site).jira, previewed.mapping, previewed.bound)
    former = _ruling_context(connector, site)
    turning, turned = _turning(former, previewed) if former is not None else [], []
    now = connector.clock()
    with connector.store.write() as conn:
        allowed(conn)
        if former is not None:
            turned = survey.note_turning(former, conn, turning, now)
        _enact(connector, conn, site, previewed, by, text, now)
        if drafts.remove(conn, site, account_id, text.replace("\r\n", "\n")):
            audit.note(conn, by, "mapping draft dropped", connector.clock(), {}, site)
        names.keep(conn, site, mapping, bound)
        if former is not None and former.mapping.scope_by_id != mapping.scope_by_id:
            # What the new scope takes in has been read; only a read of everything drops what it leaves out.
            read_requests.ask(conn, site, connector.clock())
    if former is not None:
        survey.keep_turned(former, turned, previewed.preview.revision, now)
    written_options.compare(connector.context(site))
    connector.announce()
    return previewed


def _turning(former: Context, previewed: PreviewedMapping) -> list[TurningObjective]:
    """The objectives as they stand under both mappings; nothing where the same rules on."""
    if previewed.preview.revision == former.mapping.revision:
        return []
    coming = replace(former, mapping=previewed.mapping, catalogue=previewed.bound, absences=())
    return survey.find_turning(former, coming, previewed.turning)


def _refuse(connector: Connector, site: str, told: _ActivationProgress, by: str, why: str) -> None:
    run = told.tell(failed=why, refused=True)
    said = {"revision": run.revision, "why": why}
    with connector.store.write() as conn:
        ahead = coming_mappings.get(conn, site)
        if ahead is not None and (ahead.revision == run.revision or ahead.text == run.text):
            # Nothing is read for it any more, and the next read of everything drops what only it selects. By the names of another day
            # the same text may have been of another revision.
            coming_mappings.drop(conn, site, ahead.revision)
            read_requests.ask(conn, site, connector.clock(), once=True)
        audit.note(conn, by, "mapping activation refused", connector.clock(), said, site)


class _ActivationProgress:
    """Keeps how far an activation is, for everybody who asks. Refusal where another one took its place."""

    def __init__(self, connector: Connector, site: str, revision: str, further: Report) -> None:
        self._connector, self._site, self._revision, self._further = connector, site, revision, further
        self._told = 0.0

    def report(self, done: int, total: int | None) -> None:
        """Called with every page."""
        self._further(done, total)
        now = self._connector.monotonic()
        if now - self._told >= TELLS_EVERY_SECONDS:
            self._told = now
            self.tell(done=done, total=total)

    def tell(self, **news: object) -> ActivationRun:
        """Keep what is new."""
        with self._connector.store.write() as conn:
            found = activation_runs.get(conn, self._site)
            if found is not None:
                known = {"seen": self._connector.clock(), "worker": worker_name(ACTIVATION)}
                found = replace(found, **{**known, **news})  # type: ignore[arg-type]
            if (
                found is None
                or found.revision != self._revision
                or not activation_runs.tell(conn, self._site, found)
            ):
                if found is None:
                    raise AnotherActivation(self._site, revisions.load_latest(conn, self._site))
                raise _displaced(self._revision, found)
        return found


def _enact(
    connector: Connector,
    conn: Connection,
    site: str,
    previewed: PreviewedMapping,
    by: str,
    text: str,
    now: datetime,
) -> None:
    revision, agreed = previewed.preview.revision, previewed.preview.hash
    # First: whoever counts KPIs has the site's lock before any row, too.
    note_departures(conn, site, {part.id for part in previewed.mapping.document.kpis}, now)
    revisions.add(conn, site, text, revision, by, now)
    revisions.activate(conn, site, revision, by, now, agreed)
    audit.note(conn, by, "mapping activated", now, {"revision": revision, "preview": agreed}, site)
    # Also those it selects anew: they have no state yet, and no event would come for them.
    concerned = {one.id for one in previewed.preview.objectives} | set(objectives.ids(conn, site))
    concerned |= {one.objective_id for one in previewed.preview.plans}
    activation_runs.end(conn, site)
    ahead = coming_mappings.get(conn, site)
    if ahead is not None and ahead.complete and ahead.revision == revision:
        watermark.take_over(conn, site)
    due.mark(conn, site, concerned, now, f"mapping {revision} activated", bulk=True)
    connector.announcer.marked(conn, site, concerned, now)


@act(ADMIN)
def rollback(
    connector: Connector,
    actor: Actor,
    site: str,
    revision: str | None = None,
    *,
    expected: Expected | None = None,
    large: bool = False,
    report: Report | None = None,
) -> str:
    """Activate the revision that was active before (or the named one); returns its id. Without `report` reading happens in the background.

    `expected` as of `activate`; which one was active before is said of what rules now, so that is expected where none is named.
    """
    with connector.store.read() as conn:
        _require_expected(conn, site, expected)
        past = [one.revision for one in revisions.activations(conn, site)]
        known = revisions.load_all(conn, site)
    target = revision or next((one for one in past[1:] if one != past[0]), None)
    found = find_revision(known, target) if target else None
    if found is None:
        called = f" called {revision}" if revision else ""
        raise Refusal(f"There is no revision to go back to{called}.", step=REVISIONS)
    if revision is None and expected is None:
        expected = expect_revision(past[0])
    if report is None:
        begin_activation(connector, actor, site, found.text, expected=expected, large=large)
    else:
        activate(connector, actor, site, found.text, expected=expected, large=large, report=report)
    return found.revision


def find_revision(known: list[Revision], name: str) -> Revision | None:
    """The revision whose id begins with this, if it is only one."""
    matching = [one for one in known if one.revision.startswith(name)]
    return matching[0] if len(matching) == 1 else None
