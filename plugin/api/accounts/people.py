"""`/people`: everybody who may sign in. Programs need a token with the scope `people`, which no other scope includes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from plugin.access.authorization.members import ways_in
from plugin.api.protocol.addresses import JiraPersonAddress, PersonAddress, TokenAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import UNKEPT, Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.model import JsonShape, ListQuery, OutcomeJson, Page, RequestPart, Word
from plugin.doors.refusal import not_found
from plugin.doors.rows import PersonalRowJson, personal_row
from plugin.next_steps import PEOPLE, TOKENS
from plugin.use_cases.accounts import people, second_factor, tokens
from plugin.use_cases.accounts.people import Account
from plugin.use_cases.accounts.tokens import AccountToken
from plugin.use_cases.record import personal_data
from plugin.use_cases.visibility import account_people

ROUTES = Routes()

SCOPE = "people"
Role = Literal["viewer", "editor", "admin"]
Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$"), Field(strict=True)]


class PersonJson(JsonShape):
    """One account. `signs_in_by`: `password`, `oidc`, both or not yet anything; `disabled_at` null: it may sign in.

    `password_given`: somebody else chose the password, which they have to change.
    """

    id: int
    email: str
    name: str
    role: Role
    signs_in_by: list[str]
    password_given: bool
    created_at: datetime
    disabled_at: datetime | None


class OwnedToken(JsonShape):
    """One token of somebody. Its text is not kept, so it is not here."""

    id: int
    owner: str = Field(description="The address of the account that it is of.")
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class JiraPersonJson(JsonShape):
    """Who an account is in a Jira. `proof`: `jira` and `provider` were proved, `admin` was said by an admin."""

    site: str
    person: str = Field(description="The account id on Cloud, the user name on Data Center.")
    name: str
    proof: Literal["jira", "provider", "admin"] = Field(description="By what it is known.")
    proven_at: datetime = Field(description="When it was proved, or said.")
    ends: datetime | None = Field(
        description="From when on it counts no more, unless it is proved again; null where an admin said it."
    )


class JiraPeopleJson(JsonShape):
    """Who somebody is, by site; at a site that is not there they see what a stranger sees."""

    items: list[JiraPersonJson]


class JiraPersonBody(RequestPart):
    """Who somebody is in a Jira."""

    person: Word = Field(description="E-mail address, account id or user name; Jira has to know exactly one.")


class PersonalData(JsonShape):
    """Everything that is kept of somebody."""

    rows: list[PersonalRowJson] = Field(description="Each row that names them.")


class ErasureJson(JsonShape):
    """What stands in the place of an address now: in how many entries of the audit log, and how many rows elsewhere."""

    stand_in: str
    entries: int
    rows: int


class PersonBody(RequestPart):
    """Somebody who may sign in from now on."""

    email: Word
    name: Name = Field("", description="The address where it is left out.")
    role: Role = "viewer"
    password: bool = Field(
        True, description="Make a password, to be handed over. Without one they sign in by OIDC."
    )


class RoleBody(RequestPart):
    """Another role."""

    role: Role


class PasswordJson(JsonShape):
    """A person, and the password made for them. It is given this once: null in an answer that is given again."""

    person: PersonJson
    password: str | None


@ROUTES.get("/people", "admin", "Everybody who may sign in.")
def list_people(caller: Caller, query: ListQuery) -> Reply[Page[PersonJson]]:
    """By the order in which they were added."""
    name = list_name("people", query)
    after = position(query.cursor, name, (int,))
    found = sorted(people.list_people(caller.connector, caller.actor), key=lambda one: one.id)
    left = [one for one in found if after is None or one.id > int(after[0])]
    shown = left[: query.limit]
    return Reply(
        Page[PersonJson](
            items=[person_json(one) for one in shown],
            next=cursor(name, shown[-1].id) if len(left) > len(shown) else None,
        )
    )


@ROUTES.get("/people/{person}", "admin", "One person.")
def one_person(caller: Caller, path: PersonAddress) -> Reply[PersonJson]:
    """One of them."""
    return Reply(person_json(person_of(caller, path)))


@ROUTES.post(
    "/people",
    "admin",
    "Add somebody, with a password that is shown once.",
    status=201,
    scope=SCOPE,
    links={
        name: {"person": "$response.body#/person/id"}
        for name in ("one_person", "give_role", "disable_person", "remove_person")
    },
)
def add_person(caller: Caller, body: PersonBody) -> Reply[PasswordJson]:
    """The password is made here, shown once and to be changed by them."""
    password = people.generated_password() if body.password else None
    made = people.add(caller.connector, caller.actor, body.email, body.name, body.role, password)
    return _with_password(made, password, {"Location": f"/api/v1/people/{made.id}"})


@ROUTES.put("/people/{person}/role", "admin", "Give another role.", scope=SCOPE)
def give_role(caller: Caller, path: PersonAddress, body: RoleBody) -> Reply[PersonJson]:
    """It counts from the next request on. The only admin stays one."""
    person = person_of(caller, path)
    people.change_role(caller.connector, caller.actor, person, body.role)
    return Reply(person_json(person_of(caller, path)))


@ROUTES.post("/people/{person}/disable", "admin", "Let somebody in no more.", scope=SCOPE)
def disable_person(caller: Caller, path: PersonAddress) -> Reply[PersonJson]:
    """Sessions end and tokens stop working at once."""
    people.disable(caller.connector, caller.actor, person_of(caller, path))
    return Reply(person_json(person_of(caller, path)))


@ROUTES.post("/people/{person}/enable", "admin", "Let somebody in again.", scope=SCOPE)
def enable_person(caller: Caller, path: PersonAddress) -> Reply[PersonJson]:
    """They may sign in again."""
    people.enable(caller.connector, caller.actor, person_of(caller, path))
    return Reply(person_json(person_of(caller, path)))


@ROUTES.post(
    "/people/{person}/password", "admin", "Make somebody a new password, which is shown once.", scope=SCOPE
)
def new_password(caller: Caller, path: PersonAddress) -> Reply[PasswordJson]:
    """The former one and all sessions end."""
    person, password = person_of(caller, path), people.generated_password()
    people.set_password(caller.connector, caller.actor, person, password)
    return _with_password(person_of(caller, path), password)


@ROUTES.post("/people/{person}/sign-out", "admin", "Sign somebody out everywhere.", scope=SCOPE)
def sign_out_person(caller: Caller, path: PersonAddress) -> Reply[OutcomeJson]:
    """Everywhere. Their tokens go on working."""
    person = person_of(caller, path)
    people.sign_out(caller.connector, caller.actor, person)
    return Reply(OutcomeJson(said=f"{person.email} is signed out everywhere."))


@ROUTES.delete("/people/{person}/second-factor", "admin", "Take somebody's second factor away.", scope=SCOPE)
def remove_factor_of_person(caller: Caller, path: PersonAddress) -> Reply[OutcomeJson]:
    """For somebody who lost it; they set up another one."""
    person = person_of(caller, path)
    second_factor.remove_for(caller.connector, caller.actor, person)
    return Reply(OutcomeJson(said=f"{person.email} signs in by the password alone again."))


@ROUTES.get("/people/{person}/jira", "admin", "Who somebody is in Jira.")
def jira_people_of(caller: Caller, path: PersonAddress) -> Reply[JiraPeopleJson]:
    """At each site at which it is known."""
    return Reply(_jira_people(caller, person_of(caller, path)))


@ROUTES.put(
    "/people/{person}/jira/{site}", "admin", "Say who somebody is in a Jira.", scope=SCOPE, heavy=True
)
def name_jira_person(caller: Caller, path: JiraPersonAddress, body: JiraPersonBody) -> Reply[JiraPeopleJson]:
    """They see there what Jira shows this person. That an admin said so stands in the audit log."""
    person = person_of(caller, path)
    account_people.tie(caller.connector, caller.actor, person, site_of(caller, path), body.person)
    return Reply(_jira_people(caller, person))


@ROUTES.delete("/people/{person}/jira/{site}", "admin", "Let somebody be nobody in a Jira.", scope=SCOPE)
def forget_jira_person(caller: Caller, path: JiraPersonAddress) -> Reply[JiraPeopleJson]:
    """They see there what a stranger sees."""
    person = person_of(caller, path)
    account_people.untie(caller.connector, caller.actor, person, site_of(caller, path))
    return Reply(_jira_people(caller, person))


def _jira_people(caller: Caller, account: Account) -> JiraPeopleJson:
    found = account_people.people_of(caller.connector, caller.actor, account)
    return JiraPeopleJson.model_validate({"items": [account_people.person_values(one) for one in found]})


@ROUTES.get("/people/tokens", "admin", "API tokens of everybody, without their text.")
def list_everybodys_tokens(caller: Caller, query: ListQuery) -> Reply[Page[OwnedToken]]:
    """In the order in which they were made."""
    name = list_name("people tokens", query)
    after = position(query.cursor, name, (int,))
    found = tokens.list_all(caller.connector, caller.actor)
    left = [one for one in found if after is None or one.token.id > int(after[0])]
    shown = left[: query.limit]
    return Reply(
        Page[OwnedToken](
            items=[_owned(one) for one in shown],
            next=cursor(name, shown[-1].token.id) if len(left) > len(shown) else None,
        )
    )


@ROUTES.delete("/people/tokens/{token}", "admin", "Revoke a token of anybody.", scope=SCOPE)
def revoke_anybodys_token(caller: Caller, path: TokenAddress) -> Reply[OutcomeJson]:
    """What uses it is refused at once."""
    found = tokens.revoke(caller.connector, caller.actor, path.token)
    if found is None:
        raise not_found("token", path.token, TOKENS)
    return Reply(OutcomeJson(said=f"The token {found.name} is revoked."))


@ROUTES.get(
    "/people/{person}/data", "admin", "Everything that is kept of somebody.", in_person=True, heavy=True
)
def data_of_person(caller: Caller, path: PersonAddress) -> Reply[PersonalData]:
    """Each row that names them, with its table. That it was given out is noted."""
    person = person_of(caller, path)
    found = personal_data.hand_out_data(caller.connector, caller.actor, person.email)
    return Reply(PersonalData(rows=[personal_row(one) for one in found]), UNKEPT)


@ROUTES.post(
    "/people/{person}/erase", "admin", "Erase somebody from everything here.", in_person=True, heavy=True
)
def erase_person(caller: Caller, path: PersonAddress) -> Reply[ErasureJson]:
    """Their account goes, and a stand-in takes the place of their address. It cannot be undone."""
    person = person_of(caller, path)
    done = personal_data.erase_person(caller.connector, caller.actor, person.email)
    return Reply(ErasureJson(stand_in=done.stand_in, entries=done.entries, rows=done.rows))


@ROUTES.delete("/people/{person}", "admin", "Remove an account and its tokens.", scope=SCOPE)
def remove_person(caller: Caller, path: PersonAddress) -> Reply[OutcomeJson]:
    """With their tokens; what they did stays in the audit log under their address."""
    person = person_of(caller, path)
    people.remove(caller.connector, caller.actor, person)
    return Reply(OutcomeJson(said=f"The account {person.email} is removed."))


def person_of(caller: Caller, path: PersonAddress) -> Account:
    """The account of the address; 404 where there is none."""
    found = people.person(caller.connector, caller.actor, path.person)
    if found is None:
        raise not_found("person", path.person, PEOPLE)
    return found


def person_json(account: Account) -> PersonJson:
    """An account without anything secret."""
    return PersonJson.model_validate(
        {
            "id": account.id,
            "email": account.email,
            "name": account.name,
            "role": account.role,
            "signs_in_by": ways_in(account),
            "password_given": account.password_given_at is not None,
            "created_at": account.created_at,
            "disabled_at": account.disabled_at,
        }
    )


def _owned(one: AccountToken) -> OwnedToken:
    token = one.token
    return OwnedToken(
        id=token.id,
        owner=one.owner,
        name=token.name,
        scopes=sorted(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )


def _with_password(
    account: Account, password: str | None, headers: dict[str, str] | None = None
) -> Reply[PasswordJson]:
    person = person_json(account)
    return Reply(
        PasswordJson(person=person, password=password),
        {**UNKEPT, **(headers or {})},
        again=PasswordJson(person=person, password=None),
    )
