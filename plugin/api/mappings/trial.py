"""`/sites/{site}/mapping/try`: which issues of the local copy a rule or a JQL takes, and why one of them or not."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from plugin.api.mappings.texts import OptionalTextBody
from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.failures import fault_of
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, Word
from plugin.doors.problem import Fault
from plugin.use_cases.mappings.trial import MOST_SHOWN, USUALLY_SHOWN, trial_values, try_rules

ROUTES = Routes()


class TrialBody(OptionalTextBody):
    """What is tried, of a text or of the active mapping: one rule, a JQL, or every rule where neither is named."""

    rule: Word | None = Field(
        default=None, description="A rule by its name: scope, epics, epics/delivery. Not beside jql."
    )
    jql: Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*$")] | None = Field(
        default=None, description="A JQL, tried on all issues of the local copy. Not beside rule."
    )
    issue: Word | None = Field(
        default=None, description="The key of an issue: why it is taken or not, clause by clause."
    )
    limit: int = Field(
        default=USUALLY_SHOWN, ge=0, le=MOST_SHOWN, description="How many of the issues are listed at most."
    )

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        """A rule and a JQL at once would be two questions."""
        if self.rule is not None and self.jql is not None:
            raise ValueError("name a rule or a jql, not both")
        return self


class TrialIssueJson(JsonShape):
    """An issue that is taken."""

    id: str = Field(description="Its id in Jira, which a move does not change.")
    key: str = Field(description="Its key today.")
    title: str = Field(description="Its summary.")
    type: str = Field(description="Its issue type by name.")
    status: str = Field(description="Its status by name.")
    objectives: list[str] = Field(
        description="The objectives it belongs to by a rule of key results, five at most; empty for other rules."
    )


class TrialRuleJson(JsonShape):
    """A rule, how many issues it takes, and the first of them."""

    rule: str = Field(description="The name of the rule; jql for one that was sent.")
    takes: str = Field(description="What the rule takes, in words.")
    jql: str = Field(description="Its JQL; empty where every related issue is meant.")
    count: int = Field(description="How many issues of the local copy it takes.")
    issues: list[TrialIssueJson] = Field(
        description="The first of them; none where every rule is tried at once."
    )


class TrialClauseJson(JsonShape):
    """One condition of a JQL, or several joined. NOT is gone: the operators below it are turned round, as Jira does."""

    text: str = Field(description="The condition as Jira reads it; empty for several joined.")
    holds: bool = Field(description="Whether it holds for the issue.")
    held: str = Field(description="What the issue holds in that field; empty where that is no single thing.")
    note: str = Field(description="What surprises people about JQL, where it decided; else empty.")
    join: str = Field(description="AND or OR for several joined, empty for a condition.")
    parts: list[TrialClauseJson] = Field(description="What is joined.")


class RequirementJson(JsonShape):
    """One thing that a rule asks of an issue."""

    asks: str = Field(description="What is asked, in words.")
    holds: bool = Field(description="Whether the issue meets it.")
    why: str = Field(description="Why or why not, in words; empty where the clauses say it.")
    clause: TrialClauseJson | None = Field(description="The JQL that decides, clause by clause.")


class TrialAnswerJson(JsonShape):
    """What one rule says of the issue that was asked about."""

    rule: str = Field(description="The name of the rule.")
    taken: bool = Field(description="Whether the rule takes the issue.")
    objectives: list[str] = Field(description="The objectives that the issue belongs to by it, five at most.")
    requirements: list[RequirementJson] = Field(description="Everything that the rule asks, met or not.")


class TrialJson(JsonShape):
    """Which issues are taken, and why one is or is not."""

    site: str = Field(description="The site.")
    looked_at: int = Field(description="How many issues the local copy holds.")
    unread: str = Field(
        description="What the local copy does not hold yet and counts as empty here; empty where that is nothing."
    )
    tried: list[TrialRuleJson] = Field(description="What was tried, in the order of the mapping.")
    issue: str | None = Field(description="The key of the issue that was asked about.")
    answers: list[TrialAnswerJson] = Field(description="What each of them says of that issue.")
    findings: list[Fault] = Field(description="Warnings about the JQL that was sent.")


@ROUTES.post(
    "/sites/{site}/mapping/try",
    "admin",
    "Which issues a rule or a JQL takes, and why an issue is among them or not.",
    heavy=True,
)
def try_mapping(caller: Caller, path: SiteAddress, body: TrialBody) -> Reply[TrialJson]:
    """Tried on the local copy; asks Jira nothing, changes nothing."""
    found = try_rules(
        caller.connector,
        caller.actor,
        site_of(caller, path),
        body.text,
        rule=body.rule or "",
        jql=body.jql or "",
        any_issue=body.issue or "",
        most=body.limit,
    )
    findings = [fault_of(one) for one in found.findings]
    return Reply(TrialJson.model_validate({**trial_values(found), "findings": findings}))
