"""Deleting contacts, and emptying audiences that were deleted. Set-based, never a cascade."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from audiences import counting
from audiences import locking as audiences
from audiences.models import Audience
from contacts import locking
from contacts.forgetting import forget_files
from contacts.models import Contact, ContactImport
from lib import sql
from lib.installation_keys import installation_key

BATCH = 10_000
BATCHES_AT_ONCE = 10


@transaction.atomic
def delete(*, audience: Audience, contact_ids: Sequence[int]) -> int:
    """Delete these contacts of the audience; opt-outs are remembered, so adding them again re-subscribes nobody."""
    audiences.lock_shared(audience.pk)
    locking.lock_exclusively(audience.team_id)
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


def empty(audience: Audience) -> bool:
    """Remove some of a deleted audience's contacts, a batch a transaction, and what its imports keep.

    Whether to go on at once: not when nothing is left, nor when somebody else is at it.
    """
    forget_files(ContactImport.objects.filter(audience=audience), failure="Its audience was deleted.")
    for _ in range(BATCHES_AT_ONCE):
        removed = _remove_batch(audience.pk)
        if removed is None:
            return False
        if not removed:
            Audience.objects.to_empty().filter(pk=audience.pk).update(contacts_gone_at=timezone.now())
            return False
    return True


@transaction.atomic
def _remove_batch(audience_id: int) -> int | None:
    """How many contacts went; None when the audience is locked, so that bells rung again don't wait in a row."""
    if not audiences.try_lock_exclusively(audience_id):
        return None
    return sql.execute("contacts", "empty_audience", {"audience_id": audience_id, "batch": BATCH})
