"""Compares the sandbox's answers with Jira's official contract. Loaded by the conftest files of this directory and of the sandbox's tests."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

MISSING = "set JIRA_OPENAPI_DIR to the directory with jira-cloud-platform-v3.json to compare the sandbox with the contract"
# Each line is a place where the contract contradicts what real sites answer (and often its own examples).
STATUSES_IT_DOES_NOT_NAME = {410, 415, 429, 502, 503, 504}
NULL_IN_ITS_EXAMPLES = {"from", "fromString", "to", "toString"}  # changelog lines: declared as plain strings
STATUSES_WITHOUT_BODY = {
    201,
    204,
}  # it gives PUT issue, POST transitions and POST issueLink a JSON body; there is none


def contract_file() -> Path | None:
    """The official description of Jira Cloud, or None where it is not at hand."""
    named = os.environ.get("JIRA_OPENAPI_DIR")
    place = Path(named) if named else Path(__file__).parents[3] / "shared" / "contracts"
    found = place / "jira-cloud-platform-v3.json"
    return found if found.is_file() else None


class Contract:
    """The official description, loaded once."""

    def __init__(self, path: Path) -> None:
        from openapi_core import Config, OpenAPI

        spec = json.loads(path.read_text())
        _allow_deviations(spec["components"]["schemas"])
        lenient = dict.fromkeys(("date-time", "date", "uri", "uuid"), lambda _value: True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.api = OpenAPI.from_dict(
                spec, config=Config(spec_validator_cls=None, extra_format_validators=lenient)
            )
        self.paths = set(spec["paths"])

    def problems(self, response: Response) -> list[str]:
        """What is wrong with the answer to the current Flask request, by the contract."""
        from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse

        class AtAtlassian(WerkzeugOpenAPIRequest):
            host_url = "https://your-domain.atlassian.net"  # type: ignore[assignment]
            path = request.path.replace("/rest/api/latest/", "/rest/api/3/")  # type: ignore[assignment]

        if response.status_code in STATUSES_IT_DOES_NOT_NAME:
            return []
        if response.status_code in STATUSES_WITHOUT_BODY and not response.get_data():
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            errors = self._errors(
                AtAtlassian(request._get_current_object()), WerkzeugOpenAPIResponse(response)
            )
        return [f"{request.method} {request.path} -> {response.status_code}: {error}" for error in errors]

    def _errors(self, asked: Any, answered: Any) -> list[str]:
        try:
            self.api.validate_response(asked, answered)
        except Exception as problem:
            return [_told(problem)]
        return []


def _told(problem: Exception) -> str:
    cause = problem.__cause__ or problem
    inner = getattr(cause, "schema_errors", None) or [cause]
    return f"{type(problem).__name__}: " + "; ".join(
        f"{getattr(one, 'message', one)!s:.300} at {list(getattr(one, 'path', ()))}" for one in inner
    )


def _allow_deviations(schemas: dict[str, Any]) -> None:
    """Bend the contract where it contradicts itself; nothing else."""
    for name in NULL_IN_ITS_EXAMPLES:
        schemas["ChangeDetails"]["properties"][name] = {"nullable": True, "type": "string"}
    schemas["Changelog"]["properties"]["created"] = {}  # changelog/bulkfetch answers epoch milliseconds
    schemas["ServerInformation"]["properties"]["defaultLocale"] = {}  # really there, in its own example too


def watch(app: Flask, contract: Contract, problems: list[str]) -> None:
    """Compare every answer of version 3 (or latest) that the app gives from now on."""

    def compare(response: Response) -> Response:
        if request.path.startswith(("/rest/api/3/", "/rest/api/latest/")):
            problems.extend(contract.problems(response))
        return response

    app.after_request_funcs.setdefault(None, []).append(compare)
