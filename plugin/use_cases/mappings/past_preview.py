"""A mapping's preview as of an earlier instant: what every objective read then, beside what it would have read. Asks Jira nothing, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from mappings.explain.as_of import missing_histories
from mappings.explain.certainty import NamedDoubt, sentences
from mappings.json_value import PlainValues
from mappings.rollup.state import HealthLevel, ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.replay import (
    ObjectiveReplay,
    doubts_of,
    in_reading_order,
    objective_replay_values,
)
from plugin.use_cases.objectives.as_of import (
    HistoryReads,
    Lookback,
    Standings,
    current_rules,
    read_some,
    require_past,
    rules_of,
)
from plugin.use_cases.permission import ADMIN, act, question


@dataclass(frozen=True, slots=True)
class PastPreview:
    """A mapping at an instant of the past. `untold` are the ids of issues whose histories would make it surer."""

    site: str
    at: datetime
    revision: str
    ruling: str
    objectives: tuple[ObjectiveReplay, ...]
    untold: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[ObjectiveReplay, ...]:
        """Those that would have read otherwise, or that are objectives by one of the two alone."""
        return tuple(one for one in self.objectives if _read(one.before) != _read(one.after))

    @property
    def doubts(self) -> tuple[NamedDoubt, ...]:
        """Why it is not surer, of all of it."""
        return doubts_of(self.objectives)


@question(ADMIN)
def preview_as_of(
    connector: Connector, _actor: Actor, site: str, text: str, at: datetime, file: str = ""
) -> PastPreview:
    """A text at an instant. Raises MappingError for a text with errors, Refusal for a time of which nothing is known."""
    context = connector.context(site)
    rules, lookback = rules_of(connector, context, text, file), Lookback(context)
    require_past(lookback, at)
    before, after = lookback.states(at, current_rules(context)), lookback.states(at, rules)
    missing = missing_histories(lookback.retrospect, at)
    found = (_one(before, after, id_, missing) for id_ in {**before.states, **after.states})
    return PastPreview(
        site=site,
        at=at,
        revision=rules.mapping.revision,
        ruling=context.mapping.revision,
        objectives=in_reading_order(one for one in found if one is not None),
        untold=tuple(sorted(lookback.retrospect.untold(at))),
    )


@act(ADMIN)
def read_lacking_then(connector: Connector, actor: Actor, site: str, at: datetime) -> HistoryReads:
    """Read of the histories that `preview_as_of` lacks, whatever the text, so many as somebody can wait for; raises Refusal as it does, or a JiraError."""
    lookback = Lookback(connector.context(site))
    require_past(lookback, at)
    return read_some(connector, actor, site, lookback.retrospect.untold(at))


def _one(
    before: Standings, after: Standings, id_: str, missing: tuple[NamedDoubt, ...]
) -> ObjectiveReplay | None:
    was, would = before.states.get(id_), after.states.get(id_)
    was = None if was is None or was.plain else was
    would = None if would is None or would.plain else would
    if was is None and would is None:
        return None
    own = after.own_doubts(id_) if would is not None else ()
    noted = would is None or after.end_of(id_) is not None
    return ObjectiveReplay(was, would, own, () if noted else missing)


def _read(state: ObjectiveState | None) -> tuple[Fraction | None, HealthLevel] | None:
    return None if state is None else (state.progress, state.health.level)


def past_preview_values(found: PastPreview) -> PlainValues:
    """The same for programs: what would have been different, of how many."""
    return {
        "site": found.site,
        "at": found.at.isoformat(),
        "mapping_revision": found.revision,
        "ruling_revision": found.ruling,
        "looked_at": len(found.objectives),
        "objectives": [objective_replay_values(one) for one in found.changed],
        "said": list(sentences(found.doubts)),
        "histories_missing": len(found.untold),
    }
