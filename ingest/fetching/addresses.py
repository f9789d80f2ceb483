"""Which internet addresses are public: all that the registries of special-purpose addresses do not name.

The registries are IANA's for IPv4 and IPv6 (RFC 6890, in their state of 2025) and the block that IPv6 unicast addresses are
given out from. They stand here as a table because Python's `ipaddress` knows those of its own release only.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address, ip_network

_SPECIAL = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # private use (RFC 1918)
        "100.64.0.0/10",  # shared between providers (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link local (RFC 3927), where clouds keep credentials
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24", "192.175.48.0/24",  # sinks of reverse names, AS112 (RFC 7534, RFC 7535)
        "192.52.193.0/24",  # multicast tunnels, AMT (RFC 7450)
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "198.18.0.0/15",  # benchmarks of devices (RFC 2544)
        "224.0.0.0/4", "240.0.0.0/4",  # multicast, reserved, broadcast (RFC 1112)
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID, drones (RFC 2928)
        "2001:db8::/32", "3fff::/20",  # documentation (RFC 3849, RFC 9637)
        "2002::/16",  # 6to4, given up (RFC 7526)
        "2620:4f:8000::/48",  # sinks of reverse names, AS112 (RFC 7534)
    )
)  # fmt: skip
_GLOBAL_UNICAST = ip_network("2000::/3")
"""What IPv6 addresses are given out from (RFC 4291); the rest is loopback, local, multicast, segments, or nobody's."""
_NAT64 = ip_network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 sees them (RFC 6052)."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The middle of an interface's identifier that has an IPv4 address in it (RFC 5214)."""


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet, and the IPv4 address in an IPv6 one too.

    Raises `ValueError` for what is no address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip in _NAT64:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST or (int(ip) >> 32 & 0xFFFFFFFF in _ISATAP and not is_public(str(inner))):
            return False
    return not any(ip in block for block in _SPECIAL if block.version == ip.version)
