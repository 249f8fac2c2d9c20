"""The person a request is made for, once the guard has let it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import g

from plugin.access.authorization.actor import NOBODY, Actor
from plugin.access.authorization.permission import Permission


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, and what they may do in this request; `token` is the name of the API token they came with, `scopes` its scopes.

    Of who signed in: `session_id` names the session, `proved_at` is when they last said who they are, and `password_given` whether
    somebody else chose the password that they signed in with. `factor_missing`: a second factor is asked of everybody, and they have none.
    """

    account_id: int
    email: str
    name: str
    role: Permission
    token: str | None = None
    scopes: frozenset[str] = frozenset()
    session_id: str = ""
    proved_at: datetime | None = None
    password_given: bool = False
    factor_missing: bool = False

    @property
    def label(self) -> str:
        """How the audit log names them."""
        return self.email if self.token is None else f"{self.email} (token {self.token})"

    @property
    def actor(self) -> Actor:
        """Them, as use cases know them."""
        return Actor(self.label, self.role, self.account_id, self.proved_at)

    def may(self, permission: str) -> bool:
        """Whether they may do what this permission is asked for."""
        return self.role.includes(Permission(permission))


def current() -> Person | None:
    """The person of this request; None where nobody signed in."""
    person = g.get("person")
    return person if isinstance(person, Person) else None


def current_person() -> Person:
    """The person of this request, on a route that asks for one."""
    person = current()
    if person is None:
        raise RuntimeError("this route is public, so there may be nobody; ask current()")
    return person


def current_actor() -> Actor:
    """Who acts in this request; where nobody signed in, somebody who may do nothing but what is public."""
    person = current()
    return NOBODY if person is None else person.actor
