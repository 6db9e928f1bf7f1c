"""One database connection on the event loop, over which the gate's flushes go one after the other.

libpq is used directly, because at thousands of flushes a second everything between it and the loop costs more than
the flush: a statement prepared once, binary parameters, and the socket watched by the loop itself.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from struct import pack
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGconn, PGresult

from broadcasts.claiming import Claim
from lib import sql

INT4, INT8, BYTEA, TEXT = 23, 20, 17, 25
BINARY = 1


class Note(NamedTuple):
    """What the relay said to an e-mail that it refused."""

    claim: Claim
    email_id: int
    words: str


class Flusher:
    """Sends one flush at a time.

    `connect` opens a database connection and may block; it is called in a thread. `landed` is called with the ids of
    the chunks that are still held, once a flush is committed; `lost` when the connection broke or the flush failed.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], psycopg.Connection[Any]],
        lease: float,
        landed: Callable[[set[int]], None],
        lost: Callable[[psycopg.Error], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._connect = connect
        self._lease = pack(">d", lease)
        self._when_landed, self._when_lost = landed, lost
        self._connection: psycopg.Connection[Any] | None = None
        self._socket = -1
        self._claims: Sequence[Claim] = ()
        self._result: PGresult | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    async def open(self) -> None:
        """Connect; raises psycopg.Error."""
        connection = await asyncio.to_thread(self._prepared)
        connection.pgconn.nonblocking = 1
        self._connection = connection
        # Of our own, because libpq closes its socket by itself when it breaks, while the loop still watches it.
        self._socket = os.dup(connection.pgconn.socket)
        self._loop.add_reader(self._socket, self._readable, connection.pgconn)

    def close(self) -> None:
        """Disconnect; a flush under way may or may not be committed."""
        connection, self._connection, self._claims = self._connection, None, ()
        if connection is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            os.close(self._socket)
            connection.close()

    def send(self, claims: Sequence[Claim], outs: Sequence[bytes], notes: Sequence[Note]) -> None:
        """Commit the bytes of some chunks, and what the relay said; only while open, and one flush at a time."""
        if self._connection is None or self._claims:
            raise RuntimeError("One flush at a time, over an open connection.")
        database = self._connection.pgconn
        self._claims, self._result = claims, None
        try:
            if len(claims) == 1 and not notes:
                database.send_query_prepared(b"flush_chunk", self._single(claims[0], outs[0]), (BINARY,) * 4, BINARY)
            else:
                database.send_query_prepared(b"flush_chunks", self._several(claims, outs, notes), (BINARY,) * 7, BINARY)
            self._write(database)
        except psycopg.Error as away:
            self._lose(away)

    def _single(self, claim: Claim, out: bytes) -> list[bytes]:
        return [out, self._lease, pack(">q", claim.chunk_id), pack(">i", claim.epoch)]

    def _several(self, claims: Sequence[Claim], outs: Sequence[bytes], notes: Sequence[Note]) -> list[bytes]:
        return [
            self._lease,
            _array(INT8, [pack(">q", claim.chunk_id) for claim in claims]),
            _array(BYTEA, outs),
            _array(INT4, [pack(">i", claim.epoch) for claim in claims]),
            _array(INT8, [pack(">q", note.claim.chunk_id) for note in notes]),
            _array(INT8, [pack(">q", note.email_id) for note in notes]),
            _array(TEXT, [note.words.replace("\0", " ").encode("utf-8", "replace") for note in notes]),
        ]

    def _write(self, database: PGconn) -> None:
        """Write until the socket is full, then go on when it has room."""
        if database.flush():
            self._loop.add_writer(self._socket, self._writable, database)

    def _writable(self, database: PGconn) -> None:
        self._loop.remove_writer(self._socket)
        try:
            self._write(database)
        except psycopg.Error as away:
            self._lose(away)

    def _readable(self, database: PGconn) -> None:
        try:
            database.consume_input()
            if not self._claims:
                # Nothing was asked: a notice, or the server's goodbye.
                if database.status != pq.ConnStatus.OK:
                    raise psycopg.OperationalError("the server closed the connection")
                return
            while not database.is_busy():
                result = database.get_result()
                if result is None:
                    break
                self._result = result
            else:
                return
            held = self._held()
        except psycopg.Error as away:
            self._lose(away)
            return
        self._claims = ()
        self._when_landed(held)

    def _held(self) -> set[int]:
        """The ids of the chunks that are still this sender's, once the flush is committed."""
        result = self._result
        if result is not None and result.status == pq.ExecStatus.COMMAND_OK:
            return {claim.chunk_id for claim in self._claims} if result.command_tuples else set()
        if result is not None and result.status == pq.ExecStatus.TUPLES_OK:
            return {int.from_bytes(result.get_value(row, 0) or b"", "big") for row in range(result.ntuples)}
        raise psycopg.OperationalError(result.get_error_message() if result else "no answer")

    def _lose(self, away: psycopg.Error) -> None:
        self.close()
        self._when_lost(away)

    def _prepared(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        for name in ("flush_chunk", "flush_chunks"):
            result = connection.pgconn.prepare(name.encode(), sql.numbered("broadcasts", name).encode())
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.OperationalError(result.get_error_message())
        return connection


def _array(oid: int, values: Sequence[bytes]) -> bytes:
    """PostgreSQL's binary form of a one-dimensional array without nulls."""
    if not values:
        return pack(">iii", 0, 0, oid)
    return pack(">iiiii", 1, 0, oid, len(values), 1) + b"".join([pack(">i", len(each)) + each for each in values])
