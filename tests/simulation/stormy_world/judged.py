"""What the verdict looks at: the same of a storm in one thread and of a fleet of processes."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from stormy_world.people import People

from connectors.sandbox.site import Site
from connectors.store import Store
from plugin.sync.context import Context

SITE = "main"


class Judged(Protocol):
    """A world that has settled. `repeats` counts accepted writes by issue and field that brought nothing new."""

    people: People

    @property
    def upheavals(self) -> int:
        """How often something happened to the site itself."""

    @property
    def unheard(self) -> int:
        """How many deliveries never came."""

    @property
    def site(self) -> Site:
        """The sandbox Jira."""

    @property
    def tables(self) -> Store:
        """The connector's store, in which nothing happens by chance."""

    @property
    def repeats(self) -> Counter[tuple[str, str]]:
        """Times by issue id and field id."""

    def context(self) -> Context:
        """What a worker that starts now knows."""

    def was_mirrored(self, issue_id: str) -> bool:
        """Whether the mirror ever held this issue."""
