"""A connection that is closed between one message and the next, whose envelope is on its way already."""

import asyncio

from mail.relay import parse_url
from mail.smtp import Connection


class Letter:
    def __init__(self, name):
        self.name = name
        self.envelope = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"

    def message(self):
        return b"Subject: Hi\r\n\r\nHello\r\n"


class Wire(asyncio.Transport):
    """Keeps what is written; a cut is told a turn of the loop later, as real transports do."""

    def __init__(self, protocol):
        super().__init__()
        self.protocol = protocol
        self.written = []

    def write(self, data):
        self.written.append(data)

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def is_closing(self):
        return False

    def abort(self):
        asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


class Feeder:
    def __init__(self, *names):
        self.letters = [Letter(name) for name in names]
        self.said = []

    def take(self, *, ahead):
        return self.letters.pop(0) if self.letters else None

    def begin(self, letter, connection):
        pass

    def may_send(self, letter, connection):
        return True

    def settled(self, letter, reply, connection):
        self.said.append((letter.name, reply.outcome.value))

    def unsent(self, letter, connection, trouble):
        self.said.append((letter.name, "unsent"))

    def unanswered(self, letter, connection, trouble):
        self.said.append((letter.name, "unanswered"))

    def ready(self, connection):
        pass

    def gone(self, connection, trouble):
        self.said.append("gone")


def test_the_answer_to_an_envelope_is_never_taken_for_that_to_a_message():
    async def scenario():
        feeder = Feeder("first", "second", "third")
        connection = Connection(parse_url("smtp://relay.test?tls=none"), feeder)
        connection.connection_made(Wire(connection))
        connection.start()
        connection.data_received(b"250 ok\r\n250 ok\r\n354 go\r\n")
        connection.close()
        connection.data_received(b"250 taken\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        await asyncio.sleep(0)
        return feeder.said

    assert asyncio.run(scenario()) == [("first", "accepted"), ("second", "unsent"), "gone"]


def test_what_a_cut_connection_still_hears_counts_for_nothing():
    async def scenario():
        feeder = Feeder("first", "second")
        connection = Connection(parse_url("smtp://relay.test?tls=none"), feeder)
        connection.connection_made(Wire(connection))
        connection.start()
        connection.data_received(b"250 ok\r\n250 ok\r\n354 go\r\n")
        connection.abort()
        connection.data_received(b"250 taken\r\n")
        await asyncio.sleep(0)
        return feeder.said

    assert asyncio.run(scenario()) == [("second", "unsent"), ("first", "unanswered"), "gone"]
