"""Sees every state of the mirror, and holds each number that is written or kept against them: it must be right for one of them.

A number may be late, as Jira moves on while it is worked out. It may not be made of halves: of a parent from now and its child from
before, or of two mapping revisions. So whatever is written to Jira, or told by the history, is what a full computation says of some
state of the mirror since the last time; or, as issues are read in portions, of one version of each issue since then.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from sqlalchemy import Connection, select
from stormy_world.judged import SITE, Judged

from connectors.sandbox import scheme
from connectors.store.numbers import mirror
from connectors.store.schema import mirrored, numbers
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState
from mappings.write_back.desired import desired, owners

MOST_BLENDS = 200
"""So many blends of versions are tried; where more are possible the number is taken as right, and counted."""
NOTHING = object()

Issues = Mapping[str, Issue]
States = Mapping[str, ObjectiveState]


class Witness:
    """Everything the mirror was, in order."""

    def __init__(self, world: Judged) -> None:
        self.world = world
        self.findings: list[str] = []
        self.checked = 0
        self.unchecked = 0
        self._seen: list[dict[str, Issue]] = [{}]
        self._texts: dict[str, tuple[int, str]] = {}
        self._states: dict[int, States] = {}
        self._written_at: dict[str, int] = {}
        self._told: dict[str, tuple[int, Fraction | None]] = {}
        self._last_row = 0

    def look(self) -> None:
        """After each transaction: what the mirror is now, and what the history says."""
        with self.world.tables.read() as conn:
            self._look_at_mirror(conn)
            self._look_at_history(conn)

    def _look_at_mirror(self, conn: Connection) -> None:
        table = mirrored.issue
        rows = conn.execute(select(table.c.id, table.c.updated, table.c.content).where(table.c.site == SITE))
        texts = {row.id: (row.updated, row.content) for row in rows}
        if texts == self._texts:
            return
        changed = [id_ for id_, text in texts.items() if self._texts.get(id_) != text]
        kept = {id_: issue for id_, issue in self._seen[-1].items() if id_ in texts}
        self._seen.append(kept | mirror.get(conn, SITE, changed))
        self._texts = texts

    def _look_at_history(self, conn: Connection) -> None:
        table = numbers.history
        rows = conn.execute(select(table).where(table.c.id > self._last_row).order_by(table.c.id))
        for row in rows:
            self._last_row = row.id
            told = None if row.progress is None else Fraction(row.progress)
            since, before = self._told.get(row.objective_id, (0, NOTHING))
            self._told[row.objective_id] = (len(self._seen) - 1, told)
            if told != before and not self._right(
                since, lambda of, row=row: _progress(of, row.objective_id), told
            ):
                self.findings.append(
                    f"history tells {told} of objective {row.objective_id}, which is right for no state of the mirror since {before}"
                )

    def wrote(self, issue_id: str, field_id: str, value: object) -> None:
        """Jira took a value of ours."""
        if field_id != scheme.OKR_PROGRESS:
            return
        since, self._written_at[issue_id] = self._written_at.get(issue_id, 0), len(self._seen) - 1
        if not self._right(since, lambda of: self._wanted(of, issue_id), value):
            self.findings.append(
                f"issue {issue_id} was written {value}, which is right for no state of the mirror since the last write"
            )

    # -- what is right

    def _right(self, since: int, what: object, value: object) -> bool:
        self.checked += 1
        now = len(self._seen) - 1
        if any(what(self._of(place)) == value for place in range(now, since - 1, -1)):  # type: ignore[operator]
            return True
        for blend in self._blends(since):
            if what((blend, self._assessed(blend))) == value:  # type: ignore[operator]
                return True
        return self._too_many(since)

    def _of(self, place: int) -> tuple[Issues, States]:
        if place not in self._states:
            self._states[place] = self._assessed(self._seen[place])
        return self._seen[place], self._states[place]

    def _assessed(self, issues: Issues) -> States:
        context = self.world.context()
        return assess(context.mapping, Forest.of(issues.values()), context.moment())

    def _versions(self, since: int) -> dict[str, list[Issue | None]]:
        """Issues of which there were several versions since then."""
        found: dict[str, list[Issue | None]] = {}
        for issues in self._seen[since:]:
            for id_ in issues.keys() | found.keys():
                versions = found.setdefault(id_, [])
                if issues.get(id_) not in versions:
                    versions.append(issues.get(id_))
        return {id_: versions for id_, versions in found.items() if len(versions) > 1}

    def _too_many(self, since: int) -> bool:
        many = math.prod(len(one) for one in self._versions(since).values()) > MOST_BLENDS
        self.unchecked += many
        return many

    def _blends(self, since: int) -> Iterator[Issues]:
        varying = self._versions(since)
        chosen = itertools.product(*varying.values())
        for versions in itertools.islice(chosen, MOST_BLENDS):
            blend = dict(self._seen[-1])
            for id_, version in zip(varying, versions, strict=True):
                if version is None:
                    blend.pop(id_, None)
                else:
                    blend[id_] = version
            yield blend

    def _wanted(self, of: tuple[Issues, States], issue_id: str) -> object:
        """What our progress field of an issue should hold; nothing where the issue is neither objective nor key result."""
        issues, states = of
        context, owned = self.world.context(), owners(states.values())
        for state in states.values():
            for one in desired(context.mapping, state, issues.get, context.api, owned):
                if one.issue_id == issue_id and one.field.id == scheme.OKR_PROGRESS:
                    return one.raw
        return None


def _progress(of: tuple[Issues, States], objective_id: str) -> object:
    state = of[1].get(objective_id)
    return NOTHING if state is None else state.progress
