"""Audience counters: moved by deltas, as the last statement of a transaction, so that the row is locked briefly."""

from collections.abc import Mapping

from django.db.models import F

from audiences.models import Audience

COUNTERS = ("subscribed", "unsubscribed", "bounced", "complained")


def change(audience_id: int, deltas: Mapping[str, int]) -> None:
    """Add `deltas` (counter name to difference) to the audience's counters."""
    moved = {name: F(name) + by for name, by in deltas.items() if by}
    unknown = moved.keys() - set(COUNTERS)
    if unknown:
        raise LookupError(f"An audience doesn't count {sorted(unknown)}.")
    if moved:
        Audience.objects.filter(pk=audience_id).update(**moved)


def move(audience_id: int, *, old: str, new: str) -> None:
    """One contact went from status `old` to status `new`."""
    if old != new:
        change(audience_id, {old: -1, new: +1})
