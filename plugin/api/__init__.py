"""The REST API under `/api/v1`. A new operation is one function in a module here; a new module is one line in `MODULES`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI
from werkzeug.exceptions import default_exceptions

from mappings.json_value import PlainValues
from plugin.api import forge, sites
from plugin.api.accounts import audit, own_account, people, saved_views
from plugin.api.kpis import kpis, promotions
from plugin.api.mappings import drafts, first_mapping, past_preview, revisions, texts, trial
from plugin.api.mappings.texts import SchemaJson
from plugin.api.objectives import (
    badges,
    changes,
    check_ins,
    cycles,
    exports,
    forecasts,
    goals,
    history,
    imports,
    objectives,
    past,
)
from plugin.api.practice import advice, meeting, practice, scorecard
from plugin.api.protocol.dispatch import TextRequest, ill_formed, problems_everywhere, view_of
from plugin.api.protocol.failures import failure
from plugin.api.protocol.openapi import PREFIX, document
from plugin.api.protocol.operation import Caller, Operation, Reply, Routes
from plugin.api.work import (
    backlog,
    diagnostics,
    digests,
    freshness,
    gaps,
    held_writes,
    losses,
    plans,
    subscriptions,
)
from plugin.runtime.connector import Connector

MODULES = (
    objectives,
    history,
    cycles,
    forecasts,
    advice,
    practice,
    scorecard,
    meeting,
    check_ins,
    kpis,
    promotions,
    goals,
    changes,
    plans,
    backlog,
    held_writes,
    gaps,
    losses,
    freshness,
    diagnostics,
    digests,
    subscriptions,
    past,
    imports,
    badges,
    sites,
    forge,
    texts,
    past_preview,
    trial,
    revisions,
    drafts,
    first_mapping,
    exports,
    audit,
    people,
    own_account,
    saved_views,
)


ROUTES = Routes()


def operations() -> tuple[Operation, ...]:
    """Every operation of the API, the document that describes them included."""
    return tuple(
        one for routes in (*(module.ROUTES for module in MODULES), ROUTES) for one in routes.operations
    )


def register_api(app: OpenAPI, connector: Connector) -> None:
    """All routes of the API, and problem documents for whatever goes wrong below `/api/`."""
    blueprint = APIBlueprint("api", __name__, url_prefix=PREFIX, doc_ui=False)
    for one in operations():
        route = getattr(blueprint, one.method.lower())
        route(one.rule, endpoint=one.name, provide_automatic_options=False)(view_of(one, connector))
    blueprint.register_error_handler(Exception, failure)
    # a handler of the whole application for one code comes before one for all errors
    for code in default_exceptions:
        blueprint.register_error_handler(code, failure)
    blueprint.after_app_request(problems_everywhere)
    app.request_class = TextRequest
    app.validation_error_callback = ill_formed(operations())
    app.register_api(blueprint)


@ROUTES.get("/openapi.json", "public", "The OpenAPI 3.1 document of this API.", name="openapi")
def show_document(_call: Caller) -> Reply[SchemaJson]:
    """This document."""
    return Reply(SchemaJson.model_validate(current_document()))


@cache
def current_document() -> PlainValues:
    """The document of this version; made when it is first asked for."""
    try:
        released = version("jira-okr-connector")
    except PackageNotFoundError:
        released = "0"
    return document(operations(), released)
