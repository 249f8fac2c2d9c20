"""A plain board page."""

from __future__ import annotations

from flask import Blueprint

routes = Blueprint("board", __name__)
