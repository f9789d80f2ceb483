"""What fetching can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from medpress.ranges import Amount, Count, Seconds, between


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True, slots=True)
class FetchConfig:
    """How pages are fetched."""

    delay: Amount = 1.0
    """Seconds between two requests to one host; a longer delay in robots.txt is kept."""
    hosts: Annotated[int, between(1, 256)] = 8
    """Hosts that are asked at the same time, each by one request."""
    timeout: Seconds = 30.0
    """Seconds to wait for a connection or for the next bytes."""
    fetch_seconds: Seconds = 180.0
    """Seconds that one page may take altogether."""
    page_bytes: Count = 64 * 1024 * 1024
    """Bytes of one page; a larger one is not kept."""
    redirects: Annotated[int, between(0, 50)] = 5
    """Redirects that are followed for one page."""
    retries: Annotated[int, between(0, 50)] = 3
    """Further attempts after a failure that may pass (429, 5xx, no connection)."""
    max_age_days: Amount = 7.0
    """A page that was fetched less than this many days ago is not asked for again."""
    contact: str = ""
    """An address in the User-Agent for those who run the hosts, such as a web page or an e-mail."""
    allow_private: bool = False
    """Also fetch from private, loopback and link-local addresses. Only for hosts that you run."""
