"""For how long a transaction may hold locks while its process is silent, and wait for those of others."""

from django.conf import settings
from django.db import connection


def end_after_a_lease() -> None:
    """Let the database end the present transaction when its process falls silent in it for longer than a lease.

    One that was frozen, or whose host vanished, would else keep its locks for as long as TCP waits, which is hours.
    """
    with connection.cursor() as cursor:
        limit = f"{settings.SEND_LEASE * 1000:.0f}ms"
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [limit])


def wait_for_locks(seconds: float) -> None:
    """Let the present transaction wait no longer than this for any lock; what takes longer raises OperationalError."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])
