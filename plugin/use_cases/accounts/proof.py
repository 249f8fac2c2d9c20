"""Saying once more who one is, before what would outlive a session that somebody left open: long tokens, another second factor."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import AccessRefusal

FRESH = timedelta(minutes=15)


class MissingProof(AccessRefusal):
    """It takes somebody who said who they are within the last quarter of an hour."""


def is_proved(actor: Actor, now: datetime) -> bool:
    """Whether they said who they are within the last quarter of an hour."""
    at = actor.proved_at
    return at is not None and abs(now - at) < FRESH  # one of the future is no fresher


def require_proof(actor: Actor, now: datetime) -> None:
    """MissingProof unless they did."""
    if not is_proved(actor, now):
        raise MissingProof(
            "This takes that you say once more who you are: your account, Confirm that it is you."
        )
