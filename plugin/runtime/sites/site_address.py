"""What people give of a Jira when they connect it, as they copied it: the address of some page, a token with what came along."""

from __future__ import annotations

from urllib.parse import urlsplit

CLOUD_HOSTS = (".atlassian.net", ".jira.com", ".jira-dev.com", ".atlassian-us-gov-mod.net")
_OF_PROJECTS = "browse secure projects issues rest plugins servicedesk login login.jsp dashboard dashboards boards people s wiki"
_OF_CLOUD = "software core your-work for-you plans discovery people dashboards"
PAGES = frozenset(f"{_OF_PROJECTS} {_OF_CLOUD}".split(" "))
"""With which the path of a page of Jira begins, after the context path where there is one."""
CLOUD_PAGES = frozenset(_OF_CLOUD.split(" "))
"""What Cloud has below `/jira`, which is no context path there."""


def site_address(text: str) -> str:
    """The address of a Jira out of what a browser shows of any of its pages: with https where nothing is said, without the page.

    What is no address comes back as it is, for whoever reads it to refuse.
    """
    bare = "".join(text.split()).strip("<>\"'")
    if "://" not in bare and "." in bare.split("/")[0]:
        bare = f"https://{bare}"
    try:
        found = urlsplit(bare)
    except ValueError:
        return text
    if found.scheme not in ("http", "https") or not found.hostname:
        return text
    return f"{found.scheme}://{found.netloc}{_context(found.hostname, found.path)}"


def is_cloud(text: str) -> bool:
    """Whether the address, as it was copied, is one of Jira Cloud; a host of one's own tells nothing, and is none."""
    try:
        host = urlsplit(site_address(text)).hostname or ""
    except ValueError:
        return False
    return host.endswith(CLOUD_HOSTS)


def _context(host: str, path: str) -> str:
    """The context path before the path of a page. Cloud has none."""
    if host.endswith(CLOUD_HOSTS):
        return ""
    parts = [part for part in path.split("/") if part]
    for place, part in enumerate(parts):
        if part.lower() in PAGES:
            whole = place == 1 and parts[0].lower() == "jira" and part.lower() in CLOUD_PAGES
            parts = [] if whole else parts[:place]
            break
    return "".join(f"/{part}" for part in parts)


def token_flaw(token: str) -> str:
    """What shows that a text is no token or secret, without showing it; empty where nothing does."""
    if token.split(" ")[0].casefold() in ("bearer", "basic"):
        return "it begins with a word of the header (Bearer, Basic); give what stands behind it"
    if not (token.isascii() and token.isprintable()):
        return "it holds a sign that no token has; copy it anew, from where it was made"
    return ""
