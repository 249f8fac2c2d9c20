"""Mail by SMTP submission: text and HTML of one message, with an id of its own, so that a repetition is known for one."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Literal

from connectors.deadline import cut_off
from connectors.jira.http.connection import is_of_machine
from connectors.name_lookup import addresses, own_name
from connectors.notify.failure import SendingFailure

TIMEOUT = 20.0
WHOLE = 3
"""How many times the longest silence a whole exchange may take."""
PERMANENT, READY = 500, 220


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is submitted, and from whom it comes."""

    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `key` makes its Message-ID; `unsubscribe` is the address that one click of the reader's mail program posts to."""

    key: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    list_id: str
    unsubscribe: str = ""


def letter_of(letter: Mail, server: MailServer) -> EmailMessage:
    """The mail as it is sent. Raises SendingFailure for an address that is none."""
    domain = server.sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    try:
        made["From"] = Address(addr_spec=server.sender)
        made["To"] = Address(addr_spec=letter.to)
        made["Subject"] = letter.subject
    except (
        ValueError,
        MessageError,
        AttributeError,
    ) as error:  # which of them depends on the sign it stops at
        raise SendingFailure(
            f"{letter.to} is no address that mail can go to: {error}", for_good=True
        ) from None
    made["Date"] = format_datetime(letter.at)
    made["Message-ID"] = f"<{sha256(letter.key.encode()).hexdigest()[:40]}@{domain}>"
    made["References"] = f"<{letter.list_id}@{domain}>"
    made["List-Id"] = f"<{letter.list_id}.{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        made["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(letter.text)
    made.add_alternative(letter.html, subtype="html")
    return made


def send(letter: Mail, server: MailServer, timeout: float = TIMEOUT) -> None:
    """Submit it. Raises SendingFailure; `for_good` where the server refused it and will again."""
    made, session = letter_of(letter, server), _session(server, timeout)
    try:
        with cut_off(WHOLE * timeout, lambda: session.sock):
            _connect(session, server)
            if server.user:
                session.login(server.user, server.password)
            session.send_message(made)
            with suppress(
                smtplib.SMTPException, OSError
            ):  # it is sent: what is said at parting changes nothing
                session.quit()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise SendingFailure(
            f"{server.host} refuses {letter.to}: {code} {_words(said)}", for_good=code >= PERMANENT
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        raise SendingFailure(f"{server.host} does not accept the sign-in: {error.smtp_code}") from None
    except smtplib.SMTPResponseException as error:
        answer = f"{server.host} answers {error.smtp_code} {_words(error.smtp_error)}"
        raise SendingFailure(answer, for_good=error.smtp_code >= PERMANENT) from None
    except (smtplib.SMTPException, OSError) as error:
        raise SendingFailure(f"{server.host}:{server.port} cannot be reached: {error}") from None
    finally:
        session.close()


def _session(server: MailServer, timeout: float) -> smtplib.SMTP:
    name = own_name(timeout)  # the library would look it up without a deadline
    if server.security == "tls":
        return smtplib.SMTP_SSL(local_hostname=name, timeout=timeout, context=ssl.create_default_context())
    return smtplib.SMTP(local_hostname=name, timeout=timeout)


def _connect(session: smtplib.SMTP, server: MailServer) -> None:
    session._host = server.host  # type: ignore[attr-defined] # the name that TLS holds the certificate against
    code, said = _greeting(session, server)
    if code != READY:
        raise smtplib.SMTPConnectError(code, said)
    address = str(session.sock.getpeername()[0]) if session.sock is not None else ""
    if is_of_machine(address):
        raise SendingFailure(f"{address} is an address where machines talk to their cloud", for_good=True)
    if server.security == "starttls":
        session.starttls(context=ssl.create_default_context())


def _greeting(session: smtplib.SMTP, server: MailServer) -> tuple[int, bytes]:
    """What the first address of the server that takes a connection says. Raises OSError."""
    refused: OSError | None = None
    for address in addresses(server.host, server.port, session.timeout):
        try:
            return session.connect(address, server.port)
        except smtplib.SMTPException:
            raise
        except OSError as error:
            refused = error
    raise refused or ConnectionRefusedError(f"{server.host} has no address")


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
