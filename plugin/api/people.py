"""`/people`: everybody who may sign in. Programs need a token with the scope `people`, which no other scope includes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from plugin.access.members import ways_in
from plugin.api.cursor import cursor, list_name, position
from plugin.api.failures import not_found
from plugin.api.model import Asked, Done, Given, ListQuery, Page, Word
from plugin.api.operation import JSON, UNKEPT, Call, Operation, Reply
from plugin.use_cases.accounts import people
from plugin.use_cases.accounts.people import Account

SCOPE = "people"
Role = Literal["viewer", "editor", "admin"]
Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$"), Field(strict=True)]


class PersonGiven(Given):
    """One account. `signs_in_by`: `password`, `oidc`, both or not yet anything; `disabled_at` null: it may sign in."""

    id: int
    email: str
    name: str
    role: Role
    signs_in_by: list[str]
    created_at: datetime
    disabled_at: datetime | None


class AddPerson(Asked):
    """Somebody who may sign in from now on."""

    email: Word
    name: Name = Field("", description="The address where it is left out.")
    role: Role = "viewer"
    password: bool = Field(
        True, description="Make a password, to be handed over. Without one they sign in by OIDC."
    )


class GiveRole(Asked):
    """Another role."""

    role: Role


class PasswordGiven(Given):
    """A person, and the password made for them. It is given this once: null in an answer that is given again."""

    person: PersonGiven
    password: str | None


def list_people(call: Call) -> Reply:
    """By the order in which they were added."""
    name = list_name("people", call.query)
    after = position(call.query.cursor, name, (int,))
    found = sorted(people.list_people(call.connector, call.actor), key=lambda one: one.id)
    left = [one for one in found if after is None or one.id > int(after[0])]
    shown = left[: call.query.limit]
    return Reply(
        Page[PersonGiven](
            items=[person_given(one) for one in shown],
            next=cursor(name, shown[-1].id) if len(left) > len(shown) else None,
        )
    )


def one_person(call: Call) -> Reply:
    """One of them."""
    return Reply(person_given(person_of(call)))


def add_person(call: Call) -> Reply:
    """The password is made here, shown once and to be changed by them."""
    asked = call.body
    password = people.generated_password() if asked.password else None
    made = people.add(call.connector, call.actor, asked.email, asked.name, asked.role, password)
    return _with_password(made, password, {"Location": f"/api/v1/people/{made.id}"})


def give_role(call: Call) -> Reply:
    """It counts from the next request on. The only admin stays one."""
    person = person_of(call)
    people.change_role(call.connector, call.actor, person, call.body.role)
    return Reply(person_given(person_of(call)))


def disable_person(call: Call) -> Reply:
    """Sessions end and tokens stop working at once."""
    people.disable(call.connector, call.actor, person_of(call))
    return Reply(person_given(person_of(call)))


def enable_person(call: Call) -> Reply:
    """They may sign in again."""
    people.enable(call.connector, call.actor, person_of(call))
    return Reply(person_given(person_of(call)))


def new_password(call: Call) -> Reply:
    """The former one and all sessions end."""
    person, password = person_of(call), people.generated_password()
    people.set_password(call.connector, call.actor, person, password)
    return _with_password(person_of(call), password)


def sign_out_person(call: Call) -> Reply:
    """Everywhere. Their tokens go on working."""
    person = person_of(call)
    people.sign_out(call.connector, call.actor, person)
    return Reply(Done(said=f"{person.email} is signed out everywhere."))


def remove_person(call: Call) -> Reply:
    """With their tokens; what they did stays in the audit log under their address."""
    person = person_of(call)
    people.remove(call.connector, call.actor, person)
    return Reply(Done(said=f"The account {person.email} is removed."))


def person_of(call: Call) -> Account:
    """The account of the address; 404 where there is none."""
    found = people.person(call.connector, call.actor, call.path["person"])
    if found is None:
        raise not_found("person", call.path["person"], "GET /api/v1/people lists everybody.")
    return found


def person_given(account: Account) -> PersonGiven:
    """An account without anything secret."""
    return PersonGiven.model_validate(
        {
            "id": account.id,
            "email": account.email,
            "name": account.name,
            "role": account.role,
            "signs_in_by": ways_in(account),
            "created_at": account.created_at,
            "disabled_at": account.disabled_at,
        }
    )


def _with_password(account: Account, password: str | None, headers: dict[str, str] | None = None) -> Reply:
    person = person_given(account)
    return Reply(
        PasswordGiven(person=person, password=password),
        {**UNKEPT, **(headers or {})},
        again=PasswordGiven(person=person, password=None),
    )


OPERATIONS = (
    Operation(
        "list_people",
        "GET",
        "/people",
        "admin",
        "Everybody who may sign in.",
        list_people,
        {JSON: Page[PersonGiven]},
        ListQuery,
    ),
    Operation(
        "one_person", "GET", "/people/{person}", "admin", "One person.", one_person, {JSON: PersonGiven}
    ),
    Operation(
        "add_person",
        "POST",
        "/people",
        "admin",
        "Add somebody, with a password that is shown once.",
        add_person,
        {JSON: PasswordGiven},
        body=AddPerson,
        status=201,
        scope=SCOPE,
    ),
    Operation(
        "give_role",
        "PUT",
        "/people/{person}/role",
        "admin",
        "Give another role.",
        give_role,
        {JSON: PersonGiven},
        body=GiveRole,
        scope=SCOPE,
    ),
    Operation(
        "disable_person",
        "POST",
        "/people/{person}/disable",
        "admin",
        "Let somebody in no more.",
        disable_person,
        {JSON: PersonGiven},
        scope=SCOPE,
    ),
    Operation(
        "enable_person",
        "POST",
        "/people/{person}/enable",
        "admin",
        "Let somebody in again.",
        enable_person,
        {JSON: PersonGiven},
        scope=SCOPE,
    ),
    Operation(
        "new_password",
        "POST",
        "/people/{person}/password",
        "admin",
        "Make somebody a new password, which is shown once.",
        new_password,
        {JSON: PasswordGiven},
        scope=SCOPE,
    ),
    Operation(
        "sign_out_person",
        "POST",
        "/people/{person}/sign-out",
        "admin",
        "Sign somebody out everywhere.",
        sign_out_person,
        {JSON: Done},
        scope=SCOPE,
    ),
    Operation(
        "remove_person",
        "DELETE",
        "/people/{person}",
        "admin",
        "Remove an account and its tokens.",
        remove_person,
        {JSON: Done},
        scope=SCOPE,
    ),
)
