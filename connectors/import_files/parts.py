"""The parts of a ZIP, as far as they may be unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from mappings.imports.files.table import LARGEST_FILE, UnusableFile
from mappings.numbers import count_of

LARGEST_UNPACKED = 100_000_000
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What reading raises of a ZIP that is none, or is damaged or encrypted."""


@contextmanager
def zip_parts(data: bytes) -> Iterator[zipfile.ZipFile]:
    """A ZIP that is open. Raises UnusableFile where it is too large, packed or unpacked; one of BROKEN where it is none."""
    if len(data) > LARGEST_FILE:
        raise UnusableFile(f"The file has {count_of(len(data), 'byte')}: at most {LARGEST_FILE:,} are read.")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        unpacked = sum(one.file_size for one in parts.infolist())
        if unpacked > LARGEST_UNPACKED:
            raise UnusableFile(
                f"Unpacked, the file has {count_of(unpacked, 'byte')}: at most {LARGEST_UNPACKED:,} are read. "
                "Leave out what is no OKR, or split it."
            )
        yield parts
