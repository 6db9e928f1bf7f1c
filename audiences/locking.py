"""The audience's advisory lock. Lock order everywhere: this lock, then contacts by e-mail, then the audience's row.

Imports and bulk jobs hold it exclusively, so that set-based statements see no rows appear beneath them; single adds
and changes of one contact hold it shared, so that they don't wait for one another.
"""

from django.db import connection

# The first half of the two-part key keeps these locks apart from anybody else's in the same database.
NAMESPACE = 77


# Locks as `lock_shared` does, for a statement that goes out together with it (`lib.sql.prepared`).
SHARED = "SELECT pg_advisory_xact_lock_shared(%(lock_namespace)s, %(lock_number)s)"


def shared(audience_id: int) -> dict[str, int]:
    """The parameters of SHARED."""
    return {"lock_namespace": NAMESPACE, "lock_number": audience_id % 2**31}


def lock_exclusively(audience_id: int) -> None:
    """Hold the audience alone until the transaction ends."""
    _lock("pg_advisory_xact_lock", audience_id)


def try_lock_exclusively(audience_id: int) -> bool:
    """Hold the audience alone until the transaction ends, if nobody holds it now; whether that came true."""
    return _lock("pg_try_advisory_xact_lock", audience_id)


def lock_shared(audience_id: int) -> None:
    """Keep bulk jobs out of the audience until the transaction ends."""
    _lock("pg_advisory_xact_lock_shared", audience_id)


def _lock(function: str, audience_id: int) -> bool:
    if not connection.in_atomic_block:
        raise RuntimeError("An audience is locked inside the transaction that needs it.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [NAMESPACE, audience_id % 2**31])
        return bool(cursor.fetchone()[0])
