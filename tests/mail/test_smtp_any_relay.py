"""Whatever a relay says, in whatever pieces, and whatever happens meanwhile: each letter is told of once, and truly."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mail.replies import Outcome
from tests.mail.feeding import BODY, Feeding, Letter, Wire

NAMES = ("ada", "bob", "cy", "dan", "eve")
SETTLED = ("settled", "unsent", "unanswered")

# What happens next: the relay answers so many commands, with one of these codes, and so many bytes of what it said
# arrive; or the feeder, the clock or the network intervene.
ALL = 1000
exchanges = st.tuples(
    st.sampled_from([250, 250, 250, 450, 550, 421, 999]), st.sampled_from([1, ALL]), st.sampled_from([7, ALL])
)
events = st.sampled_from(["open", "shut", "proceed", "start", "tick", "close", "abort", "skip", "lose", "late"])
turns = st.lists(st.just((250, ALL, ALL)) | exchanges | events, max_size=24)


class Relay:
    """Reads what was written as a server does, and answers each command with a code given."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.read = 0
        self.in_data = False
        self.recipient = ""
        self.taken: list[str] = []
        self.turned_back: set[str] = set()
        self.unsaid = b""

    def answer(self, code: int) -> bool:
        """Answer the next command, or the message; False when there is none."""
        rest = b"".join(self.wire.written)[self.read :]
        end = b"\r\n.\r\n" if self.in_data and not rest.startswith(b".\r\n") else b"\r\n"
        if end not in rest:
            return False
        command = rest[: rest.index(end) + len(end)]
        self.read += len(command)
        self.unsaid += self.reply(command, code)
        return True

    def reply(self, command: bytes, code: int) -> bytes:
        if self.in_data:
            self.in_data = False
            if command != b".\r\n" and 200 <= code < 300:
                self.taken.append(self.recipient)
            elif code == 421:
                self.turned_back.add(self.recipient)
        elif command.startswith(b"RCPT"):
            self.recipient = command[9:].partition(b"@")[0].decode()
        elif command == b"DATA\r\n" and code == 250:
            self.in_data = True
            code = 354
        return b"%d-several\r\n%d lines\r\n" % (code, code) if code == 450 else b"%d said\r\n" % code


@settings(max_examples=300)
@given(turns=turns, pipelining=st.booleans(), most=st.sampled_from([0, 1, 2]), is_open=st.booleans())
def test_every_letter_taken_is_told_of_once_and_truly(turns, pipelining, most, is_open):
    feeder, relay = asyncio.run(played(turns, pipelining=pipelining, most=most, is_open=is_open))

    taken = set(NAMES) - {letter.name for letter in feeder.letters}
    assert Counter(name for what, name, _ in feeder.told if what in SETTLED) == Counter(taken)
    assert feeder.told[-1][0] == "gone"
    assert len(feeder.all("gone")) == 1
    accepted = {name for name, reply in feeder.replies.items() if reply.outcome is Outcome.ACCEPTED}
    assert accepted <= set(relay.taken)
    assert set(relay.taken) <= accepted | set(feeder.all("unanswered"))
    assert set(feeder.all("unsent")) & feeder.written <= relay.turned_back
    assert set(feeder.all("unanswered")) <= feeder.written


class Watching(Feeding):
    """Notes whose body was asked for, which mustn't be before the gate let it pass."""

    def __init__(self, *, is_open: bool) -> None:
        super().__init__(is_open=is_open)
        self.written: set[str] = set()
        self.allowed: set[str] = set()
        self.letters.extend(Watched(name, self) for name in NAMES)

    def may_send(self, letter, connection):
        allowed = super().may_send(letter, connection)
        if allowed:
            self.allowed.add(letter.name)
        return allowed


class Watched(Letter):
    def __init__(self, name: str, feeder: Watching) -> None:
        super().__init__(name)
        self.feeder = feeder

    def message(self) -> bytes:
        assert self.name in self.feeder.allowed
        self.feeder.written.add(self.name)
        return BODY


async def played(turns, *, pipelining, most, is_open):
    feeder = Watching(is_open=is_open)
    wire = Wire(feeder, most=most, pipelining=pipelining)
    relay, connection = Relay(wire), wire.connection
    connection.start()
    for turn in turns:
        if turn == "tick":
            await asyncio.sleep(0)
        else:
            play(turn, feeder, wire, relay)
    wire.loses()
    await asyncio.sleep(0)
    return feeder, relay


def play(turn, feeder, wire, relay):
    match turn:
        case (code, answers, arriving):
            while answers and relay.answer(code):
                answers -= 1
            said, relay.unsaid = relay.unsaid[:arriving], relay.unsaid[arriving:]
            if said and not wire.is_closing():
                wire.connection.data_received(said)
        case "open" | "shut":
            feeder.is_open = turn == "open"
        case "proceed":
            feeder.allowed.update(feeder.all("may send")[-1:])
            wire.connection.proceed()
        case "lose":
            wire.loses(ConnectionResetError())
        case "late":
            wire.connection.check(float("inf"))
        case _:
            getattr(wire.connection, turn)()
