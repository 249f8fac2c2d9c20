"""What nothing uses, found by vulture in the three packages: run by `make lint`.

What tests alone use is dead, too, but for the sandbox, which is there for them. What only a template, the script of a page or
pydantic reads is used. Anything else stands below with its reason; an exception that is needed no more is an error as well.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parents[2]
PACKAGES = ("mappings", "connectors", "plugin")
SANDBOX = "connectors/sandbox/"
REGISTERED = ("@*.command", "@*.get", "@*.post", "@*.put", "@*.delete", "@*.route", "@*.before_request")
REGISTERED += ("@*.after_request", "@field_validator", "@model_validator")
"""Decorators that hand a function to a library, which calls it."""
EXCEPTIONS = {
    "model_config": "pydantic reads it",
    "__getattr__": "Python calls it for a name that a module does not hold",
    "__dir__": "Python calls it",
    "__annotations__": "flask-openapi reads them",
    "request_class": "Flask reads it from the application",
    "process_data": "WTForms calls it",
    "process_formdata": "WTForms calls it",
    "validation_error_callback": "flask-openapi calls it",
    "openapi_version": "flask-openapi reads it",
    "content_type": "werkzeug reads it from the response",
    "decimal_schema": "pydantic calls it when it makes a JSON Schema",
    "collect": "prometheus_client calls it",
    "write_table": "make completion calls it",
    "url_rule_class": "Flask reads it from the application",
    "direct_passthrough": "werkzeug reads it from the response",
    "slide_width": "python-pptx writes it into the file",
    "slide_height": "python-pptx writes it into the file",
    "disable_nagle_algorithm": "socketserver reads it",
    "auth": "requests reads it from its session",
    "cert": "requests reads it from its session",
    "trust_env": "requests reads it from its session",
    "max_redirects": "requests reads it from its session",
    "session_interface": "Flask reads it from the application",
    "max_content_length": "werkzeug reads it from the request",
    "response_class": "http.client makes answers of it",
    "client_cls": "Authlib makes sessions of it",
    "oauth2_client_cls": "Authlib makes clients of it",
    "_serve_loop": "granian calls it once its processes run",
    "_host": "smtplib holds the certificate against it",
    "_shd": "granian reads it as it starts a process",
    "_sfd": "granian reads it as it starts a process",
    "maxResults": "a name of Jira's own in a query, matched by name",
    "nextPageToken": "a name of Jira's own in a query, matched by name",
    "fieldsByKeys": "a name of Jira's own in a query, matched by name",
    "storeErrorAsPrecomputation": "a name of Forge's own in an answer",
    "IGNORED": "a status of deliveries that the intake gives by its text",
    "is_disconnect": "SQLAlchemy reads it after an error",
    "invalidate_pool_on_disconnect": "SQLAlchemy reads it after an error",
}
CODES = "mappings/document/checks/codes.py"
"""Codes of findings: most are given by their text, as pydantic and the reader of YAML report them; docs and tests name each."""


def main() -> int:
    """Print what is dead; 1 where anything is."""
    dead, needed = judged(unused(PACKAGES), {name for _, name, _ in unused((*PACKAGES, "tests"))})
    for place, name, kind in dead:
        sys.stdout.write(
            f"{place}: nothing uses the {kind} {name}: take it away, or say in {_HERE} why it stays\n"
        )
    for name in sorted(EXCEPTIONS.keys() - needed):
        sys.stdout.write(f"{_HERE}: the exception {name} is needed no more\n")
    return 1 if dead or EXCEPTIONS.keys() - needed else 0


def judged(
    found: Iterable[tuple[str, str, str]], unused_by_tests: set[str]
) -> tuple[list[tuple[str, str, str]], set[str]]:
    """What of the found is dead, and which exceptions were needed."""
    shown, dead, needed = read_elsewhere(), [], set[str]()
    for place, name, kind in found:
        if name in EXCEPTIONS:
            needed.add(name)
        elif place.startswith(SANDBOX) and name not in unused_by_tests:
            continue
        elif not place.startswith(CODES) and name not in shown:
            dead.append((place, name, kind))
    return dead, needed


def unused(folders: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Place, name and kind of what vulture finds unused in these folders."""
    vulture = Vulture(ignore_decorators=list(REGISTERED))
    vulture.scavenge([str(ROOT / one) for one in folders], exclude=["*/migrations/versions/*"])
    for item in vulture.get_unused_code():
        place = f"{item.filename.relative_to(ROOT)}:{item.first_lineno}"
        yield place, item.name, item.typ


def read_elsewhere() -> set[str]:
    """Names that templates and scripts of pages mention, and fields of what the doors and the mapping document are made of."""
    pages = ROOT / "plugin/pages"
    texts = [*pages.glob("templates/**/*.html"), *pages.glob("static/*.js")]
    words = {word for path in texts for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    for path in (
        *ROOT.glob("plugin/api/**/*.py"),
        *ROOT.glob("plugin/doors/*.py"),
        *ROOT.glob("plugin/mcp/**/*.py"),
        *ROOT.glob("mappings/document/**/*.py"),
    ):
        words |= set(fields(ast.parse(path.read_text(encoding="utf-8"))))
    return words


def fields(module: ast.Module) -> Iterator[str]:
    """The annotated names in classes that derive from another: pydantic reads them."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and node.bases:
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    yield line.target.id


_HERE = "tests/architecture/dead_code.py"

if __name__ == "__main__":
    sys.exit(main())
