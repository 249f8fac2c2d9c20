"""What a tool is: its name, what it takes, what it gives, and whom it asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.protocol.shapes import Answer, Arguments
from plugin.runtime.connector import Connector


class UnanswerableQuestion(Exception):
    """A question that cannot be answered as it was put; the message says why, and what to ask instead."""


@dataclass(frozen=True, slots=True)
class ToolAsker:
    """Who asks."""

    connector: Connector
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. `function` is called with who asks and with `takes`, and returns a `gives`; `permission` is that of its use cases.

    A token has the permission by a scope that allows as much, where its account's role does too.
    """

    name: str
    title: str
    description: str
    takes: type[Arguments]
    gives: type[Answer]
    function: Callable[..., Answer]
    permission: Permission = Permission.VIEWER
    looks: bool = False
    """Whether it only looks, though not everybody may: what viewers may do only looks anyway."""

    @property
    def acts(self) -> bool:
        """Whether it does anything."""
        return self.permission is not Permission.VIEWER and not self.looks
