"""What a test asks of the database by itself: servers and engines that run beside it have threads of their own."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Engine, event


def listen_to(engine: Engine) -> list[str]:
    """The statements of this thread from now on."""
    said, own = list[str](), threading.get_ident()

    def note(*given: Any) -> None:
        if threading.get_ident() == own:
            said.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    return said
