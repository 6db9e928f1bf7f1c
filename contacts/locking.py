"""A team's lock against passing each other by: of who adds an address, and who writes what shall hold for it then.

Adding holds it shared. Suppressions and opt-outs of contacts that are gone are written by who holds it alone, so that
either sees the other. It comes after the audiences' locks (`audiences.locking`), and before any row's. One lock per
team rather than per address, because a sender suppresses many in one transaction, in no order.
"""

from django.db import connection

from audiences import locking as audiences
from audiences.models import Audience

# Keeps these locks apart from anybody else's in the same database.
NAMESPACE = 79

# Both locks of adding, for a statement that goes out together with them (`lib.sql.prepared`).
SHARED = f"{audiences.SHARED}, pg_advisory_xact_lock_shared(%(team_namespace)s, %(team_number)s)"


def shared(audience: Audience) -> dict[str, int]:
    """The parameters of SHARED."""
    number = audience.team_id % 2**31
    return {**audiences.shared(audience.pk), "team_namespace": NAMESPACE, "team_number": number}


def lock_exclusively(team_id: int) -> None:
    """Keep everybody from adding contacts to the team's audiences until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NAMESPACE, team_id % 2**31])
