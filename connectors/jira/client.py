"""One Jira site to everyone else: reading, history, metadata and writing, whatever the deployment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from connectors.jira.http.address import Deployment, JiraAddress
from connectors.jira.http.gateway import is_gateway
from connectors.jira.http.transport import Pacing, Transport
from connectors.jira.metadata import browse_permission, catalogue, permissions, server
from connectors.jira.metadata.paged_lists import read_pages
from connectors.jira.metadata.server import JiraAccount, JiraLibrary, ServerInfo
from connectors.jira.metadata.token_end import token_end
from connectors.jira.read import (
    bulk,
    changelog,
    comments,
    lookup,
    properties,
    search_cloud,
    search_datacenter,
)
from connectors.jira.read.page import ReadResult, SearchPage
from connectors.jira.read.parent_memory import NoParentMemory, ParentMemory
from connectors.jira.sign_in.scopes import Scope
from connectors.jira.webhooks import app_webhooks, registration
from connectors.jira.webhooks.app_webhooks import AppWebhookWish
from connectors.jira.wire.changed_field import PARENT_FIELDS, ChangedFields
from connectors.jira.wire.issue_decoder import IssueDecoder, decoder_for
from connectors.jira.write import create, custom_field, dispatch, edit, transition
from connectors.jira.write.create import CreatedIssue, CreateField
from connectors.jira.write.custom_field import DescribedField, FieldWish, Screen
from connectors.jira.write.edit import EditField
from connectors.jira.write.transition import WorkflowTransition
from connectors.once import once
from mappings.explain.past import FieldChange
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.comment import Comment
from mappings.facts.issue import Issue, JiraValue, User
from mappings.imports.people import JiraPerson
from mappings.write_back.target import Request


def connect(
    address: JiraAddress,
    *,
    timeout: tuple[float, float] = (5.0, 30.0),
    governor: Pacing | None = None,
    sight: ParentMemory | None = None,
) -> Jira:
    """A site ready to be asked. Makes no call: the deployment, unless given, is found out at the first one."""
    return Jira(Transport(address, timeout=timeout, governor=governor), sight)


class Companion(Protocol):
    """What speaks to something else of the same site, and is closed with it."""

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""


class Jira:
    """One site. Thread-safe; every method raises JiraError and its kinds."""

    def __init__(
        self, transport: Transport, sight: ParentMemory | None = None, front: Jira | None = None
    ) -> None:
        self.transport = transport
        self._front = front
        self._sight: ParentMemory = sight or NoParentMemory()
        self.guard = threading.RLock()
        self.companions: dict[str, Companion] = {}
        """By name what was made beside it, under `guard`."""

    def __repr__(self) -> str:
        return f"Jira({self.transport.address.name!r})"

    def in_background(self) -> Jira:
        """The same site for work that yields to fresh events: resync, history. What is asked once is asked by this one, for both."""
        return Jira(self.transport.in_background(), self._sight, self._front or self)

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        self.transport.close()
        if "_library" in self.__dict__:
            self.__dict__.pop("_library").close()
        for one in list(self.companions.values()):
            one.close()

    # -- who and what

    @once
    def deployment(self) -> Deployment:
        """`cloud` or `datacenter`, as configured or as the site says."""
        if self._front is not None:
            return self._front.deployment
        return self.transport.address.deployment or self.server().deployment

    @property
    def known_deployment(self) -> Deployment | None:
        """The deployment where it is configured or was asked for already; makes no call."""
        asked = self._front or self
        found: Deployment | None = asked.__dict__.get("deployment")
        return found or self.transport.address.deployment

    @property
    def api(self) -> str:
        """The path of the REST API spoken with this deployment."""
        return "/rest/api/3" if self._cloud else "/rest/api/2"

    def server(self) -> ServerInfo:
        """Which Jira it is; asked once."""
        return self._info

    def myself(self) -> User:
        """Whose credentials these are, asked afresh. Raises AuthFailure where Jira answers as to a stranger."""
        return server.account(self._library).user

    def time(self) -> datetime | None:
        """What time it is by Jira's clock, asked afresh; None where it does not say."""
        return server.server_time(self.transport, self.api)

    @property
    def time_zone(self) -> str:
        """The IANA name of the account's time zone, in which Jira reads dates in JQL; asked once."""
        return self._account.time_zone

    def permissions(self, project_key: str | None, names: Iterable[str]) -> dict[str, bool]:
        """Whether the account has these permissions, in a project or anywhere."""
        return permissions.permissions(self.transport, self.api, project_key, names)

    def seen_by(self, person: str, keys: Mapping[str, str]) -> Iterator[dict[str, bool]]:
        """Which of these issues (key by id) a person may see, in batches as Jira answers; "" is whoever has not signed in there.

        A person is an account id on Cloud, a user name on Data Center. Raises JiraRefusal with status 403 where our account may not ask for others.
        """
        if not person:
            return browse_permission.seen_by_strangers(self.transport, list(keys), cloud=self._cloud)
        if self._cloud:
            return browse_permission.seen_on_cloud(self.transport, person, list(keys))
        return browse_permission.seen_on_datacenter(self.transport, person, keys)

    def missing_scopes(self) -> tuple[Scope, ...]:
        """The scopes that a token at the gateway lacks of those we need; none for a token that has no scopes."""
        if not is_gateway(self.transport.base):
            return ()
        return permissions.missing_scopes(self.transport, self.api)

    def token_end(self) -> date | None:
        """The day on which our token expires, where Jira tells (Data Center)."""
        return None if self._cloud else token_end(self.transport)

    # -- reading

    def search(
        self,
        jql: str,
        fields: Iterable[str] = (),
        page_size: int = 100,
        reconcile: Sequence[str] = (),
        after: str | None = None,
    ) -> Iterator[SearchPage]:
        """Pages of the matching issues with the core fields and `fields`; complete only when a page says `last`.

        `reconcile`: up to 50 issue ids that Cloud must show as they are now, not as its index remembers them. `after`: the
        place where the same search stopped earlier (`SearchPage.after`); JiraRefusal with status 400 where Jira no longer knows it.
        """
        decoder = self._decoder(fields)
        if self._cloud:
            return search_cloud.search(self.transport, jql, decoder, page_size, reconcile, after)
        return search_datacenter.search(self.transport, jql, decoder, self._sight, page_size, after)

    def search_ids(self, jql: str) -> Iterator[str]:
        """Ids of the matching issues, in pages of thousands."""
        if self._cloud:
            return search_cloud.search_ids(self.transport, jql)
        return search_datacenter.search_ids(self.transport, jql)

    def count(self, jql: str) -> int:
        """How many issues match; approximate on Cloud."""
        if self._cloud:
            return search_cloud.count(self.transport, jql)
        return search_datacenter.count(self.transport, jql)

    def jql_errors(self, jql: str) -> tuple[str, ...]:
        """What Jira itself finds wrong with a query; empty where nothing is."""
        if self._cloud:
            return search_cloud.jql_errors(self.transport, jql)
        return search_datacenter.jql_errors(self.transport, jql)

    def read(
        self,
        ids: Iterable[str],
        fields: Iterable[str] = (),
        edited: Mapping[str, datetime] | None = None,
        lags: Callable[[Issue], bool] = bulk.no_doubt,
    ) -> ReadResult:
        """The issues with these ids as they are now, and which of them Jira does not show.

        `edited` says by id when an issue was last edited at least; Data Center reads what it names many at once, and alone what
        `lags` says is shown as it was before.
        """
        decoder = self._decoder(fields)
        if self._cloud:
            return self._bulk_reader.read(ids, decoder)
        return bulk.read_datacenter(self.transport, ids, decoder, edited or {}, self._sight, lags)

    def readings(
        self,
        ids: Iterable[str],
        field_ids: Iterable[str],
        created: Mapping[str, datetime] | None = None,
        edited: Mapping[str, datetime] | None = None,
        named: Iterable[Field] = (),
    ) -> changelog.Readings:
        """What number fields held and since when, by issue id and field id; no entry for an issue whose history cannot be had.

        With `created` (issue id → creation) the value from before the first change is the first reading. `edited` says by id when
        an issue was last edited at least; Data Center reads what it names many at once. It tells of a change by what the field was
        called then: `named` are fields by further names, of today and of before.
        """
        asked, wanted = bulk.clean_ids(ids), frozenset(field_ids)
        told = ChangedFields(() if self._cloud else [*self._fields, *named])
        history = changelog.ChangeHistory(wanted, told, created)
        if self._cloud:
            changelog.collect_cloud(self.transport, asked, wanted, history)
        else:
            changelog.collect_datacenter(self.transport, asked, history, edited or {})
        return history.readings(asked)

    def steps(
        self,
        ids: Iterable[str],
        field_ids: Iterable[str],
        edited: Mapping[str, datetime] | None = None,
        named: Iterable[Field] = (),
    ) -> dict[str, tuple[FieldChange, ...]]:
        """Every change of these fields by issue id, oldest first; no entry for an issue whose history cannot be had.

        `parent` comes by whatever name the deployment gives it. Histories tell of parents and links without the id of a field, so with one of these
        Cloud is asked for every change: asked by field it would leave those out. `edited` and `named` as with `readings`.
        """
        asked, wanted = bulk.clean_ids(ids), frozenset(field_ids)
        history = changelog.ChangeHistory(wanted, ChangedFields([*self._fields, *named]))
        if self._cloud:
            by_field = wanted if wanted.isdisjoint(changelog.UNNAMED) else ()
            changelog.collect_cloud(self.transport, asked, by_field, history)
        else:
            changelog.collect_datacenter(self.transport, asked, history, edited or {})
        return history.steps(asked)

    def step_calls(self, issues: int) -> int:
        """How many calls `steps` takes at least, with parents among the fields."""
        return changelog.calls_for(issues, 0, cloud=self._cloud)

    def catalogue(self, sample_issue_ids: Iterable[str] = ()) -> Catalogue:
        """Everything a mapping can name. Option values are those on the edit screens of the sample issues."""
        pages = self._pages if self._cloud else None
        found = catalogue.read_catalogue(self._library, self._account, pages)
        return catalogue.with_options(found, [self.edit_fields(issue_id) for issue_id in sample_issue_ids])

    def issue_of(self, key: str) -> JiraValue | None:
        """The issue that has this key, or had it before it was moved; its name is the key as asked."""
        return lookup.issue_of(self.transport, self.api, key)

    def lacks_issue(self, id_: str) -> bool:
        """Whether Jira says itself that it has no issue of this id, or shows none. A refusal in other words says nothing."""
        return lookup.lacks_issue(self.transport, self.api, id_)

    def lacks_person(self, id_: str) -> bool:
        """Whether Jira says itself that it has nobody of this account id (Cloud) or user name (Data Center)."""
        return lookup.lacks_person(self.transport, self.api, id_, cloud=self._cloud)

    def project_parts(self, project_id: str) -> lookup.ProjectParts:
        """The components and versions of a project."""
        return lookup.project_parts(self.transport, self.api, project_id)

    def people(self, word: str) -> tuple[User, ...]:
        """Whom Jira finds under a name or an e-mail address."""
        return lookup.people(self.transport, self.api, word, cloud=self._cloud)

    def person(self, id_: str) -> User | None:
        """Who has this account id (Cloud) or user name (Data Center)."""
        return lookup.person(self.transport, self.api, id_, cloud=self._cloud)

    def directory(self, word: str) -> tuple[JiraPerson, ...]:
        """Whom Jira lists for a name or an e-mail address, those who are not active too."""
        return lookup.directory(self.transport, self.api, word, cloud=self._cloud)

    def comments(self, issue_id: str) -> tuple[Comment, ...]:
        """Every comment of an issue that the account may see, the oldest first."""
        return comments.comments(self.transport, self.api, issue_id)

    # -- writing

    def edit_fields(self, issue_id: str) -> dict[str, EditField]:
        """The fields that can be written on this issue, by id."""
        return edit.edit_fields(self.transport, self.api, issue_id)

    def edit(self, issue_id: str, values: Mapping[str, object], notify: bool = False) -> None:
        """Set fields by id in one edit, all or none; raises JiraRefusal with `.fields` naming the refused ones.

        `notify=False` needs the permission to administer the project; ask `permissions` first.
        """
        if values:
            request = Request(
                "PUT", f"/issue/{issue_id}", {"fields": dict(values)}, notifies=True, answer="edit"
            )
            self.tell(request, notify=notify)

    def create_types(self, project_id: str) -> tuple[str, ...]:
        """Ids of the issue types that the account may make in a project."""
        return create.create_types(self.transport, self.api, project_id)

    def create_fields(self, project_id: str, type_id: str) -> dict[str, CreateField]:
        """The fields on the create screen of a type in a project, by id."""
        return create.create_fields(self.transport, self.api, project_id, type_id)

    def create(self, fields: Mapping[str, object], properties: Mapping[str, object]) -> CreatedIssue:
        """Make an issue with these fields and entity properties, once; raises JiraOutage where it may have been made all the same."""
        return create.create(self.transport, self.api, fields, properties)

    def create_field(self, wish: FieldWish) -> str:
        """Make a custom field for all projects, on no screen yet; its id."""
        return custom_field.create_field(self.transport, self.api, wish)

    def add_options(self, field_id: str, options: Sequence[str]) -> None:
        """Give a field of choices its options (Cloud)."""
        custom_field.add_options(self.transport, self.api, field_id, options)

    def screens(self, project_ids: Sequence[str]) -> tuple[Screen, ...]:
        """The screens on which issues of these projects are edited and looked at (Cloud)."""
        return custom_field.screens(self.transport, self.api, project_ids)

    def put_on(self, screen: Screen | None, field_id: str) -> None:
        """Put a field on a screen, on Jira's default one where none is named; raises JiraRefusal where Jira declines."""
        if screen is None:
            custom_field.put_on_default(self.transport, self.api, field_id)
        else:
            custom_field.put_on(self.transport, self.api, screen, field_id)

    def described_fields(self) -> tuple[DescribedField, ...]:
        """The custom fields with what stands below their names (Cloud)."""
        return custom_field.describe_fields(self.transport, self.api)

    def trash_field(self, field_id: str) -> None:
        """Move a field to Jira's trash (Cloud)."""
        custom_field.trash(self.transport, self.api, field_id)

    def ways_on(self, issue_id: str) -> tuple[WorkflowTransition, ...]:
        """The transitions that the account may take with an issue now."""
        return transition.ways_on(self.transport, self.api, issue_id)

    def take(self, issue_id: str, way: WorkflowTransition) -> None:
        """Move an issue along its workflow; raises JiraRefusal where Jira declines."""
        transition.take(self.transport, self.api, issue_id, way)

    def ask(self, request: Request) -> object:
        """What Jira answers to a write target; None where it shows no such thing. Raises JiraRefusal where it forbids to read it."""
        return dispatch.ask(self.transport, self.api, request)

    def tell(self, request: Request, *, notify: bool = False) -> None:
        """Send what a write target writes, once; raises JiraRefusal with `.fields` naming what is refused."""
        dispatch.tell(self.transport, self.api, request, notify=notify)

    def get_property(self, issue_id: str, key: str) -> object:
        """An entity property of an issue, None where there is none."""
        return properties.get_property(self.transport, self.api, issue_id, key)

    def put_property(self, issue_id: str, key: str, value: object) -> None:
        """Set an entity property of an issue."""
        properties.put_property(self.transport, self.api, issue_id, key, value)

    def delete_property(self, issue_id: str, key: str) -> None:
        """Remove an entity property of an issue."""
        properties.delete_property(self.transport, self.api, issue_id, key)

    def webhooks(self) -> tuple[registration.RegisteredWebhook, ...]:
        """All admin webhooks of the site."""
        return registration.webhooks(self.transport, registration.resource(self.server()))

    def register_webhook(
        self, name: str, url: str, secret: str, jql: str = "", *, besides: Iterable[str] = ()
    ) -> registration.RegisteredWebhook:
        """Create the webhook of this name and address, or bring it up to date; it tells of the events `besides` too."""
        events = (*registration.EVENTS, *besides)
        return registration.register(
            self.transport, registration.resource(self.server()), name, url, secret, jql, events
        )

    def delete_webhook(self, webhook_id: str) -> None:
        """Remove one webhook."""
        registration.delete(self.transport, registration.resource(self.server()), webhook_id)

    def app_webhooks(self) -> tuple[registration.RegisteredWebhook, ...]:
        """All webhooks that our OAuth 2.0 app registered."""
        return app_webhooks.app_webhooks(self.transport)

    def register_app_webhook(self, wished: AppWebhookWish) -> str:
        """Register a webhook of our app; its id."""
        return app_webhooks.register(self.transport, wished)

    def refresh_app_webhooks(self, ids: Sequence[str]) -> datetime:
        """Let webhooks of our app live on; until when."""
        return app_webhooks.refresh(self.transport, ids)

    def delete_app_webhooks(self, ids: Sequence[str]) -> None:
        """Remove webhooks of our app."""
        app_webhooks.delete(self.transport, ids)

    def _pages(self, path: str) -> list[Mapping[str, object]]:
        return read_pages(self.transport, f"{self.api}/{path}")

    # -- asked once

    @property
    def _cloud(self) -> bool:
        return self.deployment == "cloud"

    @once
    def _library(self) -> JiraLibrary:
        return JiraLibrary(self.transport)

    @once
    def _info(self) -> ServerInfo:
        if self._front is not None:
            return self._front._info
        return server.server_info(self._library)

    @once
    def _account(self) -> JiraAccount:
        if self._front is not None:
            return self._front._account
        return server.account(self._library)

    @once
    def _fields(self) -> tuple[Field, ...]:
        if self._front is not None:
            return self._front._fields
        return catalogue.read_fields(self._library)

    @once
    def _parent_fields(self) -> tuple[str, ...]:
        """Epic Link and Parent Link of a Data Center site; Cloud has `parent` for everything."""
        if self._front is not None:
            return self._front._parent_fields
        if self._cloud:
            return ()
        return tuple(field.id for field in self._fields if field.custom in PARENT_FIELDS)

    @once
    def _bulk_reader(self) -> bulk.BulkReader:
        return bulk.BulkReader(self.transport)

    def _decoder(self, fields: Iterable[str]) -> IssueDecoder:
        return decoder_for(fields, self._parent_fields, keyed=not self._cloud)
