"""A mail server on loopback: what it took, and what it answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """What an SMTP server took, and with what it answers."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[Any] = []
        self.answer, self.parting = "250 OK", "221 Bye"

    def forget(self) -> None:
        """As it was at first."""
        self.letters.clear()
        self.answer, self.parting = "250 OK", "221 Bye"

    def told(self, number: int) -> tuple[str, str, str]:
        """To whom a letter goes, its subject and its words."""
        letter = self.letters[number]
        words = letter.get_body(("plain",)).get_content().replace("\r\n", "\n")
        return letter["To"], letter["Subject"], words

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self.parting

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """One that runs meanwhile."""
    box = Mailbox()
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as free:  # the controller looks for itself at the port it was given
        box.port = free.getsockname()[1]
    smtp = Controller(box, hostname="127.0.0.1", port=box.port)
    smtp.start()
    yield box
    smtp.stop()
