"""What a route asks of those who call it. Every route says so itself; one that does not is open to admins alone, and fails a test.

Write `@needs("viewer")` below the route's decorator, or a line in `plugin.access.authorization.declared_permissions` where there is no function of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeVar

from plugin.access.authorization.declared_permissions import DECLARED

Lane = Literal["quick", "heavy", "provider"]
View = TypeVar("View", bound=Callable[..., object])
_MARK = "__access_rule__"


class Permission(StrEnum):
    """In rising order; each includes those before it. A role is one of the last three."""

    PUBLIC = "public"
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, wanted: Permission) -> bool:
        """Whether whoever has this may do what `wanted` is asked for."""
        order = list(Permission)
        return order.index(self) >= order.index(wanted)


ROLES = (Permission.VIEWER, Permission.EDITOR, Permission.ADMIN)
SCOPES = {
    "read": Permission.VIEWER,
    "write": Permission.EDITOR,
    "admin": Permission.ADMIN,
    "people": Permission.ADMIN,
}
"""What a token may do at most; its account's role limits it further. `people` is `admin`, and may change who else comes in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks for.

    `signed`: its callers prove themselves by a signature in the request, so it needs no CSRF token.
    `in_person`: it takes somebody who signed in; a token must not change what it was given for.
    `scope`: a token needs this very scope; no other includes it.
    `lane`: where it is worked on; long work, and waiting for a provider, have a few threads of their own each.
    `operations`: it is for load balancers and monitoring.
    `unsettled`: it is open also to who still has the password that somebody else chose for them.
    `for_factor`: it is open also to who has to set up a second factor first, which is done by it.
    """

    permission: Permission
    signed: bool = False
    operations: bool = False
    unsettled: bool = False
    for_factor: bool = False
    in_person: bool = False
    scope: str = ""
    lane: Lane = "quick"

    @property
    def any_host(self) -> bool:
        """Whether callers may name any host: those who prove themselves by a signature, and the operator's, who ask by addresses of the network."""
        return self.signed or self.operations


def needs(
    permission: str,
    *,
    signed: bool = False,
    in_person: bool = False,
    scope: str = "",
    lane: Lane = "quick",
    unsettled: bool = False,
    for_factor: bool = False,
) -> Callable[[View], View]:
    """Declare what a route asks for: `public`, `viewer`, `editor` or `admin`."""
    rule = Rule(
        permission=Permission(permission),
        signed=signed,
        in_person=in_person,
        scope=scope,
        lane=lane,
        unsettled=unsettled,
        for_factor=for_factor,
    )

    def declared(view: View) -> View:
        setattr(view, _MARK, rule)
        return view

    return declared


def rule_of(endpoint: str, view: object) -> Rule | None:
    """What this route declares, or None where it declares nothing."""
    own = getattr(view, _MARK, None)
    if isinstance(own, Rule):
        return own
    said = DECLARED.get(endpoint)
    if said is None:
        return None
    return Rule(
        Permission(said.removeprefix("signed ")),
        signed=said.startswith("signed "),
        operations=endpoint.startswith("operations."),
    )


def lesser(one: Permission, other: Permission) -> Permission:
    """The one that allows less."""
    return other if one.includes(other) else one
