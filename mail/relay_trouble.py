"""Trouble with a relay, in words for the person who waits for a broadcast to go out."""

import smtplib
import socket
import ssl

from mail.one_line import one_line
from mail.relay import Relay

MAX_REPLY = 500


def reply_text(raw: bytes | str) -> str:
    """Return what a relay said as one line of at most 500 characters."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return one_line(text[:MAX_REPLY]).strip()


def root(error: OSError | ValueError) -> OSError | ValueError:
    """Return the error that smtplib wrapped into a mere "disconnected"."""
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else None
    return cause if isinstance(cause, OSError) else error


def in_words(relay: Relay, error: OSError | ValueError, *, waited: float) -> str:
    """Say what went wrong on the way to the relay, for whose answer we would have waited so many seconds."""
    return f"The mail relay {relay} {_predicate(error, waited)}."


def _predicate(error: OSError | ValueError, waited: float) -> str:
    match error:
        case TimeoutError():
            return f"didn't answer within {waited:g} seconds"
        case UnicodeError():
            return "can't be given a user name or password with characters beyond ASCII"
        case socket.gaierror():
            return "can't be found by that name"
        case ConnectionRefusedError():
            return "refuses connections"
        case ssl.SSLCertVerificationError():
            return f"shows a certificate that can't be trusted ({error.verify_message})"
        case ssl.SSLError():
            return "doesn't agree on TLS"
        case smtplib.SMTPException():
            return _answer(error)
        case ConnectionError():
            return "closed the connection"
        case OSError():
            return f"can't be reached ({error.strerror or error or 'no reason given'})"
        case _:
            return f"can't be told what its URL says ({error})"


def _answer(error: smtplib.SMTPException) -> str:
    match error:
        case smtplib.SMTPServerDisconnected():
            return "closed the connection"
        case smtplib.SMTPAuthenticationError():
            return f"refuses the user name or password ({error.smtp_code} {reply_text(error.smtp_error)})"
        case smtplib.SMTPResponseException():
            return f"turns us away ({error.smtp_code} {reply_text(error.smtp_error)})"
        case _:
            return f"lacks what its URL asks for ({reply_text(str(error)).rstrip('.')})"
