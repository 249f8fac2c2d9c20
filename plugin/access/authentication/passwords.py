"""Passwords: argon2id hashes, a check that takes as long for accounts that do not exist, and what is too weak."""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST_WEIGHED = 72
"""So many characters are held against the lists; what is longer takes as long to guess at least."""
GOOD_ENOUGH = 3
"""Of zxcvbn's scores: safely unguessable where the hash is slow, as ours is."""
PRODUCT = ("jira", "okr", "atlassian", "objective")
LONGEST = 1024
"""Hashing takes longer the longer the text; nobody types more than this."""


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher().hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Without a hash the answer is no, after the same time."""
    try:
        return _hasher().verify(password_hash or _nobodys(), password[:LONGEST]) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


def weakness(password: str, email: str) -> str:
    """Why this is no good password, as a sentence; empty where it is one.

    Beside its length it is held against lists of passwords that were stolen, of words and names, and against patterns of the keyboard
    (zxcvbn): what somebody guesses within ten thousand million tries is too weak, however many kinds of characters it has.
    """
    if len(password) < SHORTEST:
        return f"Choose a password of at least {SHORTEST} characters; a few unrelated words do well."
    if len(password) > LONGEST:
        return f"Choose a password of at most {LONGEST} characters."
    if len(set(password)) < SHORTEST // 2:
        return "Choose a password of more different characters."
    if password.casefold() in (email.casefold(), email.casefold().partition("@")[0]):
        return "Choose a password that is not your e-mail address."
    return _guessed(password, email)


def _guessed(password: str, email: str) -> str:
    from zxcvbn import zxcvbn  # reads its lists, which nothing else needs

    known = [part for part in re.split(r"[^\w]+", email.casefold()) if part]
    found = zxcvbn(password[:LONGEST_WEIGHED], user_inputs=[*known, *PRODUCT])
    if found["score"] >= GOOD_ENOUGH:
        return ""
    why = found["feedback"]["warning"].rstrip(".")
    reason = f" {why}." if why else ""
    return f"This password is guessed too soon.{reason} A few unrelated words do well."


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return hash_password("the password of nobody at all")
