"""The relay that takes our mail, as its URL describes it."""

from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from lib.errors import DomainError


class InvalidRelay(DomainError):
    """Its message never shows the URL, which may hold a password."""

    code = "invalid_relay"


class Security(Enum):
    """OFFERED: STARTTLS if the relay offers it. STARTTLS and TLS ask for it, and for a certificate to trust."""

    NONE = "none"
    OFFERED = "offered"
    STARTTLS = "starttls"
    TLS = "tls"


_DEFAULT_PORTS = {Security.NONE: 25, Security.OFFERED: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class Relay:
    """Where to hand messages over.

    `timeout` is in seconds and holds for each step but the last: a relay may look long at a message that it has
    in whole before it answers for it, up to `final_timeout`.
    """

    host: str
    port: int
    security: Security = Security.OFFERED
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    final_timeout: float = 600.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_url(url: str) -> Relay:
    """Read `smtp://user:password@host:port?tls=starttls|none` or `smtps://…`; raise InvalidRelay.

    User and password are percent-decoded. smtp:// means STARTTLS, with a password always and else when the relay
    offers it, unless `tls` says otherwise.
    """
    parts = _split(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = options.pop("tls", None)
    if options:
        raise InvalidRelay("A relay's URL takes the option tls only.")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    security = _security(parts.scheme, tls, has_password=bool(password))
    port = _port(parts) or _DEFAULT_PORTS[security]
    return Relay(_host(parts), port, security, username, password)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url.strip())
    except ValueError:
        raise InvalidRelay("The relay's URL can't be read.") from None


def _security(scheme: str, tls: str | None, *, has_password: bool) -> Security:
    if scheme == "smtps" and tls is None:
        return Security.TLS
    if scheme != "smtp":
        raise InvalidRelay("A relay's URL begins with smtp:// or, without the option tls, smtps://.")
    if tls is None:
        return Security.STARTTLS if has_password else Security.OFFERED
    if tls in ("starttls", "none"):
        return Security(tls)
    raise InvalidRelay("The option tls of a relay's URL is starttls or none.")


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise InvalidRelay("The relay's port must be a number up to 65535.") from None


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        host.encode("idna")
    except UnicodeError:
        host = ""
    if not host or not host.isprintable() or " " in host:
        raise InvalidRelay("The relay's URL names no valid host.")
    return host
