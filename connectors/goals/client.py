"""The goals of one site: which there are, and how they stand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from connectors.goals.gateway import OAUTH_PATH, PATH, T, ask, refusal
from connectors.goals.operations import (
    ADD_METRIC,
    BATCH,
    EDIT_METRIC,
    EDIT_TARGET,
    LINK_ISSUE,
    LIST,
    MOST_METRICS,
    POST,
    REMOVE_TARGET,
    SETTINGS,
    STANDING,
    TAKE_BACK,
    TENANT,
    GatewayOperation,
)
from connectors.goals.shapes import GoalList, GoalPage, OrderPayload, Settings, Tenants
from connectors.jira.client import Jira
from connectors.jira.http.errors import IncompleteRead, JiraOutage, JiraRefusal
from connectors.jira.http.gateway import gateway_of
from connectors.jira.http.transport import Transport
from connectors.jira.sign_in.credentials import GrantedCredentials
from connectors.once import once
from mappings.facts.goal import SOURCE, Goal, GoalBoard, GoalMetric, GoalUpdate, NamedGoal, Scoring

NAME = "goals"
MOST_PAGES = 400
"""More goals than so many pages hold are not believed."""
NO_CLOUD_ID = (
    "Check the address of the site: it is not one of Jira Cloud, or not by the name that Atlassian knows."
)


def goals_of(jira: Jira) -> Goals:
    """The goals beside a Jira: made once, kept and closed with it."""
    with jira.guard:
        found = jira.companions.get(NAME)
        if not isinstance(found, Goals):
            found = jira.companions[NAME] = _beside(jira)
        return found


def _beside(jira: Jira) -> Goals:
    """They are asked at the address that people browse, also where the API of Jira is not; those whom OAuth
    grants their tokens at Atlassian's gateway, which alone takes these. An account that is for goals alone goes before the one of Jira.
    """
    transport, address = jira.transport, jira.transport.address
    own, gateway = address.goals, gateway_of(address)
    if own is None and address.api_base == address.browse_url and not address.gateway:
        return Goals(transport)
    by_oauth = own is None and gateway is not None and isinstance(address.credentials, GrantedCredentials)
    place = gateway if by_oauth and gateway is not None else address.browse_url
    beside = replace(address, api_base=place, gateway="", credentials=own or address.credentials)
    other = Transport(beside, timeout=transport.timeout, governor=transport.governor)
    other.observer = transport.observer
    return Goals(other, OAUTH_PATH if by_oauth else PATH)


class Goals:
    """The goals that the account may see. Every method raises JiraError and its kinds."""

    def __init__(self, transport: Transport, path: str = PATH) -> None:
        self._transport = transport
        self._path = path
        self.guard = threading.RLock()

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        self._transport.close()

    @once
    def cloud_id(self) -> str:
        """By what Atlassian knows the site; asked once."""
        host = urlsplit(self._transport.address.browse_url).hostname or ""
        found = self._ask(TENANT, {"hosts": [host]}, Tenants)
        known = next((one.cloud_id for one in found if one is not None and one.cloud_id), None)
        if known is None:
            raise JiraRefusal(404, (f"Atlassian knows no site at {host}.",), remedy=NO_CLOUD_ID)
        return known

    @property
    def container(self) -> str:
        """Where the goals of the site are."""
        return f"ari:cloud:townsquare::site/{self.cloud_id}"

    def scoring(self) -> Scoring | None:
        """Whether the site scores its goals; None where it does not say."""
        return self._ask(SETTINGS, {"container": self.container}, Settings).scoring_mode

    def every(self) -> Iterator[Goal]:
        """All goals that are not archived, page by page, without what was posted. Searches are known not to find keys reliably, so all are read."""
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = self._ask(LIST, {"container": self.container, "after": after}, GoalPage)
            yield from (one.made() for one in page.nodes)
            following = page.page_info
            if following is None:
                raise IncompleteRead("A page of goals does not say whether it is the last.")
            if not following.has_next_page:
                return
            if following.end_cursor is None or following.end_cursor == after:
                raise IncompleteRead("A page of goals that is not the last leads to no other.")
            after = following.end_cursor
        raise IncompleteRead(f"Atlassian Goals has no end after {MOST_PAGES} pages.")

    def standing(self, ids: Iterable[str]) -> dict[str, Goal]:
        """How the goals of these ids stand, by id; one that the account may not see is left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Goal] = {}
        for begun in range(0, len(wanted), BATCH):
            asked = self._ask(STANDING, {"ids": wanted[begun : begun + BATCH]}, GoalList)
            found |= {one.id: one.made() for one in asked if one is not None}
        return found

    def board(self) -> GoalBoard:
        """How the site scores, and by what its goals are known; a board with a problem where the gateway says that there are none."""
        try:
            scoring = self.scoring()
            return GoalBoard(scoring, tuple(NamedGoal(one.id, one.key) for one in self.every()))
        except JiraRefusal as error:
            return GoalBoard(problem=" ".join(error.messages) or error.message)

    def post(
        self, goal_id: str, status: str, score: int | None, words: str, link: str | None
    ) -> GoalUpdate | None:
        """Post an update, once: everybody who watches the goal is told. `link` is where the end of the summary leads. Gives what the
        site made of it, where it says so. Raises JiraRefusal where it is refused."""
        said: dict[str, object] = {"goalId": goal_id, "status": status, "summary": document(words, link)}
        if score is not None:
            said["score"] = score
        made = self._do(POST, said).update
        return None if made is None else made.made()

    def take_back(self, update_id: str) -> None:
        """Delete an update, which has to be the latest of its goal. Raises JiraRefusal where it is refused."""
        self._do(TAKE_BACK, {"updateId": update_id})

    def measure(
        self,
        goal_id: str,
        wanted: Mapping[str, Mapping[str, object]],
        left: Collection[str],
        issue_id: str,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        """Let a goal be measured by these metrics of ours, by the ids under which we know them, and by those that are `left` no more.

        What is there already is found by its origin and changed where it differs, so that it may be done again after any interruption.
        The issue is linked to the goal, as far as Atlassian takes that. Raises JiraRefusal where it is refused. `keep` is called before
        each call that writes: many metrics at a slow gateway take longer than a claim lasts.
        """
        goal = self.standing([goal_id]).get(goal_id)
        if goal is None:
            raise JiraRefusal(404, ("The goal does not exist, or is out of sight.",))
        there = {one.origin[1]: one for one in goal.metrics if one.origin[0] == SOURCE}
        if goal.more_metrics and not wanted.keys() <= there.keys():
            raise JiraRefusal(400, (TOO_MANY_METRICS,))
        if not there:
            keep()
            self._link(goal_id, issue_id)
        for id_, said in wanted.items():
            keep()
            if id_ not in there:
                self._add_metric(goal_id, id_, said)
            else:
                self._correct(there[id_], said)
        for id_ in left:
            if id_ in there:
                keep()
                self._do(REMOVE_TARGET, {"goalId": goal_id, "metricTargetId": there[id_].target_id})

    def _add_metric(self, goal_id: str, id_: str, said: Mapping[str, object]) -> None:
        metric = {"goalId": goal_id, "name": said["name"], "type": said["type"], "value": said["value"]}
        own = {**metric, "source": SOURCE, "externalEntityId": id_}
        self._do(
            ADD_METRIC,
            {
                "goalId": goal_id,
                "createMetric": own,
                "startValue": said["start"],
                "targetValue": said["target"],
            },
        )

    def _correct(self, metric: GoalMetric, said: Mapping[str, object]) -> None:
        if (metric.start, metric.target) != (said["start"], said["target"]):
            ends = {"startValue": said["start"], "targetValue": said["target"]}
            self._do(EDIT_TARGET, {"metricTargetId": metric.target_id, **ends})
        if metric.value != said["value"]:
            self._do(EDIT_METRIC, {"metricId": metric.metric_id, "value": said["value"]})

    def _link(self, goal_id: str, issue_id: str) -> None:
        """Whether it is linked already cannot be asked; that Atlassian declines is no reason to hold anything back."""
        item = f"ari:cloud:jira:{self.cloud_id}:issue/{issue_id}"
        with suppress(JiraRefusal):
            self._do(LINK_ISSUE, {"goalId": goal_id, "workItemId": item})

    def _ask(self, operation: GatewayOperation, variables: Mapping[str, object], shape: type[T]) -> T:
        return ask(self._transport, operation, variables, shape, self._path)

    def _do(self, operation: GatewayOperation, said: Mapping[str, object]) -> OrderPayload:
        made = self._ask(operation, {"input": said}, OrderPayload)
        if made.errors or not made.success:
            raise refusal(made.errors) if made.errors else JiraOutage(UNSAID)
        return made


UNSAID = "Atlassian Goals says neither that an update was posted nor why it was not."
TOO_MANY_METRICS = f"The goal has more than {MOST_METRICS} metrics: whether ours are among them is not seen, so none is added."
WHY = "why?"


def document(words: str, link: str | None) -> str:
    """A summary as Atlassian keeps it: a document (ADF) as JSON text."""
    texts: list[dict[str, object]] = [{"type": "text", "text": f"{words} — " if link else words}]
    if link:
        marks = [{"type": "link", "attrs": {"href": link}}]
        texts.append({"type": "text", "text": WHY, "marks": marks})
    paragraph = {"type": "paragraph", "content": texts}
    return msgspec.json.encode({"type": "doc", "version": 1, "content": [paragraph]}).decode()
