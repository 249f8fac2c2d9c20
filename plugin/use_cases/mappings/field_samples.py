"""What real issues hold in the fields a mapping could name, so that a person who chooses a field sees what they choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from connectors.jira import Jira
from connectors.jira.http.errors import JiraError, JiraRefusal
from mappings.document.plain_parents import parent_rules
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue
from mappings.fields import field_type
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, question

MOST_QUERIES = 4
ISSUES_EACH = 20


@dataclass(slots=True)
class Samples:
    """By field id: the issue a value is from with the value, and the option names of select fields. `silence` says why none."""

    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    silence: str = ""


@question(ADMIN)
def read_samples(
    connector: Connector, _actor: Actor, site: str, document: Document, catalogue: Catalogue, issue: str = ""
) -> Samples:
    """Ask Jira for a few issues of each kind the mapping selects, or for the one named. Never fails: a form has to open."""
    jira = connector.site(site).jira
    wanted = [one for one in catalogue.fields if choosable(one)]
    samples = Samples()
    try:
        for jql in islice(_queries(document, issue), MOST_QUERIES):
            _sample(jira, jql, wanted, samples)
    except JiraError as error:
        samples.silence = f"{error.message} {error.remedy}".strip()
    return samples


def choosable(one: Field) -> bool:
    """Whether a mapping can read or write this field: a custom one of a known type."""
    return one.id.startswith("customfield_") and field_type(one) is not None


def _queries(document: Document, issue: str) -> Iterator[str]:
    if issue:
        yield 'key = "' + issue.replace('"', "").replace("\\", "") + '"'
        return
    for objective in (*document.objectives, *(part for _, _, part in parent_rules(document))):
        if objective.select:
            yield f"({document.scope}) AND ({objective.select})"
        for rule in objective.key_results:
            if rule.select:
                yield f"({document.scope}) AND ({rule.select})"


def _sample(jira: Jira, jql: str, wanted: list[Field], samples: Samples) -> None:
    try:
        page = next(iter(jira.search(jql, [one.id for one in wanted], page_size=ISSUES_EACH)), None)
    except JiraRefusal as error:
        # A preset's query may name projects or types this Jira does not have: that is what the form is there to mend.
        samples.silence = samples.silence or error.message
        return
    for issue in page.issues if page else ():
        _learn(issue, wanted, samples)
    if page and page.issues:
        for field_id, editable in jira.edit_fields(page.issues[0].id).items():
            if editable.options:
                names = (option.name for option in editable.options)
                samples.options[field_id] = tuple(dict.fromkeys((*samples.options.get(field_id, ()), *names)))


def _learn(issue: Issue, wanted: list[Field], samples: Samples) -> None:
    for one in wanted:
        raw, type_ = issue.fields.get(one.id), field_type(one)
        if raw is not None and type_ is not None and one.id not in samples.values:
            samples.values[one.id] = (issue.key, type_.text(raw))
