"""Search over the (possibly lagging) index: matching, order, pages by token, and Jira's refusals."""

from __future__ import annotations

import hashlib
import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.jql import Matcher, compile_jql
from connectors.sandbox.site_state.catalogue import catalogue_of
from connectors.sandbox.site_state.forge_apps import FunctionError, expand_functions
from connectors.sandbox.site_state.scheme import Account
from connectors.sandbox.site_state.state import Record, Sandbox
from connectors.sandbox.traffic.access import JiraAnswerError, bad_request
from mappings.facts.moment import Moment
from mappings.jql import JqlError
from mappings.jql.text.tree import OrderBy

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
BAD_TOKEN = "The provided next page token is invalid or expired."  # noqa: S105 - a message
TOO_MANY_ORDERS = "JQL can be ordered by at most 7 fields."
TOKEN_LIFE = timedelta(days=7)
REMEMBERED = 64
MOST_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class _Token:
    jql: str
    account_id: str
    offset: int
    born: datetime


class Searcher:
    """Answers JQL for one sandbox. `unknown` says what a JQL naming something unknown gets: "refuse" (400) or "empty" (200, nothing).

    `strict` refuses values too that the caller does not know, as a project that was closed to it; else they match nothing.
    """

    def __init__(self, sandbox: Sandbox, unknown: str = "refuse") -> None:
        self.sandbox = sandbox
        self.unknown = unknown
        self.strict = False
        self.expire_tokens = False
        self._tokens: OrderedDict[str, _Token] = OrderedDict()
        self._results: OrderedDict[tuple[object, ...], list[str]] = OrderedDict()
        self._compiled: OrderedDict[tuple[object, ...], Matcher] = OrderedDict()
        self._serial = itertools.count(1)

    # -- matching ---------------------------------------------------------------------------------------------

    def compile(self, jql: str, account: Account) -> Matcher:
        """The compiled JQL; raises JqlError. Kept until an issue changes, as keys are resolved when it is compiled."""
        key = (jql, account.id, self.sandbox.index_version)
        found = self._compiled.get(key)
        if found is None:
            found = compile_jql(self.sandbox, catalogue_of(self.sandbox, account), jql, strict=self.strict)
            self._compiled[key] = found
            while len(self._compiled) > REMEMBERED:
                self._compiled.popitem(last=False)
        return found

    def ids(self, jql: str, account: Account, *, bounded: bool = True, live: Iterable[str] = ()) -> list[str]:
        """Ids of all issues that match, in order; `live` ids are read past the index (reconcileIssues)."""
        self.sandbox.catch_up()
        jql = self._expanded(jql)
        matcher = self._checked(jql, account, bounded=bounded)
        if matcher is None:
            return []
        minute = int(self.sandbox.clock().timestamp() // 60) if matcher.timed else 0
        key = (jql, account.id, self.sandbox.index_version, minute, tuple(sorted(live)))
        found = self._results.get(key)
        if found is None:
            found = self._results[key] = self._evaluate(matcher, account, live)
            while len(self._results) > REMEMBERED:
                self._results.popitem(last=False)
        return found

    def _expanded(self, jql: str) -> str:
        try:
            return expand_functions(self.sandbox, jql)
        except FunctionError as problem:
            raise bad_request(f"Error in the JQL Query: {problem}") from None

    def _checked(self, jql: str, account: Account, *, bounded: bool) -> Matcher | None:
        try:
            matcher = self.compile(jql, account)
        except JqlError as problem:
            self._refuse(problem, account)
            return None
        if bounded and matcher.query.where is None:
            raise bad_request(UNBOUNDED)
        if len(matcher.query.order_by) > 7:
            raise bad_request(TOO_MANY_ORDERS)
        return matcher

    def _refuse(self, problem: JqlError, account: Account) -> None:
        unknown = all(finding.code.startswith(("unknown", "no-such")) for finding in problem.findings)
        if unknown and (not account.id or self.unknown == "empty"):
            return
        raise bad_request(*(f"Error in the JQL Query: {finding.message}" for finding in problem.findings))

    def _evaluate(self, matcher: Matcher, account: Account, live: Iterable[str]) -> list[str]:
        moment = matcher.at(Moment(self.sandbox.clock(), ZoneInfo(account.time_zone), account.id or None))
        index = self.sandbox.index
        for issue_id in live:
            index = {
                **index,
                **({issue_id: self.sandbox.records[issue_id]} if issue_id in self.sandbox.records else {}),
            }
        sandbox, match = self.sandbox, matcher.match
        projects = [one.project for one in sandbox.projects.values()]
        seen = {one.id for one in projects if sandbox.may_browse(account, one)}
        levelled = {one for one in sandbox.levels if not sandbox.is_let_in(account, one)}
        absent = sandbox.archived | sandbox.forbidden | levelled
        shown = (one for one in index.values() if one.project.id in seen and one.id not in absent)
        found = [one for one in shown if match(one, moment)]
        return [one.id for one in order_records(found, matcher.query.order_by, self.sandbox)]

    # -- pages ------------------------------------------------------------------------------------------------

    def page(
        self, jql: str, account: Account, size: int, token: str | None, live: Iterable[str] = ()
    ) -> tuple[list[Record], str | None]:
        """One page and the token of the next. There is no snapshot: what changes between pages may be missed or repeated."""
        offset = self._offset(token, jql, account) if token else 0
        ids = self.ids(jql, account, live=live)
        records = [self._shown(one) for one in ids[offset : offset + size]]
        last = offset + size >= len(ids)
        return [one for one in records if one is not None], None if last else self._token(
            jql, account, offset + size
        )

    def _shown(self, issue_id: str) -> Record | None:
        """What a search shows of an issue is what the index knows."""
        return self.sandbox.index.get(issue_id) or self.sandbox.records.get(issue_id)

    def _offset(self, token: str, jql: str, account: Account) -> int:
        known = self._tokens.get(token)
        fresh = (
            known is not None and self.sandbox.clock() - known.born <= TOKEN_LIFE and not self.expire_tokens
        )
        self.expire_tokens = False
        if known is None or not fresh or (known.jql, known.account_id) != (jql, account.id):
            raise bad_request(BAD_TOKEN)
        return known.offset

    def _token(self, jql: str, account: Account, offset: int) -> str:
        serial = f"{next(self._serial)}:{offset}:{jql}"
        name = "Ch0j" + hashlib.sha256(serial.encode()).hexdigest()[:40]
        self._tokens[name] = _Token(jql, account.id, offset, self.sandbox.clock())
        while len(self._tokens) > MOST_TOKENS:
            self._tokens.popitem(last=False)
        return name


# -- order ------------------------------------------------------------------------------------------------------

SortKey = Callable[[Record], Any]


def _project_and_number(record: Record) -> tuple[str, int]:
    project, _, number = record.key.rpartition("-")
    return project, int(number)


_SORTS: dict[str, SortKey] = {
    "id": lambda record: int(record.id),
    "key": _project_and_number,
    "issuekey": _project_and_number,
    "issue": _project_and_number,
    "rank": lambda record: int(record.id),
    "created": lambda record: record.created,
    "createddate": lambda record: record.created,
    "updated": lambda record: record.updated,
    "updateddate": lambda record: record.updated,
    "resolved": lambda record: record.resolved,
    "resolutiondate": lambda record: record.resolved,
    "due": lambda record: record.due,
    "duedate": lambda record: record.due,
    "priority": lambda record: -int(record.priority.id),
    "status": lambda record: record.status.name,
    "summary": lambda record: record.summary.lower(),
    "project": lambda record: record.project.name,
    "issuetype": lambda record: record.type.name,
    "type": lambda record: record.type.name,
    "assignee": lambda record: record.assignee.name if record.assignee else None,
}


def order_records(records: list[Record], order_by: Iterable[OrderBy], sandbox: Sandbox) -> list[Record]:
    """Records in the order asked for; without one the newest come first, which nobody should count on."""
    found = sorted(records, key=lambda record: -int(record.id))
    for order in reversed(tuple(order_by)):
        found = _sorted(found, _sort_key(str(order.field), sandbox), order.descending)
    return found


def _sorted(records: list[Record], key: SortKey, descending: bool) -> list[Record]:
    filled = [one for one in records if key(one) is not None]
    empty = [one for one in records if key(one) is None]
    return sorted(filled, key=key, reverse=descending) + empty


def _sort_key(name: str, sandbox: Sandbox) -> SortKey:
    known = _SORTS.get(name.lower())
    if known is not None:
        return known
    for field in sandbox.fields.values():
        if field.type == "number" and name.lower() in (
            field.id,
            *(clause.lower() for clause in field.clauses),
        ):
            return lambda record: record.customs.get(field.id)
    raise JiraAnswerError(400, (f"Not able to sort using field '{name}'.",))


def allowed_size(asked: int, fields: Iterable[str]) -> int:
    """The page size Jira really serves: 100 as soon as one field is asked for, 5000 for ids and keys alone."""
    cheap = all(name in ("id", "key") for name in fields)
    return min(asked, 5000 if cheap else 100)
