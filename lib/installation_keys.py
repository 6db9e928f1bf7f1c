"""Keys of this installation: unsubscribe links, opt-out digests and public ids must stay valid for ever.

They are made with the database and live in it, in the plain table `installation_key`, so that no change of
`SECRET_KEY` can break a link in somebody's mailbox.
"""

from functools import cache

from django.db import connection


@cache
def installation_key(name: str) -> bytes:
    """The 32 bytes kept under `name`; a key never changes, so each process reads it once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM installation_key WHERE name = %s", [name])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"This installation has no key named {name!r}: a migration makes it.")
    return bytes(row[0])
