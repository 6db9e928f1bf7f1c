"""Who is left of a broadcast that has been sent: those who haven't got it and may get it."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from broadcasts.models import Broadcast, Email
from lib import sql


@dataclass(frozen=True)
class Rest:
    """Whom a wave reaches, and whom it can't.

    `again`: e-mails that failed, were skipped or canceled, by status word; `joined`: contacts without an e-mail;
    `doubted`: e-mails that would wait again but may have arrived, so they are left alone; `excluded`: contacts without
    an e-mail that may not get one, by contact status.
    """

    again: dict[str, int] = field(default_factory=dict)
    joined: int = 0
    doubted: int = 0
    excluded: dict[int, int] = field(default_factory=dict)

    @property
    def again_total(self) -> int:
        return sum(self.again.values())

    @property
    def total(self) -> int:
        return self.again_total + self.joined


def gather(broadcast: Broadcast, *, chunk_size: int | None = None) -> Rest:
    """Count the rest; with a chunk size, also let them wait in the ledger, new e-mails in chunks of that size."""
    parameters = {
        "team_id": broadcast.team_id,
        "broadcast_id": broadcast.pk,
        "audience_id": broadcast.audience_id,
        "chunk_size": chunk_size or 1,
        "freeze": chunk_size is not None,
    }
    found: dict[str, dict[int, int]] = {}
    for kind, status, number in _rows(parameters):
        found.setdefault(kind, {})[status] = number
    return Rest(
        again={Email.Status(status).word: number for status, number in sorted(found.get("again", {}).items())},
        joined=sum(found.get("joined", {}).values()),
        doubted=sum(found.get("doubted", {}).values()),
        excluded=found.get("excluded", {}),
    )


@transaction.atomic
def _rows(parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The statement's rows, planned for a large broadcast whatever the statistics say.

    They may not know yet of an audience or a ledger that came today; for a few people nested loops would save
    nothing, for a hundred thousand they would take hours. The room is for one hash of each.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '128MB'")
        found = sql.rows("broadcasts", "gather_rest", parameters)
        cursor.execute("SET LOCAL enable_nestloop = DEFAULT; SET LOCAL work_mem = DEFAULT")
    return found
