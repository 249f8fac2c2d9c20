"""The one place where a read model is cut to whoever looks at it: every act and every question passes here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from inspect import signature
from itertools import islice
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from connectors.store.database.instant import to_ms
from connectors.store.lists import cycle_lines
from connectors.store.lists.list_rows import RowSelection, Tallies
from connectors.store.lists.records import RecordSearch
from connectors.store.mappings import revisions
from connectors.store.mappings.drafts import Draft
from connectors.store.mappings.revisions import Activation, Revision
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people.accounts import Account
from connectors.store.sites import catalogues
from connectors.store.visibility import account_people, modes
from connectors.store.visibility.hidden_numbers import HiddenNumbers
from connectors.store.visibility.mentions import Mention, mentions
from connectors.store.visibility.modes import Visibility
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.part import Part
from mappings.facts.goal import Goal
from mappings.facts.local_time import day_start
from mappings.rollup.cycles.carry_plan import CarryChoice
from mappings.rollup.cycles.cycle_end import end_of
from mappings.rollup.rows.ledger import HIDDEN
from mappings.rollup.state import ObjectiveState
from plugin.access.authentication.secret_key import row_key
from plugin.access.authorization.actor import Actor
from plugin.next_steps import SIGHT, Door
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.visibility.cut import ID, KEY, Cut, HiddenIssues, UncutValue, names_in
from plugin.use_cases.visibility.number_cut import SAID
from plugin.use_cases.visibility.number_rules import ROOM, NumberRule, TimeReach, reach_of, rule_of
from plugin.use_cases.visibility.numberless_objectives import numberless, numbers_hidden
from plugin.use_cases.visibility.sights import visible

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

P = ParamSpec("P")
R = TypeVar("R")
LOOK_S = 2.0
"""So long a process believes what it read of the modes."""
BATCH = 50
CYCLE, INSTANT = "cycle_id", "at"
"""What the arguments are called that say of which time a question is."""
SUMMED = (Visibility.ROWS, Visibility.NUMBERS)
"""The modes in which hidden rows are not told apart."""
WHOLE = (Draft, Revision, Activation, Account, BoundMapping, Part)
"""What people of the connector write themselves is theirs: it is neither an issue nor made of one."""
NEVER = (Goal,)
"""Of Atlassian's goals Jira does not say who may see them, and they are called as the objectives that feed them."""
ANY_ISSUE = "any_issue"
"""What the argument of a question is called that is asked of an issue of whatever kind, by its key or its id. Ids are numbers in a row: whoever
counts through them would learn which issues are hidden, and what counts them. Those of objectives are told, and may be asked for."""
JQL, TRIED_TEXT = "jql", "tried_text"
"""What the arguments are called by which somebody may search for whatever they like: a JQL, and a mapping that may be nobody's but theirs."""
MOST_SEARCHED = 5_000
"""Of so many issues it is asked whether somebody sees them all."""
OWN_ERRORS = ("plugin.", "mappings.", "connectors.")
TOLD_OF_ERRORS = ("message", "remedy", "asked")
CHOSEN = (CarryChoice,)
"""What is chosen by several names, too, and is declared with what decides by it and not with the use cases."""
NO_ISSUE = "{project}-0"
"""What is put in the place of the key of a hidden issue: the key of none."""

_within: ContextVar[bool] = ContextVar("within a use case", default=False)


class PermissionRefusal(Exception):
    """The actor's role is not enough, or it would show what they may not see (`SightRefusal`); the message says which."""


class SightRefusal(PermissionRefusal):
    """It would show what Jira does not show the actor: no role helps, and what is hidden is not told."""

    def said_at(self, door: Door) -> str:
        """What is said of it in the words of a door, with what whoever asked may do."""
        return f"{self} {SIGHT.at(door)}"


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Whom somebody looks as at one site."""

    site: str
    person: str


def seen_by(
    world: object,
    actor: Actor,
    use_case: Callable[P, R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """What the actor may see of what the use case gives. What it asks of others for its own work is whole."""
    if actor.sees_all or not isinstance(world, Connector) or _within.get():
        return use_case(*args, **kwargs)
    views = _views_of(world, actor, sites_asked(use_case, args, kwargs))
    if not views:
        return use_case(*args, **kwargs)
    for one in (*args, *kwargs.values()):
        if isinstance(one, RowSelection | RecordSearch):
            _require_found_in_sight(world, views, one)
            _require_order_in_sight(world, views, one)
    _require_jql_in_sight(world, views, use_case, args, kwargs)
    bare = _restricted(world, views, use_case, args, kwargs)
    place = _place_of(use_case, ANY_ISSUE)
    told = [_unhidden_name(world, views, one, any_issue=at == place) for at, one in enumerate(args[2:], 2)]
    named = {
        name: _unhidden_name(world, views, one, any_issue=name == ANY_ISSUE) for name, one in kwargs.items()
    }
    with _whole(world, views):
        found = cast("Callable[..., R]", use_case)(*args[:2], *told, **named)
    if bare is NumberRule.WHOLE:
        return cast("R", None)
    told_of = _without_people(world, views, found)
    asked = (*args[2:], *kwargs.values())
    return cast("R", show_to_viewer(world, views, told_of, asked, of_one=bare is NumberRule.ONE))


def _restricted(
    connector: Connector,
    views: tuple[Viewpoint, ...],
    use_case: Callable[..., object],
    args: tuple[object, ...],
    named: Mapping[str, object],
) -> NumberRule | None:
    """The rule of a use case that is asked of one objective whose numbers they may not see, or not by its rows. SightRefusal where it tells numbers of many together, and one of these is such."""
    rule = rule_of(use_case)
    if rule is NumberRule.EACH:
        return None
    modes = SUMMED if rule is NumberRule.WHOLE else (Visibility.NUMBERS,)
    for view in views:
        if modes_of(connector).get(view.site) not in modes:
            continue
        if rule is NumberRule.ALL:
            _require_numbers_in_sight(connector, view, use_case, args, named)
            continue
        found = numberless(connector, view.site, view.person)
        asked = (*args[2:], *named.values())
        names = {one for state in found.values() for one in (state.id, state.key)} - {""}
        if any(_of_these(one, names) for one in asked):
            return rule
    return None


def _require_numbers_in_sight(
    connector: Connector,
    view: Viewpoint,
    use_case: Callable[..., object],
    args: tuple[object, ...],
    named: Mapping[str, object],
) -> None:
    """SightRefusal where one of the numbers that are told together is not theirs to see."""
    found = numbers_hidden(connector, view.site, view.person)
    if found.now:
        raise SightRefusal(
            f"The site {view.site} shows numbers by Jira's permissions, and {len(found.now)} of its objectives count issues that you may not see: "
            "what is told here is made of the numbers of all."
        )
    if not found.times:
        return
    cycle = _argument(use_case, CYCLE, args, named)
    at = _argument(use_case, INSTANT, args, named)
    then = _hidden_within(
        connector,
        view.site,
        found,
        reach_of(use_case),
        cycle if isinstance(cycle, str) else None,
        at if isinstance(at, datetime) else None,
    )
    if then:
        raise SightRefusal(
            f"The site {view.site} shows numbers by Jira's permissions, and {len(then)} of its objectives counted issues that you may not see at the time "
            "that is asked for: what is told here is made of the numbers of all."
        )


def _hidden_within(
    connector: Connector,
    site: str,
    found: HiddenNumbers,
    reach: TimeReach,
    cycle_id: str | None,
    at: datetime | None,
) -> Collection[str]:
    """Ids of the objectives whose numbers are not theirs to see of as much time as a question reaches back."""
    now = connector.clock()
    if (
        reach is TimeReach.EVER
        or (reach is TimeReach.INSTANT and at is None)
        or (reach is TimeReach.CYCLE and not cycle_id)
    ):
        return found.times.keys()
    if reach is TimeReach.INSTANT and at is not None:
        return found.during(to_ms(at), to_ms(at))
    at_end = {id_ for id_, cycle in found.cycles if cycle_id in (None, cycle)}
    if reach is TimeReach.ENDS:
        return at_end
    if reach is TimeReach.CYCLE and cycle_id is not None:
        with connector.store.read() as conn:
            there = objectives.ids_of_cycle(conn, site, cycle_id) | cycle_lines.ids(conn, site, [cycle_id])
        return at_end | (there & found.during(*_days_of(connector, site, cycle_id, now)))
    return at_end if cycle_id else frozenset()


def _days_of(connector: Connector, site: str, cycle_id: str, now: datetime) -> tuple[int, int]:
    """From when a cycle ran until it was over, or now (epoch milliseconds); of one that the mapping no longer has all time."""
    try:
        mapping = connector.context(site).mapping
    except Refusal:
        return 0, to_ms(now)
    cycle = mapping.cycles.get(cycle_id)
    if cycle is None:
        return 0, to_ms(now)
    return to_ms(day_start(cycle.start, mapping.zone)), min(to_ms(end_of(cycle, mapping.zone)), to_ms(now))


def _argument(
    use_case: Callable[..., object], name: str, args: tuple[object, ...], named: Mapping[str, object]
) -> object:
    """What was given for an argument of this name; None where nothing was."""
    place = _place_of(use_case, name)
    return named.get(name, args[place] if place is not None and len(args) > place else None)


def _of_these(given: object, names: Collection[str]) -> bool:
    """Whether an objective of these names is meant."""
    if isinstance(given, ObjectiveState):
        return given.id in names
    return isinstance(given, str) and given.strip() in names


def _require_order_in_sight(
    connector: Connector, views: tuple[Viewpoint, ...], wanted: RowSelection | RecordSearch
) -> None:
    """Where an objective stands among others tells its number."""
    if not isinstance(wanted, RowSelection) or wanted.order != "progress":
        return
    for view in views:
        if modes_of(connector).get(view.site) is not Visibility.NUMBERS:
            continue
        found = numbers_hidden(connector, view.site, view.person)
        if found.now or any(not wanted.cycles or cycle in wanted.cycles for _, cycle in found.cycles):
            raise SightRefusal(
                f"The list of the site {view.site} cannot be sorted by progress by somebody who may not see each number. Sort it by health, key or change."
            )


@contextmanager
def _whole(connector: Connector, views: tuple[Viewpoint, ...]) -> Iterator[None]:
    """What is asked in here is answered whole; what is said of a failure is cut."""
    token = _within.set(True)
    try:
        yield
    except Exception as error:
        _cut_error(connector, views, error)
        raise
    finally:
        _within.reset(token)


def sites_asked(
    use_case: Callable[..., object], args: tuple[object, ...], named: Mapping[str, object]
) -> frozenset[str]:
    """Which sites a use case is asked about: by its argument `site`, or by what it is to look for; empty where that may be any."""
    place = _place_of(use_case, "site")
    at = None if place is None or len(args) <= place else args[place]
    site = named.get("site", at)
    if isinstance(site, str) and site:
        return frozenset({site})
    for one in (*args, *named.values()):
        if isinstance(one, RowSelection):
            return frozenset(one.sites)
        if isinstance(one, RecordSearch):
            return frozenset(filter(None, [one.site]))
    return frozenset()


@cache
def _place_of(use_case: Callable[..., object], name: str) -> int | None:
    """Which of its arguments is called so; None where none is."""
    names = list(signature(use_case).parameters)
    return names.index(name) if name in names else None


def _views_of(connector: Connector, actor: Actor, asked: frozenset[str]) -> tuple[Viewpoint, ...]:
    """Whom they look as at each site that hides something; only at those that are asked about, where some are."""
    hiding = {site for site, mode in modes_of(connector).items() if mode is not Visibility.EVERYONE}
    if asked and asked <= connector.sites.keys():
        hiding &= asked
    return tuple(Viewpoint(name, _person_of(connector, actor, name)) for name in sorted(hiding))


def modes_of(connector: Connector) -> dict[str, Visibility]:
    """The modes that were set, by site, as they were within the last seconds."""
    at, known = connector.modes
    if connector.monotonic() - at < LOOK_S:
        return known
    with connector.store.read() as conn:
        known = modes.load_all(conn)
    connector.modes = (connector.monotonic(), known)
    return known


def _person_of(connector: Connector, actor: Actor, site: str) -> str:
    """Who somebody is in a Jira; "" where nobody proved it."""
    if actor.of_site == site and actor.person:
        return actor.person
    if not actor.account_id:
        return ""
    with connector.store.read() as conn:
        tie = account_people.get(conn, actor.account_id, site)
    return tie.person if tie is not None and tie.holds(connector.clock()) else ""


def show_to_viewer(
    connector: Connector,
    views: tuple[Viewpoint, ...],
    value: object,
    asked: tuple[object, ...] = (),
    *,
    of_one: bool = False,
) -> object:
    """A value as seen from these places, as it was `asked` for; `of_one`: of one objective whose numbers they may not see."""
    if isinstance(value, Iterator):
        return iter(()) if of_one else _parts(connector, views, value, asked)
    for view in views:
        hidden = hidden_in(connector, view, value)
        try:
            cut = Cut(hidden, WHOLE, NEVER, _others(connector, view), about=_asked_about(hidden.past, asked))
            value = cut.of_one(value) if of_one else cut.value(value)
        except UncutValue as error:
            raise SightRefusal(
                f"The site {view.site} shows issues by Jira's permissions, and {error}, so nothing of it is shown."
            ) from None
    return value


def _asked_about(past: HiddenNumbers, asked: tuple[object, ...]) -> str | None:
    """The objective that was asked for, of those whose numbers of some times are not theirs to see."""
    for id_ in past.times:
        called = past.names.get(id_)
        names = {id_} if called is None else {id_, called.key, called.key.lower(), *called.former_keys} - {""}
        if any(_of_these(one, names) for one in asked):
            return id_
    return None


def _others(connector: Connector, view: Viewpoint) -> frozenset[str]:
    """The other sites: two sites of Cloud number their issues alike."""
    return frozenset(connector.sites) - {view.site}


T = TypeVar("T")


def as_strangers_see(connector: Connector, site: str, told: T) -> T:
    """What leaves for people of whom nobody knows who they are in Jira: as whoever has not signed in there sees it."""
    if modes_of(connector).get(site, Visibility.EVERYONE) is Visibility.EVERYONE:
        return told
    return cast("T", show_to_viewer(connector, (Viewpoint(site, ""),), told))


def hidden_from_strangers(connector: Connector, site: str, ids: Collection[str]) -> frozenset[str]:
    """Which of these objectives whoever has not signed in at Jira may not see, or not their numbers where these are by permission."""
    mode = modes_of(connector).get(site, Visibility.EVERYONE)
    if mode is Visibility.EVERYONE:
        return frozenset()
    view = Viewpoint(site, "")
    hidden = hidden_in(connector, view, frozenset(ids))
    gone = {one for one in ids if hidden.named(one)}
    if mode is Visibility.NUMBERS:
        found = numbers_hidden(connector, site, "")
        gone |= found.now.keys() | {
            id_ for id_, cycle in found.cycles if found.runs.get(id_) in (None, cycle)
        }
    return frozenset(ids) & gone


def _parts(
    connector: Connector,
    views: tuple[Viewpoint, ...],
    values: Iterator[object],
    asked: tuple[object, ...],
) -> Iterator[object]:
    while True:
        with _whole(connector, views):
            part = tuple(islice(values, BATCH))
        if not part:
            return
        yield from cast("tuple[object, ...]", show_to_viewer(connector, views, part, asked))


def hidden_in(connector: Connector, view: Viewpoint, value: object) -> HiddenIssues:
    """Which issues stand in a value and may not be seen; a key of a project that we read which means none that is known is hidden too."""
    names = names_in(value, _others(connector, view))
    with connector.store.read() as conn:
        meant = mentions(conn, view.site, names.ids, names.keys) if names.ids or names.keys else {}
        known = {key for one in meant.values() for key in (one.key, *one.former_keys)}
        # Of an objective of a cycle that is over which is not read any more Jira cannot be asked.
        unread = names.ids - meant.keys()
        left = cycle_lines.those_among(conn, view.site, unread) if unread else frozenset[str]()
        # A catalogue is large: it is read where a key is left that may be one of its projects.
        catalogue = catalogues.get(conn, view.site) if names.keys - known else None
    may = (
        visible(connector, view.site, view.person, {one.id: one.key for one in meant.values()})
        if meant
        else frozenset()
    )
    gone = [one for one in meant.values() if one.id not in may]
    summed = modes_of(connector).get(view.site) in SUMMED
    counted = left
    if summed and gone:
        with connector.store.read() as conn:
            ids = [one.id for one in gone]
            counted |= objectives.those_among(conn, view.site, ids)
            counted |= cycle_lines.those_among(conn, view.site, ids)
    by_key = {key: one.id for one in gone for key in (one.key, *one.former_keys)}
    projects = {one.key for one in catalogue.projects} if catalogue is not None else set()
    lost = {key for key in names.keys - known if key.rpartition("-")[0] in projects}
    secret = row_key(connector.settings)
    by_numbers = modes_of(connector).get(view.site) is Visibility.NUMBERS
    past = numbers_hidden(connector, view.site, view.person) if by_numbers else HiddenNumbers()
    return HiddenIssues(
        {one.id: one.title for one in gone},
        by_key | {name: name for name in (*lost, *left)},
        lambda issue: (
            HIDDEN + hmac.new(secret, f"{view.site}/{issue}".encode(), hashlib.sha256).hexdigest()[:12]
        ),
        former_titles={one.id: one.former_titles for one in gone if one.former_titles},
        summed=summed,
        objectives=counted,
        numberless=_names_without_numbers(past.now),
        past=past,
        at=connector.clock(),
        unnumbered=by_numbers,
    )


def _names_without_numbers(found: Mapping[str, Mention]) -> dict[str, str]:
    """The ids, keys and titles of the objectives whose numbers they may not see, each with its id."""
    return {
        name: id_
        for id_, one in found.items()
        for name in (one.id, one.key, one.title, *one.former_titles)
        if name.strip()
    }


def _unhidden_name(
    connector: Connector, views: tuple[Viewpoint, ...], given: object, *, any_issue: bool
) -> object:
    """What somebody asks for; the key of a hidden issue is that of none, so that the answer is as for one that nobody knows. So is the id, where any issue may be asked for."""
    if isinstance(given, tuple | list | set | frozenset) and not hasattr(given, "_fields"):
        return type(given)(_unhidden_name(connector, views, one, any_issue=any_issue) for one in given)
    named = type(given).__module__.startswith(ROOM) or isinstance(given, CHOSEN)
    if named and is_dataclass(given) and not isinstance(given, type):
        return _unhidden_parts(connector, views, given)
    if not isinstance(given, str):
        return given
    asked = given.strip().upper()
    if any_issue and ID.fullmatch(asked):
        return NO_ISSUE.format(project="") if _is_out_of_sight(connector, views, asked) else given
    if not KEY.fullmatch(asked):
        return given
    if any(hidden_in(connector, view, asked).named(asked) for view in views):
        return NO_ISSUE.format(project=given.strip().rpartition("-")[0])
    return given


def _unhidden_parts(connector: Connector, views: tuple[Viewpoint, ...], given: DataclassInstance) -> object:
    """What somebody asks for by several names; what they say in words is as they said it."""
    parts = {one.name: getattr(given, one.name) for one in fields(given) if one.init and one.name not in SAID}
    told = {name: _unhidden_name(connector, views, one, any_issue=False) for name, one in parts.items()}
    news = {name: one for name, one in told.items() if one != parts[name]}
    return replace(given, **news) if news else given


def _is_out_of_sight(connector: Connector, views: tuple[Viewpoint, ...], id_: str) -> bool:
    """Whether this is the id of no issue that they see, nor of an objective."""
    for view in views:
        with connector.store.read() as conn:
            if objectives.those_among(conn, view.site, [id_]):
                continue
            known = mentions(conn, view.site, [id_], ())
        if id_ not in known or id_ not in visible(connector, view.site, view.person, {id_: known[id_].key}):
            return True
    return False


def _require_found_in_sight(
    connector: Connector, views: tuple[Viewpoint, ...], wanted: RowSelection | RecordSearch
) -> None:
    """Words are looked for in titles, owners and what was written: what is found of a hidden objective would tell it letter by letter."""
    searched = (
        wanted.words
        if isinstance(wanted, RecordSearch)
        else wanted.search or wanted.text or wanted.owner_words or wanted.owners
    )
    if not searched:
        return
    for view in views:
        with connector.store.read() as conn:
            if isinstance(wanted, RecordSearch):
                over: Collection[str] = mentions(conn, view.site, cycle_lines.ids(conn, view.site), ())
            else:
                over = cycle_lines.ids(conn, view.site, wanted.cycles)
        if _hides_objective(connector, view, over):
            raise SightRefusal(
                "Nothing can be searched by words or owners by somebody who may not see each objective: what is found would tell their "
                "titles. Narrow the list by cycle, team, project or health, the record by site and days."
            )


def _hides_objective(connector: Connector, view: Viewpoint, over: Collection[str]) -> bool:
    """Whether there is an objective that they may not see, among those that run and those `over`, of cycles that have ended."""
    with connector.store.read() as conn:
        ids = (*objectives.ids(conn, view.site), *over)
    hidden = hidden_in(connector, view, ids)
    return any(hidden.named(one) for one in ids)


def _without_people(connector: Connector, views: tuple[Viewpoint, ...], found: R) -> R:
    """An answer whose choices name no owner to whom some objective is hidden: the choices are of all of them, and nothing can be searched by them."""
    if isinstance(found, Tallies):
        return cast("R", replace(found, owners=frozenset())) if _hides_any(connector, views) else found
    if type(found) is tuple:
        parts = cast("tuple[object, ...]", found)
        return cast("R", tuple(_without_people(connector, views, one) for one in parts))
    if is_dataclass(found) and not isinstance(found, type):
        held = next((one.name for one in fields(found) if isinstance(getattr(found, one.name), Tallies)), "")
        if held:
            return cast(
                "R", replace(found, **{held: _without_people(connector, views, getattr(found, held))})
            )
    return found


def _hides_any(connector: Connector, views: tuple[Viewpoint, ...]) -> bool:
    for view in views:
        with connector.store.read() as conn:
            over = cycle_lines.ids(conn, view.site)
        if _hides_objective(connector, view, over):
            return True
    return False


def _require_jql_in_sight(
    connector: Connector,
    views: tuple[Viewpoint, ...],
    use_case: Callable[..., object],
    args: tuple[object, ...],
    named: Mapping[str, object],
) -> None:
    """How many issues a JQL of one's own finds tells of each hidden one what it says, condition by condition."""
    free = _given(use_case, JQL, args, named)
    tried = _given(use_case, TRIED_TEXT, args, named)
    if not free and not tried:
        return
    for view in views:
        with connector.store.read() as conn:
            active = revisions.active(conn, view.site)
            if not free and active is not None and active.text == tried:
                continue
            few = mirror.count(conn, view.site) <= MOST_SEARCHED
            keys = {one.id: one.key for one in mirror.every(conn, view.site)} if few else {}
        if not few or keys.keys() - visible(connector, view.site, view.person, keys):
            raise SightRefusal(
                f"The site {view.site} shows issues by Jira's permissions: a JQL of your own, or a rule of a draft, would find issues that you may not "
                "see, and tell what they hold. Try it in Jira, or a rule of the active mapping here; a command on the machine sees all."
            )


def _given(
    use_case: Callable[..., object], name: str, args: tuple[object, ...], named: Mapping[str, object]
) -> str:
    """The text that was given for an argument of this name; "" where there is none."""
    given = _argument(use_case, name, args, named)
    return given if isinstance(given, str) and given.strip() else ""


def _cut_error(connector: Connector, views: tuple[Viewpoint, ...], error: Exception) -> None:
    """What is said of a failure names no hidden issue either, in its words and in whatever it holds beside them; SightRefusal where that cannot be cut."""
    ours = type(error).__module__.startswith(OWN_ERRORS)
    error.args = tuple(_said(connector, views, one, whole=ours) for one in error.args)
    for name, told in vars(error).items():
        if ours or name in TOLD_OF_ERRORS:
            setattr(error, name, _said(connector, views, told, whole=ours))


def _said(connector: Connector, views: tuple[Viewpoint, ...], said: object, *, whole: bool) -> object:
    """A part of a failure as they see it; of one that is not ours its texts alone, for doors show nothing else of it."""
    shown = isinstance(said, str) or (
        whole and (isinstance(said, tuple | list | Mapping) or is_dataclass(said))
    )
    return show_to_viewer(connector, views, said) if shown else said
