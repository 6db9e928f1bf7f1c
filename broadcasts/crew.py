"""A drain's connections: opened as they are needed, fewer when the relay asks for it, reopened when lost."""

import asyncio
from collections.abc import Callable

from broadcasts.letters import Letter
from broadcasts.pacing import Pace
from mail import connecting, smtp
from mail.relay import Relay
from mail.replies import RelayUnavailable

Connection = smtp.Connection[Letter]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Crew:
    """Connections of one drain. Times are the loop's.

    `met_tls`: the relay is spoken to under TLS. `given_up` is called when no connection is left and none can be had,
    or when none of those that can be had gets anything decided.
    """

    def __init__(
        self,
        relay: Relay,
        feeder: smtp.Feeder[Letter],
        *,
        pace: Pace,
        per_connection: int,
        given_up: Callable[[RelayUnavailable], None],
    ) -> None:
        self._relay = relay
        self._feeder = feeder
        self._pace = pace
        self._per_connection = per_connection
        self._given_up = given_up
        self._open: set[Connection] = set()
        self._idle: list[Connection] = []
        self._dialling: set[asyncio.Task[None]] = set()
        self._redial_at = 0.0
        self._pause = FIRST_PAUSE
        # Connections lost or refused since the relay last decided anything.
        self._losses = 0
        self._is_closing = False
        self.met_tls = False

    def __bool__(self) -> bool:
        """Whether any connection is open or being opened."""
        return bool(self._open or self._dialling)

    def staff(self, wanted: int, now: float) -> None:
        """Open connections until there are as many as wanted and the pace allows; close those beyond the pace."""
        allowed = self._pace.limit
        there = len(self._open) + len(self._dialling)
        if self._is_closing:
            return
        if now >= self._redial_at and now >= self._pace.rest_until:
            for _ in range(min(wanted, allowed) - there):
                task = asyncio.ensure_future(self._dial())
                self._dialling.add(task)
                task.add_done_callback(self._dialling.discard)
        for connection in list(self._open)[allowed:]:
            connection.close()

    def ready(self, connection: Connection) -> None:
        """The connection has nothing to do."""
        self._open.add(connection)
        self.met_tls = connection.is_encrypted
        if self._is_closing:
            connection.close()
        else:
            self._idle.append(connection)

    def wake(self, number: int) -> None:
        """Let idle connections look for letters, at most so many."""
        awake, self._idle = self._idle[:number], self._idle[number:]
        for connection in awake:
            connection.start()

    def decided(self) -> None:
        """The relay decided on a message: it is well."""
        self._losses = 0
        self._pause = FIRST_PAUSE

    def gone(self, connection: Connection, trouble: RelayUnavailable | None, now: float) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if trouble is not None and not self._is_closing:
            self._lost(trouble, now, is_fresh=not connection.carried)

    def check(self, now: float) -> None:
        """Cut connections whose relay takes too long."""
        for connection in list(self._open):
            connection.check(now)

    def close(self) -> None:
        """Let each finish what is under way; no new ones are opened."""
        self._is_closing = True
        for task in self._dialling:
            task.cancel()
        for connection in list(self._open):
            connection.close()

    def abort(self) -> None:
        self.close()
        for connection in list(self._open):
            connection.abort()

    async def _dial(self) -> None:
        try:
            await connecting.connect(self._relay, self._feeder, most=self._per_connection)
        except RelayUnavailable as trouble:
            now = asyncio.get_running_loop().time()
            self._dialling.discard(asyncio.current_task())
            self._lost(trouble, now, is_fresh=True)

    def _lost(self, trouble: RelayUnavailable, now: float, *, is_fresh: bool) -> None:
        """One connection less. A relay that ends those that have carried something only makes us come again."""
        self._losses += 1
        if not is_fresh:
            return
        self._redial_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if not self or self._losses > 2 * self._pace.most + 2:
            self._given_up(trouble)
        elif trouble.hung_up:
            self._pace.pushed_back(now)
