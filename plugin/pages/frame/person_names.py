"""People by their names: what is kept says who by the address of an account, and pages show what that person is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flask import g

from plugin.pages.sources import Sources

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")


def person_namer(sources: Sources) -> Callable[[str], str]:
    """A function from a text to the same with a name where an address stood; names are asked for once a request, if at all."""

    def known() -> Mapping[str, str]:
        if "names" not in g:
            g.names = sources.names()
        names: Mapping[str, str] = g.names
        return names

    def named(text: str) -> str:
        return ADDRESS.sub(lambda found: known().get(found[0].lower()) or found[0], text)

    return named
