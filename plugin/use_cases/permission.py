"""What a use case asks of its actor, declared on it: `@question(VIEWER)` for what is only looked at, `@act(EDITOR)` for what is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings
from plugin.use_cases.viewer import PermissionRefusal, SightRefusal, seen_by

__all__ = [
    "ADMIN",
    "EDITOR",
    "MARK",
    "PUBLIC",
    "VIEWER",
    "PermissionRefusal",
    "SightRefusal",
    "UseCase",
    "act",
    "question",
    "require",
]

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W", Connector, Settings)
"""What a use case works on: a running connector, or the settings where none can be opened yet."""
UseCase = Callable[Concatenate[W, Actor, P], R]

PUBLIC = Permission.PUBLIC
"""Open to whoever comes: they prove themselves by what they bring, a password or a link."""
VIEWER, EDITOR, ADMIN = Permission.VIEWER, Permission.EDITOR, Permission.ADMIN
MARK = "__asks_for__"


def act(permission: Permission) -> Callable[[UseCase[W, P, R]], UseCase[W, P, R]]:
    """Something that is done; nobody does it who may not, and what it gives is cut to whoever did it."""
    return _guarded(permission)


def question(permission: Permission) -> Callable[[UseCase[W, P, R]], UseCase[W, P, R]]:
    """Something that is asked; the answer is cut to whoever asks."""
    return _guarded(permission)


def _guarded(permission: Permission) -> Callable[[UseCase[W, P, R]], UseCase[W, P, R]]:
    def declared(use_case: UseCase[W, P, R]) -> UseCase[W, P, R]:
        @wraps(use_case)
        def guarded(world: W, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            require(actor, permission)
            return seen_by(world, actor, use_case, world, actor, *args, **kwargs)

        setattr(guarded, MARK, permission)
        return guarded

    return declared


def require(actor: Actor, permission: Permission) -> None:
    """Let nobody past who may not."""
    if not actor.may(permission):
        raise PermissionRefusal(
            f"This takes the role {permission}; {actor.label} may do what the role {actor.role} may."
        )
