"""Webhooks that an OAuth 2.0 app registers for itself (dynamic ones): no administrator is needed, and they are over after 30 days unless refreshed.

Source: the official contract (`/rest/api/3/webhook`), and developer.atlassian.com/cloud/jira/platform/webhooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from connectors import typed_json
from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import Transport
from connectors.jira.webhooks.registration import EVENTS, RegisteredWebhook

PATH = "/rest/api/3/webhook"
NAME = "of the app"
"""They have none in Jira."""
TOLD = frozenset(
    {
        *(name for name in EVENTS if not name.startswith("issuelink_")),
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "issue_property_set",
        "issue_property_deleted",
    }
)
"""What they can tell of, of all that we ever ask for: links come by none of these events, and are found by the look every few minutes."""
MOST_PAGES = 20
REFRESHED_BEFORE = timedelta(days=23)
"""A webhook with less time left is refreshed: a week after the last time, so that three more weeks may fail."""


@dataclass(frozen=True, slots=True)
class AppWebhookWish:
    """What there should be: one webhook at this address."""

    url: str
    events: tuple[str, ...]
    jql: str


@dataclass(frozen=True, slots=True)
class AppWebhookCare:
    """What makes it so: `register` unless one is there, else `refresh` it where its time is short; `remove` what stands in its place."""

    register: bool
    refresh: str | None
    remove: tuple[str, ...]


class _Hook(msgspec.Struct, rename="camel"):
    id: int
    url: str
    events: tuple[str, ...] = ()
    jql_filter: str = ""
    expiration_date: int | str | None = None


class _Page(msgspec.Struct, rename="camel"):
    values: tuple[_Hook, ...]
    is_last: bool = True


class _Result(msgspec.Struct, rename="camel"):
    created_webhook_id: int | None = None
    errors: tuple[str, ...] = ()


class _Results(msgspec.Struct, rename="camel"):
    webhook_registration_result: tuple[_Result, ...] = ()


class _Validity(msgspec.Struct, rename="camel"):
    expiration_date: int | str


PAGES = typed_json.decoder(_Page)
RESULTS = typed_json.decoder(_Results)
UNTIL = typed_json.decoder(_Validity)


def wish(url: str, project_ids: Iterable[str], besides: Iterable[str] = ()) -> AppWebhookWish:
    """The webhook for these projects, of which there is one at least. Jira wants a filter, and takes few fields in it: one that names all projects leaves nothing out."""
    ids = sorted(set(project_ids), key=lambda one: (len(one), one))
    events = tuple(name for name in dict.fromkeys((*EVENTS, *besides)) if name in TOLD)
    return AppWebhookWish(url, events, f"project in ({', '.join(ids)})")


def care(wished: AppWebhookWish, ours: Sequence[RegisteredWebhook], now: datetime) -> AppWebhookCare:
    """What to do about those that Jira has of our app for the site, at this address and at others, from before a move. Pure."""
    right = [one for one in ours if _is(wished, one) and not _is_over(one, now)]
    # of two that live as long each process has to keep the same one
    kept = max(right, key=lambda one: (one.expires is not None, one.expires or now, one.id), default=None)
    remove = tuple(one.id for one in ours if kept is None or one.id != kept.id)
    short = kept is not None and (kept.expires is None or kept.expires - now < REFRESHED_BEFORE)
    return AppWebhookCare(kept is None, kept.id if kept is not None and short else None, remove)


def _is_over(one: RegisteredWebhook, now: datetime) -> bool:
    """What is over is refreshed no more: Jira passes over it without a word."""
    return one.expires is not None and one.expires <= now


def _is(wished: AppWebhookWish, one: RegisteredWebhook) -> bool:
    return one.url == wished.url and set(one.events) == set(wished.events) and one.jql == wished.jql


def app_webhooks(transport: Transport) -> tuple[RegisteredWebhook, ...]:
    """All that our app registered for the user as whom it works. Raises JiraError: JiraRefusal (403) for whoever is no app."""
    found: list[RegisteredWebhook] = []
    for _page in range(MOST_PAGES):
        page = transport.get(PATH, {"startAt": len(found), "maxResults": 100}).read(PAGES)
        found += [_registered(one) for one in page.values]
        if page.is_last or not page.values:
            return tuple(found)
    raise IncompleteRead("Jira's list of webhooks does not end.")


def register(transport: Transport, wished: AppWebhookWish) -> str:
    """Register it; the id. Raises JiraRefusal with Jira's words where it does not take it."""
    body = {"url": wished.url, "webhooks": [{"events": list(wished.events), "jqlFilter": wished.jql}]}
    results = transport.post(PATH, body).read(RESULTS).webhook_registration_result
    made = results[0].created_webhook_id if results else None
    if made is None:
        raise JiraRefusal(200, tuple(text for one in results for text in one.errors))
    return str(made)


def refresh(transport: Transport, ids: Sequence[str]) -> datetime:
    """Let them live 30 days more; until when. Jira passes over ids that it does not know without a word."""
    body = {"webhookIds": [int(one) for one in ids]}
    return _moment(transport.put(f"{PATH}/refresh", body).read(UNTIL).expiration_date)


def delete(transport: Transport, ids: Sequence[str]) -> None:
    """Take them out of Jira."""
    transport.delete(PATH, json={"webhookIds": [int(one) for one in ids]})


def _registered(one: _Hook) -> RegisteredWebhook:
    return RegisteredWebhook(
        id=str(one.id),
        name=NAME,
        url=one.url,
        events=one.events,
        jql=one.jql_filter,
        enabled=True,
        signed=True,
        expires=None if one.expiration_date is None else _moment(one.expiration_date),
    )


def _moment(said: int | str) -> datetime:
    """The contract says milliseconds, and shows text in its examples. Raises IncompleteRead for what is neither."""
    try:
        if isinstance(said, int) or said.isdecimal():
            return datetime.fromtimestamp(int(said) / 1000, UTC)
        return datetime.strptime(said, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise IncompleteRead("Jira does not say until when a webhook lives.") from None
