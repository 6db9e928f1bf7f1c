"""Recounting the ledger: every number that is kept must be the number that is there."""

from collections.abc import Iterator

from audiences import counting
from broadcasts.models import Email
from lib import sql
from teams.models import Team

# What a chunk counts, in the order in which it is counted.
KEPT = [*(status.word for status in Email.Status), "possibly doubled"]


def discrepancies(team: Team | None = None) -> Iterator[str]:
    """What doesn't add up, a sentence each; of one team, or of all."""
    parameters = {"team_id": team.pk if team else None}
    for row in sql.rows("broadcasts", "audit_broadcasts", parameters):
        yield from _of_broadcast(*row)
    for row in sql.rows("broadcasts", "audit_chunks", parameters):
        yield from _of_chunk(*row)
    for row in sql.rows("broadcasts", "audit_responses", parameters):
        yield _of_responses(*row)
    for name, *numbers in sql.rows("broadcasts", "audit_audiences", parameters):
        for word, kept, counted in zip(counting.COUNTERS, numbers[:4], numbers[4:], strict=True):
            if kept != counted:
                yield f"Audience “{name}” counts {kept} {word} contacts but has {counted}."


def _of_broadcast(
    pk: int,
    title: str,
    status: str,
    audience: int,
    excluded: int,
    emails: int,
    chunked: int,
    forgotten: int,
) -> Iterator[str]:
    broadcast = f"Broadcast {pk} “{title}” ({status})"
    if audience != emails + excluded:
        yield f"{broadcast}: its audience of {audience} isn't {emails} e-mails and {excluded} excluded."
    if chunked != emails:
        yield f"{broadcast}: its chunks hold {chunked} of its {emails} e-mails."
    if forgotten:
        yield f"{broadcast}: {forgotten} e-mails wait although nothing will send them."


def _of_responses(pk: int, title: str, status: str, what: str, kept: int, source: str, counted: int) -> str:
    return f"Broadcast {pk} “{title}” ({status}): it counts {kept} {what} but its {source} tell of {counted}."


def _of_chunk(
    pk: int, title: str, status: str, lo: int, hi: int, kept_numbers: list[int], numbers: list[int]
) -> Iterator[str]:
    for word, kept, counted in zip(KEPT, kept_numbers, numbers, strict=True):
        if kept != counted:
            yield f"Broadcast {pk} “{title}” ({status}): its chunk {lo} to {hi} counts {kept} {word} but has {counted}."
