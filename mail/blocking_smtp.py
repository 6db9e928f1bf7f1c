"""One persistent connection to a relay, one message at a time, with a closed set of outcomes."""

import re
import smtplib
import ssl
from types import TracebackType
from typing import Self

from mail.dialling import dial
from mail.relay import Relay
from mail.replies import CLOSING, About, Outcome, RelayUnavailable, Reply, reply, unavailable

_GOODBYE_SECONDS = 2.0
_GO_AHEAD = range(354, 355)
_AGREED = range(200, 300)
_REFUSED = range(400, 600)
_SIGN_IN_WANTED = frozenset({530, 534, 535, 538})
_ENVELOPE_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


class Connection:
    """Connects with the first message, stays open until closed or lost; not for two threads at once."""

    def __init__(self, relay: Relay, *, tls_context: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._tls_context = tls_context
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect now; raise RelayUnavailable."""
        self._opened()

    def send(self, *, envelope_from: str, to: str, message: bytes) -> Reply:
        """Hand over one message with CRLF line ends, not dot-stuffed; raise RelayUnavailable."""
        for address in (envelope_from, to):
            if not _ENVELOPE_ADDRESS.fullmatch(address):
                raise ValueError("An envelope address must be a bare ASCII address.")
        is_fresh = self._smtp is None
        try:
            return self._transact(envelope_from, to, message)
        except RelayUnavailable as trouble:
            if is_fresh or trouble.maybe_sent or not trouble.hung_up:
                raise
        # Relays end connections that were idle or have carried their fill: that is no trouble yet.
        return self._transact(envelope_from, to, message)

    def close(self) -> None:
        """Say goodbye, if it can be done quickly."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            _set_timeout(smtp, _GOODBYE_SECONDS)
            smtp.quit()
        except OSError:
            smtp.close()

    def _opened(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = dial(self._relay, self._tls_context)
            except (OSError, ValueError) as error:
                raise self._trouble(error) from error
        return self._smtp

    def _transact(self, envelope_from: str, to: str, message: bytes) -> Reply:
        smtp = self._opened()
        body = " BODY=8BITMIME" if not message.isascii() and smtp.has_extn("8bitmime") else ""
        refusal = self._refusal(smtp, f"MAIL FROM:<{envelope_from}>{body}", About.SENDER)
        try:
            refusal = (
                refusal
                or self._refusal(smtp, f"RCPT TO:<{to}>", About.RECIPIENT)
                or self._refusal(smtp, "DATA", About.MESSAGE, expected=_GO_AHEAD)
            )
            if refusal is None:
                return self._transmit(smtp, message)
        except RelayUnavailable as trouble:
            trouble.at_message = True
            raise
        self._reset(smtp)
        return refusal

    def _refusal(self, smtp: smtplib.SMTP, command: str, about: About, *, expected: range = _AGREED) -> Reply | None:
        """Send a command; return None when the relay agrees to it."""
        try:
            code, text = smtp.docmd(command)
        except OSError as error:
            raise self._trouble(error) from error
        if code in expected:
            return None
        if about is About.SENDER and code in _SIGN_IN_WANTED:
            raise self._trouble(smtplib.SMTPAuthenticationError(code, text))
        return self._judged(about, code, text)

    def _transmit(self, smtp: smtplib.SMTP, message: bytes) -> Reply:
        try:
            smtp.send(_dot_stuffed(message))
        except OSError as error:
            raise self._trouble(error) from error
        # The dot goes on its own: before it is written, the relay can't have accepted anything.
        try:
            code, text = self._final_reply(smtp)
        except OSError as error:
            raise self._trouble(error, maybe_sent=True, waited=self._relay.final_timeout) from error
        if code in _AGREED:
            return reply(Outcome.ACCEPTED, About.MESSAGE, code, text)
        return self._judged(About.MESSAGE, code, text, maybe_sent=code not in _REFUSED)

    def _final_reply(self, smtp: smtplib.SMTP) -> tuple[int, bytes]:
        smtp.send(b".\r\n")
        _set_timeout(smtp, self._relay.final_timeout)
        reply = smtp.getreply()
        _set_timeout(smtp, self._relay.timeout)
        return reply

    def _judged(self, about: About, code: int, text: bytes, *, maybe_sent: bool = False) -> Reply:
        """Return a refusal; raise RelayUnavailable for what refuses no single message."""
        if code in _REFUSED and code != CLOSING:
            return reply(Outcome.TEMPORARY if code < 500 else Outcome.PERMANENT, about, code, text)
        raise self._trouble(smtplib.SMTPResponseException(code, text), maybe_sent=maybe_sent)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """End the refused transaction; a connection that can't isn't kept."""
        try:
            code, _ = smtp.rset()
        except OSError:
            code = CLOSING
        if code not in _AGREED:
            self._drop()

    def _trouble(
        self, error: OSError | ValueError, *, maybe_sent: bool = False, waited: float | None = None
    ) -> RelayUnavailable:
        self._drop()
        return unavailable(self._relay, error, waited=waited, maybe_sent=maybe_sent)

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _set_timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _dot_stuffed(message: bytes) -> bytes:
    stuffed = message.replace(b"\n.", b"\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
