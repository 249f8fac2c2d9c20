"""The catalogue as the store keeps it between starts: plain JSON values."""

from __future__ import annotations

from typing import Any

import msgspec

from mappings.facts.catalogue import Catalogue


def catalogue_to_json(catalogue: Catalogue) -> Any:
    """A catalogue as plain JSON values."""
    return msgspec.to_builtins(catalogue)


def catalogue_from_json(value: Any) -> Catalogue:
    """The catalogue those values were made of."""
    return msgspec.convert(value, Catalogue)
