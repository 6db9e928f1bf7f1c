"""One persistent connection to a relay, one message at a time, with a closed set of outcomes."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self

from lib.errors import DomainError
from mail import relay_trouble
from mail.dialling import dial
from mail.relay import Relay

_GOODBYE_SECONDS = 2.0
_CLOSING = 421
_GO_AHEAD = range(354, 355)
_AGREED = range(200, 300)
_REFUSED = range(400, 600)
_SIGN_IN_WANTED = frozenset({530, 534, 535, 538})
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |\Z)")
_ENVELOPE_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


class Outcome(Enum):
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class About(Enum):
    """What a reply judges: only one about the recipient says anything of the recipient."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Reply:
    """The relay's decision on one message: `enhanced` is like "5.1.1" or empty, `text` one line, capped."""

    outcome: Outcome
    about: About
    code: int
    enhanced: str
    text: str


class RelayUnavailable(DomainError):
    """Nothing was decided; the message says in words why.

    `maybe_sent`: the whole message went out, only the answer is missing. `hung_up`: the relay ended the
    connection. `at_message`: it had just agreed to the sender, so this recipient or message may be what it failed at.
    """

    code = "relay_unavailable"

    def __init__(self, message: str, *, maybe_sent: bool = False, hung_up: bool = False) -> None:
        super().__init__(message)
        self.maybe_sent = maybe_sent
        self.hung_up = hung_up
        self.at_message = False


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
            return _reply(Outcome.ACCEPTED, About.MESSAGE, code, text)
        return self._judged(About.MESSAGE, code, text, maybe_sent=code not in _REFUSED)

    def _final_reply(self, smtp: smtplib.SMTP) -> tuple[int, bytes]:
        smtp.send(b".\r\n")
        _set_timeout(smtp, self._relay.final_timeout)
        reply = smtp.getreply()
        _set_timeout(smtp, self._relay.timeout)
        return reply

    def _judged(self, about: About, code: int, text: bytes, *, maybe_sent: bool = False) -> Reply:
        """Return a refusal; raise RelayUnavailable for what refuses no single message."""
        if code in _REFUSED and code != _CLOSING:
            return _reply(Outcome.TEMPORARY if code < 500 else Outcome.PERMANENT, about, code, text)
        trouble = self._trouble(smtplib.SMTPResponseException(code, text), maybe_sent=maybe_sent)
        trouble.hung_up = code == _CLOSING
        raise trouble

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """End the refused transaction; a connection that can't isn't kept."""
        try:
            code, _ = smtp.rset()
        except OSError:
            code = _CLOSING
        if code not in _AGREED:
            self._drop()

    def _trouble(
        self, error: OSError | ValueError, *, maybe_sent: bool = False, waited: float | None = None
    ) -> RelayUnavailable:
        self._drop()
        cause = relay_trouble.root(error)
        hung_up = isinstance(cause, ConnectionError | smtplib.SMTPServerDisconnected)
        words = relay_trouble.in_words(self._relay, cause, waited=waited or self._relay.timeout)
        return RelayUnavailable(words, maybe_sent=maybe_sent, hung_up=hung_up)

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _set_timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _reply(outcome: Outcome, about: About, code: int, raw: bytes) -> Reply:
    text = relay_trouble.reply_text(raw)
    enhanced = _ENHANCED.match(text)
    return Reply(outcome, about, code, enhanced[0] if enhanced else "", text)


def _dot_stuffed(message: bytes) -> bytes:
    stuffed = message.replace(b"\n.", b"\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
