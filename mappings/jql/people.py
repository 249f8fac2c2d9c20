"""Fields that hold a person: assignee, reporter, creator. A person is found by account id, name or e-mail address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from mappings.issue import Issue, User
from mappings.jql.functions import is_current_user
from mappings.jql.ground import Ground, Verdict
from mappings.jql.known import Known
from mappings.jql.tree import Call, Value
from mappings.moment import Moment


@dataclass(frozen=True, slots=True)
class People:
    """The people a condition names; `me` stands for the account of the moment."""

    words: Known
    me: bool


def people(ground: Ground, values: Iterable[Value | Call]) -> People:
    """Read names, addresses, account ids and currentUser()."""
    words: set[str] = set()
    me = False
    for value in values:
        if isinstance(value, Value):
            words.add(value.text)
        else:
            me = is_current_user(ground, value) or me
    return People(Known(words), me)


def person_among(attribute: str) -> Callable[[Ground, Sequence[Value | Call]], Verdict]:
    """`assignee in (…)`."""
    read: Callable[[Issue], User | None] = attrgetter(attribute)

    def among(ground: Ground, values: Sequence[Value | Call]) -> Verdict:
        wanted = people(ground, values)
        words, me = wanted.words, wanted.me

        def verdict(issue: Issue, moment: Moment) -> bool:
            user = read(issue)
            if user is None:
                return False
            if me and user.id == moment.account_id:
                return True
            return words[user.id] or words[user.name] or (user.email is not None and words[user.email])

        return verdict

    return among
