"""The golden vectors say what the product says today."""

from __future__ import annotations

import gzip
import json
from collections import Counter

from tests.vectors.golden import FILE, KINDS, vectors


def test_the_file_is_what_the_product_says_byte_for_byte() -> None:
    kept = gzip.decompress(FILE.read_bytes()).decode("ascii").splitlines()
    said = list(vectors())
    differing = [at for at, (one, other) in enumerate(zip(kept, said, strict=True)) if one != other]
    assert differing == [], f"`make vectors` writes them anew, if this is meant: {said[differing[0]]}"
    assert len(kept) == 10_000


def test_each_kind_tells_cases_apart() -> None:
    """A vector that cannot differ from the next proves nothing."""
    lines = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines()]
    answers = {
        kind: {json.dumps(one["expect"]) for one in lines if one["kind"] == kind} for kind, _, _ in KINDS
    }
    assert Counter(one["kind"] for one in lines) == {kind: number for kind, number, _ in KINDS}
    assert {kind for kind, found in answers.items() if len(found) < 60} == set()
