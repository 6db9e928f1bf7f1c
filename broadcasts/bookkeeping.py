"""The ledger's side of a drain: one thread with a database connection of its own, beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import Error, connection

Result = TypeVar("Result")


class Books:
    """Runs work on the ledger in its thread, one thing after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._loop = asyncio.get_running_loop()

    async def run(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do it; raises what it raises. After an error of the database the next one starts on a new connection."""
        return await self._loop.run_in_executor(self._thread, lambda: _attempt(work, args, kwargs))

    async def close(self) -> None:
        await self._loop.run_in_executor(self._thread, lambda: connection.close())
        self._thread.shutdown(wait=False)


def _attempt(work: Callable[..., Result], args: Any, kwargs: Any) -> Result:
    try:
        return work(*args, **kwargs)
    except Error:
        connection.close()
        raise


def connect() -> psycopg.Connection[Any]:
    """A connection for the gate, which commits with or without waiting for the disk as `SEND_SYNC` says."""
    given = connection.get_connection_params()
    ours = ("cursor_factory", "context", "prepare_threshold", "server_side_binding")
    opened = psycopg.connect(**{key: value for key, value in given.items() if key not in ours}, autocommit=True)
    opened.execute(f"SET synchronous_commit = {'on' if settings.SEND_SYNC else 'off'}")
    return opened
