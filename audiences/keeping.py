"""Creating, renaming and deleting audiences."""

from django.db import transaction
from django.utils import timezone

from audiences import locking
from audiences.models import LONGEST_NAME, Audience
from lib.errors import DomainError
from mail.one_line import one_line
from teams.models import Team, User

GENERAL = "General"


class NameMissing(DomainError):
    code = "missing_required_field"
    field = "name"
    message = "Give the audience a name."


class NameTooLong(DomainError):
    code = "name_too_long"
    field = "name"
    message = f"A name has at most {LONGEST_NAME} characters."


class NameDiffers(DomainError):
    code = "name_differs"
    field = "name"
    message = "That isn't the audience's name. Type it exactly to delete the audience."


def create(*, team: Team, name: str, by: User | None) -> Audience:
    """A new, empty audience."""
    return Audience.objects.create(team=team, name=_checked(name), created_by=by)


def general(*, team: Team) -> Audience:
    """The audience for contacts that come without one; made when it is needed first, or again."""
    named_so = team.audiences.standing().filter(name=GENERAL).order_by("pk")
    standing: Audience | None = named_so.first()
    if standing is not None:
        return standing
    with transaction.atomic():
        # Two requests that need it first make one.
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        return named_so.first() or create(team=team, name=GENERAL, by=None)


def rename(*, audience: Audience, name: str) -> None:
    """Give the audience another name; two audiences may share one."""
    Audience.objects.filter(pk=audience.pk).update(name=_checked(name))


@transaction.atomic
def delete(*, audience: Audience, typed_name: str | None = None) -> None:
    """Make the audience gone everywhere at once; `contacts.tasks.empty_audience` then removes its contacts.

    `typed_name` is what a person typed who was asked for the audience's name.

    The lock waits for an import's running chunk, so that none writes into an audience that is gone.
    """
    if typed_name is not None and typed_name.strip() != audience.name.strip():
        raise NameDiffers
    locking.lock_exclusively(audience.pk)
    Audience.objects.standing().filter(pk=audience.pk).update(deleted_at=timezone.now())


def _checked(name: str) -> str:
    name = " ".join(one_line(name).split())
    if not name:
        raise NameMissing
    if len(name) > LONGEST_NAME:
        raise NameTooLong
    return name
