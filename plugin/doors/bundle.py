"""A support bundle as a file: a member a part, and before them a page that says what is in it and what was left out."""

from __future__ import annotations

import io
import json
import zipfile

from plugin.use_cases.health.diagnostics import Diagnostics

ZIP = "application/zip"
README = """Support bundle of jira-okr, made {at}.

Read it before you send it. It holds versions, settings (numbers, switches and choices; of all else only whether it is set), how many
rows each table has, what is counted of each site and what troubles it, the shapes of the mappings without names and JQL, calls to Jira by
kind, and signs of life of the processes.

Left out: titles and keys of issues, names of people, of sites, fields and machines, addresses, every text of a mapping, tokens, secrets,
bodies of webhooks, messages of errors. Where it matters whether two are the same, a pseudonym stands for the name, which means nothing
beyond this bundle.
"""


def as_json(found: Diagnostics) -> str:
    """All parts as one text."""
    return _text({"made": found.at.isoformat(timespec="seconds"), **found.parts})


def as_zip(found: Diagnostics) -> bytes:
    """Each part a file, which anybody can read."""
    stream = io.BytesIO()
    day = found.at.timetuple()[:6]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        texts = {"README.txt": README.format(at=f"{found.at:%Y-%m-%d %H:%M} UTC")}
        texts |= {f"{name}.json": _text(part) for name, part in found.parts.items()}
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, day), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def file_name(found: Diagnostics) -> str:
    """With the minute in it, so that two do not meet."""
    return f"okr-diagnostics-{found.at:%Y%m%d-%H%M}.zip"


def _text(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
