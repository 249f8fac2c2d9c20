"""Fields that hold a person: assignee, reporter, creator. A person is known by account id; a name or e-mail address finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from mappings.document.names import NameKind, names_of_entry
from mappings.facts.issue import Issue, User
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions.functions import is_current_user
from mappings.jql.text.tree import FunctionCall, JqlValue


@dataclass(frozen=True, slots=True)
class People:
    """The people a condition names: by id, and by word where no id is known; `me` stands for the account of the moment."""

    ids: frozenset[str]
    words: NameTable
    me: bool


def people(compilation: Compilation, values: Iterable[JqlValue | FunctionCall]) -> People:
    """Read names, addresses, account ids and currentUser()."""
    ids: set[str] = set()
    words: set[str] = set()
    me = False
    for value in values:
        if isinstance(value, JqlValue):
            found = _known(compilation, value.text)
            compilation.mean(NameKind.PERSON, value, found)
            ids |= found
            words |= set() if found else {value.text}
        else:
            me = is_current_user(compilation, value) or me
    return People(frozenset(ids), NameTable(words), me)


def _known(compilation: Compilation, word: str) -> set[str]:
    known = compilation.catalogue.people
    by_id = {one.id for one in known if one.id == word}
    return by_id or {one.id for one in known if word.casefold() in names_of_entry(one)}


def person_among(attribute: str) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`assignee in (…)`."""
    read: Callable[[Issue], User | None] = attrgetter(attribute)

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        wanted = people(compilation, values)
        ids, words, me = wanted.ids, wanted.words, wanted.me

        def verdict(issue: Issue, moment: Moment) -> bool:
            user = read(issue)
            if user is None:
                return False
            if user.id in ids or (me and user.id == moment.account_id):
                return True
            return words[user.id] or words[user.name] or (user.email is not None and words[user.email])

        return verdict

    return among
