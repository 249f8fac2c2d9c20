"""What every write target offers, and a place of it. One kind of target is one file in `targets`, and one line of `WRITE_TARGETS`.

Planner, checks, brake, clearing, application and echoes speak to what stands here, and name no target. A target is pure: what it reads
and writes are requests as values (`Request`), which `plugin.sync` sends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from mappings.document.checks.report import Report
from mappings.document.part import Alias
from mappings.facts.catalogue import Field
from mappings.facts.goal import GoalBoard
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.fields import Api, is_empty
from mappings.write_back.echo import EventValue
from mappings.write_back.values import Figures, ValuePart

if TYPE_CHECKING:  # the mapping's schema is made with the targets
    from mappings.document.checks.live.writes import LiveFacts
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import Document, WriteBackPart
    from mappings.document.text.places import Path
    from mappings.write_back.plan import Change

RuleKey: TypeAlias = tuple[Any, Any]
"""The type of a key in a rule, and its default, as pydantic takes them."""
FieldLookup = Callable[[str], Field | None]
"""Gives a field of Jira by its id, None where Jira has none such."""
Sent = Callable[[str, str], object]
"""Gives what was written last to a place, by the ids of issue and place; None where nothing was."""


Answer = Literal["edit", "nothing", "link", "property", "made", "any"]
"""`edit`: 204 without a body, or 200 with the issue; `nothing`: 204 without a body; `link`: an object with its id; `property`: 200 or 201, as a rule without a body; `made`: 201 without a body, or with an empty one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call to Jira, below the address of its REST API (`/issue/10001`, as it reads: whoever sends it encodes the path).

    `notifies`: Jira tells watchers of it unless it is asked to keep silent. `removes`: that there is nothing to remove is as good as
    removed. `answer`: what Jira says where it did it; anything else is another's word, and it is looked up what became of it. `to`: whether Jira itself is meant,
    Atlassian Goals beside it, whose paths are the names of what `connectors.goals` can do, or Jira as our Forge app.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    body: object = None
    params: Mapping[str, str] = field(default_factory=dict)
    notifies: bool = False
    removes: bool = False
    answer: Answer = "any"
    to: Literal["jira", "goals", "app"] = "jira"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A request that writes these changes, all or none: of one issue, unless the target writes several `together`."""

    request: Request
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Objection:
    """What Jira said when it declined a request: `fields` by the id of the field; `said` is all of it, with the general `remedy`."""

    status: int
    message: str
    said: str
    remedy: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MadeValue:
    """A raw value that was made; None inside it clears, no Made at all leaves the place alone."""

    raw: object


@dataclass(frozen=True, slots=True)
class Place(ABC):
    """A place of an issue that is written. Its `id` is kept with every write, so that it is known again for ever."""

    id: str
    name: str

    @property
    @abstractmethod
    def target(self) -> WriteTarget:
        """The kind of target it is a place of."""

    def actual(self, issue: Issue) -> object:
        """The raw value that the mirror knows there; None for nothing."""
        return issue.fields.get(self.id)

    @abstractmethod
    def equal(self, left: object, right: object) -> bool:
        """Whether two raw values are the same to Jira."""

    @abstractmethod
    def step(self, before: object, after: object) -> str:
        """What a change does, as a person reads it: `50 → 62`."""

    def cleared(self, api: Api) -> object:  # noqa: ARG002
        """The raw value that clears it."""
        return None

    def says(self, told: EventValue, value: object) -> bool:
        """Whether an event tells of exactly this value: then it is the echo of our own write of it."""
        return told.whole and self.equal(told.value, value)


@dataclass(frozen=True, slots=True)
class WriteBasis:
    """What values are made on: the version of Jira's REST API, the address by which people open the connector's pages, and the moment.

    `pages` is empty where nobody said it: what leads there cannot be written then. Without a `moment` nothing is forecast.
    `site` is the name of the site here, empty where a document of any may stand. `goals` are None where nobody asked for them,
    `closed` the ids of the objectives whose cycle is closed.
    """

    api: Api = 3
    pages: str = ""
    moment: Moment | None = None
    site: str = ""
    goals: GoalBoard | None = None
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Aim:
    """One place of every issue of a kind, what it shall show, how that is made, and whether it stays when issue or place leave."""

    place: Place
    value: str
    make: Callable[[Figures, WriteBasis], MadeValue | None]
    stays: bool = False


class WriteTarget(ABC):
    """One kind of place that is written. `option` is its key in a rule of `write_back`, of the type `shape`.

    The ids of its places begin with `prefix`. `subjects` are what an issue has to be to the mapping (`target` of a rule) to be written
    to. `permission` is what the account needs in the project. `ages`: Jira's `updated` of the issue grows with a write to it.
    `recalled`: what stands there is known by what we wrote, and Jira is asked only after an interruption and before it is removed;
    so nobody's edit is noticed before the value itself changes. `events` are the webhook events wanted besides, so that a foreign edit
    is put right at once; `history` are the names by which a changelog tells of its places, where that is not the id or name of a field.
    `consults`: what stands there is looked at before each write, and `verdict` says whether it may be written; where it cannot be
    reached, what is written to Jira itself is not held up. `needs_goals`: what is written depends on the goals of the site.
    `together`: one call takes changes of many issues. `several`: its key in a rule holds places by name, each said and judged by itself. `forms` says how its key may be written.
    """

    option: ClassVar[str]
    prefix: ClassVar[str]
    subjects: ClassVar[frozenset[str]] = frozenset({"objective", "key_result", "parent"})
    permission: ClassVar[str] = "EDIT_ISSUES"
    ages: ClassVar[bool] = False
    recalled: ClassVar[bool] = False
    events: ClassVar[tuple[str, ...]] = ()
    history: ClassVar[frozenset[str]] = frozenset()
    consults: ClassVar[bool] = False
    needs_goals: ClassVar[bool] = False
    several: ClassVar[bool] = False
    together: ClassVar[bool] = False
    forms: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def shape(self) -> RuleKey:
        """Type and default of its key in a rule, as pydantic takes them."""

    def part(self, rule: WriteBackPart) -> Any:
        """What a rule says of it."""
        return getattr(rule, self.option)

    def is_written(self, rule: WriteBackPart) -> bool:
        """Whether a rule writes to it."""
        return not is_empty(self.part(rule))

    def fields(self, rule: WriteBackPart) -> Mapping[str, ValuePart]:  # noqa: ARG002
        """The fields that a rule writes, by alias, and what it says of each."""
        return {}

    # -- what shall stand where

    @abstractmethod
    def aims(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:
        """What a rule wants, in the order in which it is written. `fields` by alias; one that is not there was reported."""

    def places(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Place]:
        """Where that is."""
        return (aim.place for aim in self.aims(rule, fields))

    def sources(self, rule: WriteBackPart) -> Iterator[tuple[Path, Alias]]:  # noqa: ARG002
        """The fields that it reads of the issue, by alias, each with the way to it in the rule."""
        return iter(())

    def options(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[tuple[Field, str]]:  # noqa: ARG002
        """The options of fields that a rule writes, by the words of the mapping: names, which the mapping is bound by."""
        return iter(())

    def values(self, rule: WriteBackPart) -> Iterator[tuple[Path, str]]:  # noqa: ARG002
        """The values that a rule wants there by name, each with the way to it in the rule."""
        return iter(())

    @abstractmethod
    def place(self, id_: str, field_of: FieldLookup) -> Place | None:
        """The place of an id with its prefix; None where Jira no longer has it."""

    # -- what the checks say

    def check(self, document: Document, sources: Mapping[str, str], report: Report) -> None:  # noqa: B027
        """Adds what a document says wrongly. `sources`: what rules read, by the identity of the field, with the alias."""

    def check_basis(self, document: Document, basis: WriteBasis, report: Report) -> None:  # noqa: B027
        """Adds what the connector itself lacks for it."""

    def check_bound(self, mapping: BoundMapping, report: Report) -> None:  # noqa: B027
        """Adds what the catalogue has against it."""

    def check_live(self, mapping: BoundMapping, facts: LiveFacts, report: Report) -> None:  # noqa: B027
        """Adds what the screens and permissions of real issues have against it."""

    # -- what Jira is asked and told

    def told(self, event: str, body: Mapping[str, object]) -> Mapping[str, EventValue | None]:  # noqa: ARG002
        """What one of its `events` says of its places, by id; None where it names one without its value. The body is a stranger's."""
        return {}

    def shown(self, api: Api) -> bool:  # noqa: ARG002
        """Whether a search or a read by id shows it, asked for by the id of the place; else it is read by `readings`."""
        return True

    def readings(self, wanted: Mapping[str, Collection[str]], sent: Sent) -> Iterator[Request]:  # noqa: ARG002
        """The calls that show it where searches do not, for these place ids by issue id. `sent` says what was written there last."""
        return iter(())

    def found(self, request: Request, answer: object) -> Mapping[str, Mapping[str, object]] | None:  # noqa: ARG002
        """What an answer shows, by issue id and place id; None where it is none of Jira's. An answer of None: Jira shows no such thing."""
        return {}

    def mirrored(self, id_: str) -> tuple[str, ...]:
        """The ids under which a read shows what stands at a place."""
        return (id_,)

    def looks_first(self, change: Change) -> bool:  # noqa: ARG002
        """Whether what stands there is looked at before this change, where the target consults."""
        return self.consults

    def turn(self, change: Change, today: Sequence[object], moment: Moment) -> datetime | None:  # noqa: ARG002
        """When a change may be written by the target's own pace, by the values that were written there `today`, oldest first; None for now."""
        return None

    def shared(self, value: object) -> str | None:  # noqa: ARG002
        """By what a value names something that issues share and only one may write to; None where each has its own."""
        return None

    def alike(self, left: object, right: object) -> bool:  # noqa: ARG002
        """Whether two values of one place stand at the same spot, where a place may lead to several."""
        return True

    def verdict(
        self,
        change: Change,  # noqa: ARG002
        found: object,  # noqa: ARG002
        last: object,  # noqa: ARG002
        released: datetime | None,  # noqa: ARG002
        failed: datetime | None = None,  # noqa: ARG002
    ) -> str:
        """Why a change waits for a person, by what was found there before it is written, what we wrote last to that spot, when a person let
        it go last, and when a write to it failed last, which may have arrived all the same; empty where it goes."""
        return ""

    @abstractmethod
    def writings(self, changes: Iterable[Change]) -> Iterator[WriteRequest]:
        """The calls that write these changes, of one issue unless they go `together`: so many calls it costs."""

    def words(self, change: Change, objection: Objection) -> str:
        """What Jira said against a change."""
        return objection.fields.get(change.field_id) or objection.said

    @abstractmethod
    def remedy(self, change: Change, objection: Objection) -> str:
        """What an admin can do about a refused change."""
