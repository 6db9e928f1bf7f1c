"""A persistent, pipelined connection to a relay: many messages, one after the other, each as two writes.

What a connection sends it takes from its feeder, which also says when a body may be written. With PIPELINING the
next message's envelope goes along with the body before it, so a message costs one round trip; without it the same
steps are taken one command at a time (RFC 5321, RFC 2920).
"""

import asyncio
import smtplib
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar, cast

from mail.relay import Relay
from mail.replies import CLOSING, About, Outcome, RelayUnavailable, Reply, reply, unavailable

# A relay that sends more than this without an end to its line, or to its reply, isn't one.
_MOST_BYTES = 64 * 1024
_GO_AHEAD = 354
_SIGN_IN_WANTED = frozenset({530, 534, 535, 538})


class Letter(Protocol):
    """A message to hand over: `envelope` is its MAIL, RCPT and DATA, a line each."""

    @property
    def envelope(self) -> bytes: ...

    def message(self) -> bytes:
        """The message, CRLF at each line's end, no line beginning with a dot; can't fail."""


L = TypeVar("L", bound=Letter)


class Feeder(Protocol[L]):
    """Who owns the connections. Each method is called on the event loop and must not raise."""

    def take(self, *, ahead: bool) -> L | None:
        """The next letter, or None when there is none at present; `ahead`: while another is still under way."""

    def begin(self, letter: L, connection: "Connection[L]") -> None:
        """The letter is the next whose body the connection will write."""

    def may_send(self, letter: L, connection: "Connection[L]") -> bool:
        """Whether the body may be written now; else the connection waits for `proceed` or `skip`."""

    def settled(self, letter: L, reply: Reply, connection: "Connection[L]") -> None:
        """The relay decided."""

    def unsent(self, letter: L, connection: "Connection[L]", trouble: RelayUnavailable | None) -> None:
        """The letter comes back: nothing of its body was written."""

    def unanswered(self, letter: L, connection: "Connection[L]", trouble: RelayUnavailable) -> None:
        """The letter went out whole, or may have; what the relay decided was lost."""

    def ready(self, connection: "Connection[L]") -> None:
        """The connection has nothing to do: `start` it when there is a letter."""

    def gone(self, connection: "Connection[L]", trouble: RelayUnavailable | None) -> None:
        """The connection is closed, as planned when there is no trouble. The last call."""


class Step(Enum):
    """What the connection waits for."""

    IDLE = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    GATE = auto()
    DOT = auto()
    VOID = auto()
    QUIT = auto()
    GONE = auto()


# A letter is under way, and nothing of its body is written.
_UNWRITTEN = frozenset({Step.MAIL, Step.RCPT, Step.DATA, Step.GATE})


class Connection(asyncio.Protocol, Generic[L]):
    """Made by `mail.connecting.connect`, ready for MAIL.

    `carried` counts the messages decided on it; `need` is the feeder's own.
    """

    def __init__(self, relay: Relay, feeder: Feeder[L], *, most: int = 0, pipelining: bool = True) -> None:
        self._loop = asyncio.get_running_loop()
        self._relay = relay
        self._feeder = feeder
        self._most = most
        self._pipelining = pipelining
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._lines: list[bytes] = []
        self._step = Step.IDLE
        self._deadline = float("inf")
        self._letter: L | None = None
        self._next: L | None = None
        self._refusal: Reply | None = None
        # Without PIPELINING: the commands of the envelope that are still to be written.
        self._commands: list[bytes] = []
        self._trouble: RelayUnavailable | None = None
        self._is_closing = False
        self._is_cut = False
        self.carried = 0
        self.need = 0

    @property
    def is_encrypted(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("sslcontext") is not None

    # For the feeder ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take a letter, if there is one; only while ready."""
        if self._step is not Step.IDLE or self._is_cut:
            return
        if self._is_full:
            self.close()
            return
        letter = None if self._is_closing else self._feeder.take(ahead=False)
        if letter is None:
            self._rest()
            return
        self._letter = letter
        self._write(self._opening(letter))
        self._begin()

    def proceed(self) -> None:
        """Write the body that waits at the gate, and behind it the next letter's envelope."""
        letter, transport = self._letter, self._transport
        if self._step is not Step.GATE or letter is None or transport is None or transport.is_closing():
            return
        self._take_ahead(carrying=1)
        self._wait(Step.DOT, self._relay.final_timeout)
        body = letter.message() + b".\r\n"
        self._write(body if self._next is None else body + self._next.envelope)

    def skip(self) -> None:
        """Don't send the letter at the gate. After the relay's go-ahead only hanging up takes it back."""
        if self._step in _UNWRITTEN:
            self.abort()

    def close(self) -> None:
        """Let a body that was written be answered, give back all else, and say goodbye."""
        self._is_closing = True
        if self._step is Step.IDLE:
            self._wait(Step.QUIT, min(2.0, self._relay.timeout))
            self._write(b"QUIT\r\n")
        elif self._step in _UNWRITTEN:
            self.abort()

    def abort(self) -> None:
        """Cut the connection now."""
        self._is_closing = self._is_cut = True
        if self._transport is not None:
            self._transport.abort()

    def check(self, now: float) -> None:
        """Cut the connection if the relay has taken too long over the present step."""
        if now > self._deadline:
            waited = self._relay.final_timeout if self._step is Step.DOT else self._relay.timeout
            is_over = self._step is Step.QUIT
            self._end(None if is_over else unavailable(self._relay, TimeoutError(), waited=waited))

    # For the event loop ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(1 << 20)

    def data_received(self, data: bytes) -> None:
        if self._unread:
            data = self._unread + data
        lines = data.replace(b"\r\n", b"\n").split(b"\n")
        self._unread = lines.pop()
        for line in lines:
            if self._is_cut:
                # What it still says is about nothing that is under way.
                return
            if line[3:4] == b"-":
                self._lines.append(line)
            else:
                self._replied(line)
        if len(self._unread) + sum(map(len, self._lines)) > _MOST_BYTES:
            self._end(self._rejected(500, b"Its replies have no end."))

    def connection_lost(self, error: Exception | None) -> None:
        if self._trouble is None and not self._is_cut and self._step is not Step.QUIT:
            cause = error if isinstance(error, OSError) else ConnectionResetError()
            self._trouble = unavailable(self._relay, cause)
        self._give_up()

    # The steps ---------------------------------------------------------------------------------------------------

    def _replied(self, line: bytes) -> None:
        code = int(line[:3]) if line[:3].isdigit() else 0
        text = line[4:]
        if self._lines:
            text = b" ".join([*(each[4:] for each in self._lines), text])
            self._lines = []
        match self._step:
            case Step.MAIL:
                self._refuse(About.SENDER, code, text, to_be=Step.RCPT)
            case Step.RCPT:
                self._refuse(About.RECIPIENT, code, text, to_be=Step.DATA)
            case Step.DATA:
                self._went_ahead(code, text)
            case Step.DOT:
                self._answered(code, text)
            case Step.VOID if code != CLOSING:
                self._go_on()
            case Step.QUIT:
                self._end(None)
            case _:
                # A relay that speaks unasked says goodbye.
                self._end(self._rejected(code, text))

    def _refuse(self, about: About, code: int, text: bytes, *, to_be: Step) -> None:
        """Note a refusal of the envelope; the first one counts, and the relay's other answers are still to come."""
        if not 200 <= code < 300 and self._refusal is None:
            if not 400 <= code < 600 or code == 421 or (about is About.SENDER and code in _SIGN_IN_WANTED):
                self._end(self._rejected(code, text))
                return
            self._refusal = _decision(about, code, text)
            if self._commands:
                # One command at a time: the rest of the envelope isn't even said.
                self._commands = []
                self._void(b"RSET\r\n")
                return
        self._wait(to_be, self._relay.timeout)
        if self._commands:
            self._write(self._commands.pop(0))

    def _went_ahead(self, code: int, text: bytes) -> None:
        if code == _GO_AHEAD:
            if self._refusal is not None:
                # Nobody is to get it, but the relay wants a message: an empty one (RFC 2920, 3.1).
                self._void(b".\r\n")
                return
            self._wait(Step.GATE, float("inf"))
            if self._letter is not None and self._feeder.may_send(self._letter, self):
                self.proceed()
        elif 400 <= code < 600 and code != CLOSING:
            self._void(b"RSET\r\n", _decision(About.MESSAGE, code, text))
        else:
            self._end(self._rejected(code, text))

    def _void(self, command: bytes, decision: Reply | None = None) -> None:
        """The envelope was refused: settle the letter, end its transaction, and go on with the next behind that."""
        letter, refusal = self._letter, self._refusal or decision
        self._letter = self._refusal = None
        self.carried += 1
        self._wait(Step.VOID, self._relay.timeout)
        if letter is not None and refusal is not None:
            self._feeder.settled(letter, refusal, self)
        self._take_ahead()
        self._write(command if self._next is None else command + self._next.envelope)

    def _answered(self, code: int, text: bytes) -> None:
        letter = self._letter
        if letter is None:
            return
        if code == CLOSING:
            # It closes without having taken the message (RFC 5321, 3.8 and 4.2.1).
            self._step = Step.GATE
            self._end(self._rejected(code, text))
            return
        if not (200 <= code < 300 or 400 <= code < 600):
            self._end(self._rejected(code, text))
            return
        self._letter = None
        self.carried += 1
        self._feeder.settled(letter, _decision(About.MESSAGE, code, text), self)
        self._go_on()

    def _go_on(self) -> None:
        """Turn to the letter whose envelope is on its way, or to another one."""
        self._letter, self._next = self._next, None
        if self._letter is None:
            self._step = Step.IDLE
            self.start()
        else:
            self._begin()

    def _take_ahead(self, *, carrying: int = 0) -> None:
        """Take the next letter already, if the relay takes its envelope behind what is being written."""
        is_last = self._most and self.carried + carrying >= self._most
        if self._pipelining and not self._is_closing and not is_last:
            self._next = self._feeder.take(ahead=True)

    def _begin(self) -> None:
        self._refusal = None
        self._wait(Step.MAIL, self._relay.timeout)
        if self._is_closing:
            self.abort()
        elif self._letter is not None:
            self._feeder.begin(self._letter, self)

    def _opening(self, letter: L) -> bytes:
        """What is written of the envelope at once."""
        if self._pipelining:
            return letter.envelope
        first, *self._commands = letter.envelope.splitlines(keepends=True)
        return first

    def _rest(self) -> None:
        self._wait(Step.IDLE, float("inf"))
        if self._is_closing:
            self.close()
        else:
            self._feeder.ready(self)

    # Its end -----------------------------------------------------------------------------------------------------

    @property
    def _is_full(self) -> bool:
        return bool(self._most) and self.carried >= self._most

    def _wait(self, step: Step, seconds: float) -> None:
        self._step = step
        self._deadline = self._loop.time() + seconds

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._is_cut:
            self._transport.write(data)

    def _rejected(self, code: int, text: bytes) -> RelayUnavailable:
        kind = smtplib.SMTPAuthenticationError if code in _SIGN_IN_WANTED else smtplib.SMTPResponseException
        return unavailable(self._relay, kind(code, text))

    def _end(self, trouble: RelayUnavailable | None) -> None:
        self._trouble = trouble
        self.abort()
        self._give_up()

    def _give_up(self) -> None:
        """Tell of every letter in hand what is known of it, once."""
        step, self._step = self._step, Step.GONE
        if step is Step.GONE:
            return
        self._deadline = float("inf")
        letter, following = self._letter, self._next
        self._letter = self._next = None
        trouble = self._trouble
        if following is not None:
            self._feeder.unsent(following, self, None)
        if letter is not None and step is Step.DOT:
            doubt = trouble or RelayUnavailable("The connection was cut before the relay answered.")
            doubt.maybe_sent = True
            self._feeder.unanswered(letter, self, doubt)
        elif letter is not None:
            if trouble is not None:
                trouble.at_message = step in (Step.RCPT, Step.DATA)
            self._feeder.unsent(letter, self, trouble)
        self._feeder.gone(self, trouble)


def _decision(about: About, code: int, text: bytes) -> Reply:
    outcome = Outcome.ACCEPTED if code < 300 else Outcome.TEMPORARY if code < 500 else Outcome.PERMANENT
    return reply(outcome, about, code, text)
