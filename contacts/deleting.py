"""Deleting contacts, and emptying audiences that were deleted. Set-based, never a cascade."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from audiences import counting, locking
from audiences.models import Audience
from contacts.models import Contact
from lib import sql
from lib.installation_keys import installation_key

BATCH = 10_000


@transaction.atomic
def delete(*, audience: Audience, contact_ids: Sequence[int]) -> int:
    """Delete these contacts of the audience; opt-outs are remembered, so adding them again re-subscribes nobody."""
    locking.lock_shared(audience.pk)
    parameters = {
        "audience_id": audience.pk,
        "ids": list(contact_ids),
        "opt_out_key": installation_key("opt-outs"),
    }
    gone = {
        Contact.Status(status).word: number for status, number in sql.rows("contacts", "delete_contacts", parameters)
    }
    counting.change(audience.pk, {word: -number for word, number in gone.items()})
    return sum(gone.values())


def empty(audience: Audience) -> None:
    """Remove the contacts of a deleted audience, a batch a transaction; starting again goes on where it stopped."""
    while _remove_batch(audience.pk):
        pass
    Audience.objects.filter(pk=audience.pk).update(contacts_gone_at=timezone.now())


@transaction.atomic
def _remove_batch(audience_id: int) -> int:
    locking.lock_exclusively(audience_id)
    return sql.execute("contacts", "empty_audience", {"audience_id": audience_id, "batch": BATCH})
