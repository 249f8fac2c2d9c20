"""What an object finds out when it is first asked, and keeps.

functools.cached_property does that too, but in Python 3.11 it holds one lock for all objects of a class while it asks: a Jira that
does not answer kept every other site waiting for as long.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Generic, Protocol, TypeVar, overload


class LockOwner(Protocol):
    """An object with a lock of its own."""

    @property
    def guard(self) -> RLock:
        """Held while the object finds something out."""


Owner = TypeVar("Owner", bound=LockOwner)
V = TypeVar("V")


class once(Generic[Owner, V]):  # noqa: N801 - read as property is
    """An attribute found out once for each object, by one thread at a time; an exception is kept by nobody, and the next one asks again."""

    def __init__(self, find: Callable[[Owner], V]) -> None:
        self._find = find
        self._name = find.__name__
        self.__doc__ = find.__doc__

    @overload
    def __get__(self, owner: None, kind: type[Owner]) -> once[Owner, V]: ...
    @overload
    def __get__(self, owner: Owner, kind: type[Owner]) -> V: ...
    def __get__(self, owner: Owner | None, kind: type[Owner]) -> once[Owner, V] | V:
        """The value; what is kept is found before this is asked at all."""
        if owner is None:
            return self
        with owner.guard:
            if self._name not in owner.__dict__:
                owner.__dict__[self._name] = self._find(owner)
            found: V = owner.__dict__[self._name]
            return found
