"""What fetching can be told."""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True, slots=True)
class FetchConfig:
    """How pages are fetched."""

    delay: float = 1.0
    """Seconds between two requests to one host; a longer delay in robots.txt is kept."""
    hosts: int = 8
    """Hosts that are asked at the same time, each by one request."""
    timeout: float = 30.0
    """Seconds to wait for a connection or for the next bytes."""
    page_seconds: float = 180.0
    """Seconds that one page may take altogether."""
    page_bytes: int = 64 * 1024 * 1024
    """Bytes of one page; a larger one is not kept."""
    redirects: int = 5
    """Redirects that are followed for one page."""
    retries: int = 3
    """Further attempts after a failure that may pass (429, 5xx, no connection)."""
    max_age_days: float = 7.0
    """A page that was fetched less than this many days ago is not asked for again."""
    contact: str = ""
    """An address in the User-Agent for those who run the hosts, such as a web page or an e-mail."""
    allow_private: bool = False
    """Also fetch from private, loopback and link-local addresses. Only for hosts that you run."""
