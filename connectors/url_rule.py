"""A route of a Flask application that is quick to declare."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule


class UrlRule(Rule):
    """Compiles the functions that build its address when the first address is built.

    Werkzeug compiles two for each rule as it is added, by way of a syntax tree: nine tenths of what it costs to make an application,
    and most rules never build an address.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            if not compiled:
                compiled.append(super(UrlRule, self)._compile_builder(append_unknown))
            return compiled[0](rule, **values)

        return build
