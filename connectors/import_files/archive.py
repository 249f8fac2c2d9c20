"""The archive of Viva Goals: its lists of JSON, read in memory. Names that lead outside are passed over and told."""

from __future__ import annotations

import json
from dataclasses import dataclass

from connectors.import_files.parts import BROKEN, zip_parts
from mappings.diagnostic import Severity
from mappings.imports.files.table import UnusableFile
from mappings.imports.row import ImportProblem


@dataclass(frozen=True, slots=True)
class GoalsArchive:
    """Its objectives and check-ins as JSON has them, and what was passed over."""

    objectives: tuple[object, ...]
    check_ins: tuple[object, ...]
    problems: tuple[ImportProblem, ...]


def read_zip(data: bytes) -> GoalsArchive:
    """What an archive holds. Raises UnusableFile where it is none, or too large."""
    objectives: list[object] = []
    check_ins: list[object] = []
    problems = []
    try:
        with zip_parts(data) as parts:
            for one in sorted(parts.infolist(), key=lambda part: part.filename):
                if one.filename.startswith(("/", "\\")) or ".." in one.filename.replace("\\", "/").split("/"):
                    said = f"“{one.filename}” leads out of the archive: it was not read."
                    problems.append(
                        ImportProblem(
                            row=0, code="zip_entry_ignored", message=said, severity=Severity.WARNING
                        )
                    )
                    continue
                name = one.filename.rpartition("/")[2].casefold()
                for begins, listed in (("objectives", objectives), ("checkins", check_ins)):
                    if name.startswith(begins) and name.endswith(".json"):
                        found = json.loads(parts.read(one))
                        listed += found if isinstance(found, list) else []
    except (*BROKEN, ValueError, RecursionError) as error:
        raise UnusableFile(f"This is no archive that can be read ({error}).") from None
    if not objectives:
        raise UnusableFile("The archive has no objectives*.json, or an empty one.")
    return GoalsArchive(tuple(objectives), tuple(check_ins), tuple(problems))
