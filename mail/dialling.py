"""Opening a connection to a relay: greeting, TLS and sign-in, all as its settings ask."""

import re
import smtplib
import socket
import ssl
from functools import cache

from mail.relay import Relay, Security

_FOREIGN_TO_HOST = re.compile(r"[^A-Za-z0-9.-]+")


def dial(relay: Relay, tls_context: ssl.SSLContext | None = None) -> smtplib.SMTP:
    """Return a connection ready for MAIL.

    Raises OSError, of which smtplib's exceptions are a kind, and ValueError for what SMTP has no way to say.
    """
    context = tls_context or trusted(relay.security)
    smtp = _greeted(relay, context)
    try:
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        if relay.security is Security.STARTTLS or (relay.security is Security.OFFERED and smtp.has_extn("starttls")):
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
        if relay.username:
            smtp.login(relay.username, relay.password)
    except (OSError, ValueError):
        smtp.close()
        raise
    return smtp


@cache
def trusted(security: Security) -> ssl.SSLContext:
    """What a relay's certificate must satisfy; made once, because reading all authorities takes 20 ms."""
    context = ssl.create_default_context()
    if security is Security.OFFERED:
        # Without TLS we would speak to it in the clear, so a certificate that nobody vouches for does no harm.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _greeted(relay: Relay, context: ssl.SSLContext) -> smtplib.SMTP:
    # Named here, because smtplib's own way to find a name may wait for DNS.
    name = our_name()
    if relay.security is Security.TLS:
        return smtplib.SMTP_SSL(relay.host, relay.port, name, timeout=relay.timeout, context=context)
    return smtplib.SMTP(relay.host, relay.port, name, timeout=relay.timeout)


def our_name() -> str:
    """What we call ourselves in EHLO."""
    return _FOREIGN_TO_HOST.sub("-", socket.gethostname()) or "localhost"
