"""Structured logs on standard error: one event a line, never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from pydantic import BaseModel, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from connectors.store.database.engine import PASSWORD_PARTS
from connectors.store.database.fault import StoreError

SECRET_WORDS = ("token", "secret", "password", "authorization", "pat", "cookie")
MOST_PASSING = 200
SHORTEST_SECRET = 6
"""Shorter ones would blank ordinary words, and are no secrets."""
OUR_TOKEN = re.compile(r"okr_[A-Za-z0-9_-]{30,}")
"""An API token of ours, whichever process made it."""


def configure_logs(log_format: str, level: int = logging.INFO, secrets: Iterable[str] = ()) -> None:
    """Set the process's logs up: `json` for machines, `plain` for people. Lines of libraries look the same, from warnings on.

    Wherever one of `secrets` turns up in a line, or one that `conceal` is told of later, it is blanked.
    """
    conceal(*secrets)
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    blank: Any = SecretFilter()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_faults,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer, blank],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: LossyLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _take_in_libraries(shared, [structlog.processors.format_exc_info, renderer, blank])


def conceal(*secrets: str | None) -> None:
    """Blank these wherever they turn up in a line of this process from now on."""
    _concealed.add(form for secret in secrets if secret for form in forms(secret))


def conceal_passing(*secrets: str) -> None:
    """The same for what is replaced each hour: the latest of them alone, so that they do not heap up."""
    _concealed.add_passing([form for secret in secrets if secret for form in forms(secret)])


def forms(secret: str) -> set[str]:
    """A secret as it is, and as it stands in an address, in JSON and in a representation of Python."""
    return {
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }


class ConcealedSecrets:
    """Everything this process knows to be secret, the longest first, so that no end of one is left over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.secrets: tuple[str, ...] = ()
        self._lasting: frozenset[str] = frozenset()
        self._passing: deque[str] = deque(maxlen=MOST_PASSING)

    def add(self, secrets: Iterable[str]) -> None:
        """Some more."""
        with self._lock:
            self._lasting |= {one for one in secrets if len(one) >= SHORTEST_SECRET}
            self._sort()

    def add_passing(self, secrets: Iterable[str]) -> None:
        """Some more that others follow soon."""
        with self._lock:
            known = {*self._passing}
            self._passing.extend(one for one in secrets if len(one) >= SHORTEST_SECRET and one not in known)
            self._sort()

    def _sort(self) -> None:
        self.secrets = tuple(sorted({*self._lasting, *self._passing}, key=len, reverse=True))


_concealed = ConcealedSecrets()


class SecretFilter:
    """The last processor: what is known to be secret does not leave, whatever brought it into the line."""

    def __call__(self, _logger: Any, _name: str, line: str) -> str:
        for secret in _concealed.secrets:
            line = line.replace(secret, "***")
        return OUR_TOKEN.sub("***", line)


def known_secrets(settings: BaseModel) -> list[str]:
    """Every secret of the settings, at any depth, and the password in the address of the database."""
    found = list(_secrets(settings))
    try:
        address = make_url(str(getattr(settings, "database_url", "")))
    except (ArgumentError, ValueError):
        return found
    asked = [
        value for name, value in address.query.items() if name in PASSWORD_PARTS and isinstance(value, str)
    ]
    return [*found, *(one for one in (address.password, *asked) if one)]


def tell_faults(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In a sentence what the database cannot do: a traceback is where our own code failed."""
    given = event.get("exc_info")
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, StoreError):
        del event["exc_info"]
        event.setdefault("error", str(error))
    return event


def hide_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name looks like a secret."""
    for name in event:
        if any(word == part for word in SECRET_WORDS for part in name.lower().split("_")):
            event[name] = "***"
    return event


def _secrets(value: object) -> Iterable[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets(one)


class LossyLogger:
    """Prints lines. One that cannot be written is lost, and nothing else: a disk that is full must not turn into requests that fail."""

    def __init__(self, stream: TextIO) -> None:
        self._printer = structlog.PrintLogger(stream)

    def __getattr__(self, _level: str) -> Callable[[str], None]:
        return self._print

    def _print(self, line: str) -> None:
        with suppress(OSError):
            self._printer.msg(line)


class _Handler(logging.Handler):
    """Ours, so that setting up again replaces it; writes to what standard error is at that time."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def _take_in_libraries(shared: list[Any], last: list[Any]) -> None:
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(handler)
    ours = _Handler(logging.WARNING)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ours.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[remove_meta, *last], foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()]
        )
    )
    root.addHandler(ours)
