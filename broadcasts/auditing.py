"""Recounting the ledger: every number that is kept must be the number that is there."""

from collections.abc import Iterator

from audiences import counting
from lib import sql
from teams.models import Team


def discrepancies(team: Team | None = None) -> Iterator[str]:
    """What doesn't add up, a sentence each; of one team, or of all."""
    parameters = {"team_id": team.pk if team else None}
    for row in sql.rows("broadcasts", "audit_broadcasts", parameters):
        yield from _of_broadcast(*row)
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
