"""Issues that Jira shows no more without saying that they are deleted: which wait, and a person's word on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from connectors.store.absence import losses
from connectors.store.absence.losses import Loss, State
from connectors.store.people import audit
from plugin.access.authorization.actor import Actor
from plugin.next_steps import LOSSES
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.refresh.reread import land_issues
from plugin.sync.write_back.doubts import explain_gone
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = ["Loss", "UnknownLoss", "accept", "dismiss", "list_held", "list_losses", "missing_said"]

MOST_NAMED = 5
MOST_AUDITED = 100
HELD: tuple[State, ...] = ("held",)
HELD_OR_KEPT: tuple[State, ...] = ("held", "kept")


class UnknownLoss(Refusal):
    """Of what was named nothing is held; `names` says what."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        super().__init__(f"No loss of {', '.join(names)} is held.", step=LOSSES)


@question(VIEWER)
def list_held(connector: Connector, _actor: Actor, site: str) -> tuple[Loss, ...]:
    """What waits for a person: their issues count as they were read last."""
    with connector.store.read() as conn:
        return tuple(losses.load_all(conn, site, "held"))


@question(VIEWER)
def list_losses(connector: Connector, _actor: Actor, site: str) -> tuple[Loss, ...]:
    """All that Jira shows no more, with what became of each: held, left by itself, kept or accepted."""
    with connector.store.read() as conn:
        return tuple(losses.load_all(conn, site))


@act(EDITOR)
def accept(connector: Connector, actor: Actor, site: str, keys: Iterable[str] | None) -> tuple[Loss, ...]:
    """They are gone: they leave the mirror, and what stood on them is computed without them. None: all that are held.

    What was dismissed is among what can be named: else it would count for ever, where Jira never shows it again.
    """
    named = None if keys is None else tuple(keys)
    states = HELD if named is None else HELD_OR_KEPT
    chosen = _chosen(connector, site, named, states)
    context, now = connector.context(site), connector.clock()
    with connector.store.write() as conn:
        chosen = _still(conn, site, chosen, named, states)
        ids = {one.issue_id for one in chosen}
        land_issues(context, conn, [], ids)
        explain_gone(context, conn, ids)
        losses.settle(conn, site, ids, "accepted", actor.label, now)
        note_decided(connector, conn, site, keys_of(chosen), "losses accepted", actor.label)
    connector.announce()
    return chosen


@act(EDITOR)
def dismiss(connector: Connector, actor: Actor, site: str, keys: Iterable[str] | None) -> tuple[Loss, ...]:
    """They are not gone, only out of our sight: they count as they were read last, and wait no more. None: all that are held."""
    named = None if keys is None else tuple(keys)
    chosen = _chosen(connector, site, named)
    with connector.store.write() as conn:
        chosen = _still(conn, site, chosen, named)
        losses.settle(conn, site, [one.issue_id for one in chosen], "kept", actor.label, connector.clock())
        note_decided(connector, conn, site, keys_of(chosen), "losses dismissed", actor.label)
    return chosen


def missing_said(waiting: Sequence[Loss]) -> str:
    """What waits, in whole sentences."""
    reasons = dict.fromkeys(one.reason for one in waiting)
    named = ", ".join(one.issue_key for one in waiting[:MOST_NAMED])
    more = ", …" if len(waiting) > MOST_NAMED else ""
    what = "1 issue is" if len(waiting) == 1 else f"{len(waiting)} issues are"
    return f"{what} no longer shown by Jira and count as they were read last ({named}{more}). {' '.join(reasons)}"


def _chosen(
    connector: Connector, site: str, keys: Iterable[str] | None, states: Sequence[State] = HELD
) -> tuple[Loss, ...]:
    with connector.store.read() as conn:
        waiting = tuple(losses.load_all(conn, site, *states))
    if keys is None:
        return waiting
    wanted = {key.upper() for key in keys}
    chosen = tuple(
        one for one in waiting if wanted & {one.issue_key.upper(), one.project_key.upper(), one.issue_id}
    )
    named = {
        name for one in chosen for name in (one.issue_key.upper(), one.project_key.upper(), one.issue_id)
    }
    unknown = sorted(wanted - named)
    if unknown:
        raise UnknownLoss(unknown)
    return chosen


def _still(
    conn: Connection,
    site: str,
    chosen: Sequence[Loss],
    named: Sequence[str] | None,
    states: Sequence[State] = HELD,
) -> tuple[Loss, ...]:
    """Those that are so still: what Jira shows again meanwhile stays. Raises UnknownLoss where some were named and none is."""
    held = {one.issue_id for one in losses.load_all(conn, site, *states)}
    found = tuple(one for one in chosen if one.issue_id in held)
    if not found and named is not None:
        raise UnknownLoss(named)
    return found


def note_decided(
    connector: Connector, conn: Connection, site: str, keys: Sequence[str], what: str, by: str
) -> None:
    """Keep in the audit log what was decided on these issues, and by whom."""
    detail = {"issues": list(keys[:MOST_AUDITED]), "count": len(keys)}
    audit.note(conn, by, what, connector.clock(), detail, site)


def keys_of(chosen: Sequence[Loss]) -> list[str]:
    """How people call them."""
    return [one.issue_key for one in chosen]
