"""Pages that are looked at again while they are open: a page that says the same but for the ages on it is not sent again."""

from __future__ import annotations

import re
from hashlib import blake2b

from flask import Response, request

POLL = "X-Poll"
"""The header by which an open page asks whether it would say something else by now. Visits have none: they take the page as it is."""
AGES = re.compile(rb'(<time[^>]*? datetime="[^"]*")[^>]*>[^<]*</time>|(name="csrf_token")[^>]*>')


def answer_poll(response: Response) -> Response:
    """The answer to a look from an open page: with an ETag of what it says, or 304 where that is known already."""
    if POLL not in request.headers or response.status_code != 200 or response.mimetype != "text/html":
        return response
    said = AGES.sub(rb"\1\2", response.get_data())
    response.set_etag(blake2b(said, digest_size=12).hexdigest(), weak=True)
    response.make_conditional(request)
    return response
