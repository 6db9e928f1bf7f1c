"""Counting a broadcast's chunks anew, for what changes the ledger of a whole broadcast at once."""

from broadcasts.models import Broadcast
from lib import sql


def recount(broadcast: Broadcast) -> None:
    """Make its chunks count what the ledger holds now; the caller sees to it that no sender moves them meanwhile."""
    sql.execute("broadcasts", "recount_chunks", {"broadcast_id": broadcast.pk})
