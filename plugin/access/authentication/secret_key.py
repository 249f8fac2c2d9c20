"""The key that signs sessions: derived from SECRET_KEY, or from one made once and kept in a file beside the data."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import structlog
from sqlalchemy import make_url

from plugin.runtime.connector import Refusal
from plugin.runtime.processes.logs import conceal
from plugin.runtime.settings import Settings

FILE = "secret_key"

log = structlog.get_logger("jira_okr.access")


def signing_key(settings: Settings) -> bytes:
    """The key of the sessions; it says nothing about SECRET_KEY, which serves other purposes too."""
    return hashlib.sha256(b"sessions:" + first_key(secret_text(settings)).encode()).digest()


def confirmation_key(settings: Settings) -> bytes:
    """The key of what is handed out to be sent back with a yes; the same in all processes."""
    return hashlib.sha256(b"confirmations:" + first_key(secret_text(settings)).encode()).digest()


def unsubscribe_key(settings: Settings) -> bytes:
    """The key that signs the links by which mail is stopped; the same in all processes."""
    return hashlib.sha256(b"unsubscribe:" + first_key(secret_text(settings)).encode()).digest()


def row_key(settings: Settings) -> bytes:
    """The key of the ids that stand for issues which somebody may not see; the same in all processes."""
    return hashlib.sha256(b"hidden rows:" + first_key(secret_text(settings)).encode()).digest()


def seal_keys(settings: Settings) -> tuple[bytes, ...]:
    """The keys that seal the audit log: the one that rules, then former ones, whose seals go on holding.

    None beside PostgreSQL where none is set: each folder would make one of its own, and no other process could check by it.
    """
    if settings.lacks_shared_key:
        return ()
    given = [part.strip() for part in secret_text(settings).split(",") if part.strip()]
    return tuple(hashlib.sha256(b"audit seals:" + one.encode()).digest() for one in given)


def first_key(secrets_: str) -> str:
    """The key that rules. Those behind it only open what they once sealed, so that nothing changes when they go."""
    return secrets_.partition(",")[0].strip()


def secret_text(settings: Settings) -> str:
    """SECRET_KEY, or the one kept in the data folder, made there at the first call."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    made = kept_or_made(data_folder(settings) / FILE)
    conceal(made)
    return made


def data_folder(settings: Settings) -> Path:
    """Where the SQLite file is; `data` where the database is elsewhere."""
    database = make_url(settings.database_url).database
    return Path(database).parent if database and _is_beside_sqlite(settings) else Path("data")


def _is_beside_sqlite(settings: Settings) -> bool:
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def kept_or_made(path: Path) -> str:
    """The text of the file; made with a new random text, for its owner alone, where there is none. Raises Refusal where it cannot be made or read."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            f"JIRA_OKR_SECRET_KEY is not set, and none can be kept in {path} ({type(error).__name__}). "
            "Set it, or make that place readable and writable for the user of this process."
        ) from None


def _make(path: Path) -> None:
    """Write it whole before it has its name: a process that starts beside must not read half of it, or make another."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(draft, path)
        log.warning("JIRA_OKR_SECRET_KEY is not set; made one and kept it", file=str(path))
    except FileExistsError:
        pass
    finally:
        draft.unlink()
