"""The JQL function `contributesTo("PLAT-12")`: Jira keeps what is answered, and asks again when it has forgotten it."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from plugin.access.authorization.permission import needs
from plugin.forge.door import PageData, answer, decode_body, paired_route
from plugin.forge.modules import JQL
from plugin.runtime.connector import Connector
from plugin.use_cases.forge.admission import Admission, AdmittedCaller
from plugin.use_cases.forge.contributions import clause


class JiraRequest(BaseModel):
    """What Jira says; more than we need is no fault."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ClauseRequest(JiraRequest):
    """One use of the function."""

    operator: Literal["in", "not in"]
    arguments: list[str] = Field(min_length=1, max_length=1)


class FunctionRequest(JiraRequest):
    """What is to be computed."""

    clause: ClauseRequest


class ClauseData(PageData):
    """The JQL that stands in the place of the function."""

    jql: str


class FaultData(PageData):
    """Why there is none, for whoever searches; it is not kept, for it may be different in a minute."""

    error: str
    storeErrorAsPrecomputation: bool  # noqa: N815 - Jira's word


def register(blueprint: Blueprint, connector: Connector, admission: Admission) -> None:
    """Add the route."""

    @blueprint.post("/jql", endpoint="jql")
    @needs("public", signed=True)
    @paired_route(admission, JQL)
    def function(caller: AdmittedCaller) -> Response:
        asked = decode_body(FunctionRequest).clause
        found = clause(connector, caller.actor, caller.site, asked.arguments[0], asked.operator)
        return answer(
            FaultData(error=found.fault, storeErrorAsPrecomputation=False)
            if found.fault
            else ClauseData(jql=found.jql)
        )
