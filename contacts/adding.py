"""Adding contacts one by one or a few at once. Adding never re-subscribes anybody: who stands stays as they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from audiences.models import Audience
from contacts import locking
from contacts.models import Contact
from contacts.names import LONGEST_NAME, NameTooLong, contact_name
from lib import sql
from lib.errors import DomainError
from lib.installation_keys import installation_key
from mail.addresses import Address, Invalid


class AudienceDeleted(DomainError):
    code = "audience_deleted"
    message = "This audience has been deleted."


@dataclass(frozen=True)
class Added:
    """What became of the addresses: newly `added`, there before (`existing`), and added but `kept_out` of mail.

    Those with a name that no contact may have are `invalid`, and nothing else.
    """

    added: list[str]
    existing: list[str]
    kept_out: list[str]
    invalid: list[Invalid]


@transaction.atomic
def add(*, audience: Audience, addresses: Sequence[Address], actor: str) -> Added:
    """Add `addresses` (normalised, each once) to the audience in one statement.

    An address whose contact had unsubscribed here before it was deleted, or that the team must not mail, is added in
    that state and named in `kept_out`.
    """
    valid, invalid = _checked(addresses)
    rows = _insert(audience, valid, [{}] * len(valid), actor)
    status_of = {email: Contact.Status(status) for _, email, status in rows}
    return Added(
        added=[each.email for each in valid if each.email in status_of],
        existing=[each.email for each in valid if each.email not in status_of],
        kept_out=[email for email, status in status_of.items() if status != Contact.Status.SUBSCRIBED],
        invalid=invalid,
    )


def add_one(*, audience: Audience, address: Address, properties: Mapping[str, Any], actor: str) -> int | None:
    """Add one address with checked properties; its key, None when the audience has it already.

    A transaction of its own, unless the caller has one, which must end soon then: it holds the audience's row.
    """
    names = {field: contact_name(getattr(address, field), field=field) for field in ("first_name", "last_name")}
    rows = _insert(audience, [replace(address, **names)], [properties], actor)
    return rows[0][0] if rows else None


def _insert(
    audience: Audience, addresses: Sequence[Address], properties: Sequence[Mapping[str, Any]], actor: str
) -> list[tuple[int, str, int]]:
    """Id, address and status of each that the audience didn't have, added in one round trip and transaction."""
    parameters = {
        **locking.shared(audience),
        "audience_id": audience.pk,
        "team_id": audience.team_id,
        "emails": [each.email for each in addresses],
        "first_names": [each.first_name for each in addresses],
        "last_names": [each.last_name for each in addresses],
        "properties": [json.dumps(each) for each in properties],
        "actor": actor,
        "opt_out_key": installation_key("opt-outs"),
    }
    rows = sql.prepared("contacts", "add_contacts", parameters, after=locking.SHARED)
    if not rows and not Audience.objects.standing().filter(pk=audience.pk).exists():
        raise AudienceDeleted
    return rows


def _checked(addresses: Sequence[Address]) -> tuple[list[Address], list[Invalid]]:
    """The addresses with their names as contacts keep them, and those whose names are too long."""
    valid: list[Address] = []
    invalid: list[Invalid] = []
    for each in addresses:
        try:
            names = {"first_name": contact_name(each.first_name), "last_name": contact_name(each.last_name)}
        except NameTooLong:
            text = f"{each.first_name} {each.last_name} <{each.email}>"
            invalid.append(Invalid(text, f"has a name of more than {LONGEST_NAME} characters"))
        else:
            valid.append(replace(each, **names))
    return valid, invalid
