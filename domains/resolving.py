"""Asking DNS. What can't be answered is told apart from what isn't there."""

from collections.abc import Sequence
from typing import Protocol

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

LIFETIME = 5.0


class Unanswered(Exception):
    """DNS gave no usable answer; the message says why, as a sentence for people."""


class Resolver(Protocol):
    """What checking needs of DNS; tests pass their own."""

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, none when it has none; raises Unanswered."""
        ...

    def zone(self, name: str) -> str:
        """The zone that the name belongs to; raises Unanswered."""
        ...


class SystemResolver:
    """The resolver of this host, or the one that DNS_SERVERS names."""

    def __init__(self, servers: Sequence[str] = (), *, lifetime: float = LIFETIME) -> None:
        self._servers, self._lifetime = servers, lifetime

    def texts(self, name: str) -> list[str]:
        try:
            answer = self._asking().resolve(f"{name}.", "TXT", lifetime=self._lifetime)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as trouble:
            raise Unanswered(_reason(trouble)) from trouble
        return [_readable(b"".join(record.strings).decode(errors="replace")) for record in answer]

    def zone(self, name: str) -> str:
        try:
            found = dns.resolver.zone_for_name(f"{name}.", resolver=self._asking(), lifetime=self._lifetime)
        except dns.exception.DNSException as trouble:
            raise Unanswered(_reason(trouble)) from trouble
        zone = found.to_text().lower().rstrip(".")
        # Where nothing is registered yet, all of .com or the root answers for it: that is nobody's zone to edit.
        return zone if "." in zone else name

    def _asking(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(*place(each)) for each in self._servers]
        return resolver


def _readable(text: str) -> str:
    """The text without what no record needs: characters that control, hide or turn around what is shown of it."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " if each in "\t\r\n" else "�" for each in text)


def system() -> Resolver:
    return SystemResolver(settings.DNS_SERVERS)


def place(server: str) -> tuple[str, int]:
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353` as address and port."""
    if server.startswith("["):
        address, _, rest = server[1:].partition("]")
        return address, int(rest.lstrip(":") or 53)
    if server.count(":") == 1:
        address, _, port = server.partition(":")
        return address, int(port)
    return server, 53


def _reason(trouble: dns.exception.DNSException) -> str:
    if isinstance(trouble, dns.exception.Timeout):
        return f"DNS didn’t answer within {LIFETIME:.0f} seconds."
    if isinstance(trouble, dns.resolver.NoNameservers):
        return "The domain’s name servers failed to answer."
    if isinstance(trouble, dns.resolver.NoResolverConfiguration):
        return "This server has no DNS configured."
    return "DNS couldn’t be asked."
