"""An act on accounts or tokens that is not done; the message says why, and what to do instead."""

from __future__ import annotations

from plugin.runtime.connector import Refusal


class AccessRefusal(Refusal):
    """Said to the person who asked, in a page, in the API or on the command line."""
