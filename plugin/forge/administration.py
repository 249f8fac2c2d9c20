"""The page of the Jira admin: pairing, and how the app stands."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response
from pydantic import Field

from plugin.access.authorization.permission import needs
from plugin.forge.door import PageData, PageRequest, answer, decode_body, headers, proof_route
from plugin.forge.modules import ADMINISTRATION
from plugin.runtime.connector import Connector
from plugin.use_cases.forge.admission import Admission, Invocation, actor_of
from plugin.use_cases.forge.pairing import pair
from plugin.use_cases.forge.pairing_status import pairing_status


class TypedCode(PageRequest):
    """What was typed."""

    code: str = Field(min_length=1, max_length=40)


class PairingStatusData(PageData):
    """How the app stands; `site` null where this installation is not paired."""

    version: str
    site: str | None
    mapping: str | None
    event_at: datetime | None
    heartbeat_at: datetime | None
    token_expires: datetime | None
    connector: str


class PairedSite(PageData):
    """The site that the app belongs to from now on."""

    site: str


def register(blueprint: Blueprint, connector: Connector, admission: Admission) -> None:
    """Add the routes."""

    @blueprint.get("/api/status", endpoint="status")
    @needs("public", signed=True)
    @proof_route(admission, ADMINISTRATION)
    def status(invocation: Invocation) -> Response:
        found = pairing_status(connector, actor_of(invocation), invocation)
        return answer(
            PairingStatusData(
                version=found.version,
                site=found.site,
                mapping=found.mapping,
                event_at=found.event_at,
                heartbeat_at=found.heartbeat_at,
                token_expires=found.token_expires,
                connector=found.pages,
            )
        )

    @blueprint.post("/api/pair", endpoint="pair")
    @needs("public", signed=True)
    @proof_route(admission, ADMINISTRATION)
    def typed(invocation: Invocation) -> Response:
        site = pair(
            connector, actor_of(invocation), invocation, headers().user_token, decode_body(TypedCode).code
        )
        return answer(PairedSite(site=site))
