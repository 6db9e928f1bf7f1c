"""Adding and deleting domains, and asking for a look at their records."""

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from domains import keys, names, tasks
from domains.checking import LEASE
from domains.models import Domain
from lib import bells
from lib.errors import DomainError
from teams.models import Team, User

Status = Domain.Status
# Each is looked at for years, at other people's name servers.
MOST_DOMAINS = 200


class DomainExists(DomainError):
    code = "domain_exists"
    field = "name"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is among the team’s domains already.")


class DomainHeld(DomainError):
    code = "domain_held"
    field = "name"

    def __init__(self, name: str) -> None:
        super().__init__(f"Another team of this installation has verified {name}.")


class TooManyDomains(DomainError):
    code = "too_many_domains"
    field = "name"
    message = f"A team has at most {MOST_DOMAINS} domains. Delete one that isn’t needed any more."


def add(*, team: Team, name: str, by: User | None) -> Domain:
    """A new domain with a key of its own, whose records are looked at soon."""
    name = names.read(name)
    if team.domains.filter(name=name).exists():
        raise DomainExists(name)
    if Domain.objects.held().filter(name=name).exists():
        raise DomainHeld(name)
    if team.domains.count() >= MOST_DOMAINS:
        raise TooManyDomains
    key = keys.make()
    try:
        with transaction.atomic():
            domain = Domain.objects.create(
                team=team,
                name=name,
                selector=key.selector,
                public_key=key.public,
                private_key=key.encrypted,
                created_by=by,
            )
    except IntegrityError:
        raise DomainExists(name) from None
    bells.ring(tasks.check, domain_id=domain.pk)
    return domain


def check_again(domain: Domain) -> None:
    """Have the records looked at now; a domain that had failed is given its time anew.

    While a look that somebody asked for is awaited or under way, asking again makes no other.
    """
    now = timezone.now()
    unasked = Q(asked_at=None) | Q(asked_at__lte=now - LEASE)
    starts = {"status__in": [Status.NOT_STARTED, Status.FAILED]}
    asked = Domain.objects.filter(unasked, pk=domain.pk).update(
        since=Case(When(**starts, then=Value(now)), default=F("since")),
        silent_since=Case(When(**starts, then=None), default=F("silent_since")),
        status=Case(When(**starts, then=Value(Status.PENDING)), default=F("status")),
        asked_at=now,
        due_at=now,
    )
    if asked:
        bells.ring(tasks.check, domain_id=domain.pk)


def delete(domain: Domain) -> None:
    """Forget the domain and its key. Adding it again makes another key, with other records."""
    Domain.objects.filter(pk=domain.pk).delete()
