"""Teams and the people in them, as whoever runs the installation makes them."""

import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from lib.errors import DomainError
from mail.one_line import one_line
from teams.accounts import owner_of
from teams.locking import lock
from teams.models import Membership, Team, User
from teams.staffing import withdraw_invitations_to

SECOND_CLICK = timedelta(seconds=30)


class NameMissing(DomainError):
    code = "name_missing"
    field = "name"
    message = "A team needs a name with at least one letter or digit."


class AlreadyMember(DomainError):
    code = "already_member"
    field = "email"


class NameTooLong(DomainError):
    code = "name_too_long"
    field = "name"


@transaction.atomic
def start_team(*, name: str, admin_email: str, password: str, admin_name: str = "") -> Team:
    """Make a team with one admin; a user who has that address already becomes it and keeps the password."""
    user = owner_of(admin_email.strip().lower())
    return open_team(name=name, by=user or make_user(email=admin_email, password=password, name=admin_name))


@transaction.atomic
def open_team(*, name: str, by: User) -> Team:
    """Make a team whose first admin is `by`; raises NameMissing or NameTooLong.

    The same name again from the same person a moment later is a second click, and gets the team of the first.
    """
    name = checked_name(name)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if team := _opened_just_now(name, by):
        return team
    team = _make_team(name)
    Membership.objects.create(team=team, user=by, role=Membership.Role.ADMIN)
    return team


def rename_team(team: Team, *, name: str) -> None:
    """Give the team another name; its address stays, so that links go on working."""
    team.name = checked_name(name)
    team.save(update_fields=["name"])


@transaction.atomic
def add_member(*, team: Team, email: str, password: str, role: str, name: str = "") -> Membership:
    """Put somebody into the team, making their account unless they have one; its password then stays as it is.

    Open invitations to them end, which would let them come back once they are removed.
    """
    lock(team)
    user = owner_of(email.strip().lower())
    if user is not None and user.memberships.filter(team=team).exists():
        raise AlreadyMember(f"{user.email} is in “{team}” already.")
    user = user or make_user(email=email, password=password, name=name)
    withdraw_invitations_to(user, team=team)
    return Membership.objects.create(team=team, user=user, role=role)


@transaction.atomic
def make_user(*, email: str, password: str, name: str = "", time_zone: str = "UTC") -> User:
    """Make a user whose address counts as verified: the operator vouches for it, or a link that was sent there."""
    _require_room(User, name)
    user = User.objects.create_user(email, password, name=name, time_zone=time_zone)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def checked_name(name: str) -> str:
    """A team's name as it is kept, on one line; raises NameMissing or NameTooLong."""
    name = " ".join(one_line(name).split())
    if not any(letter.isalnum() for letter in name):
        raise NameMissing
    _require_room(Team, name)
    return name


def _opened_just_now(name: str, by: User) -> Team | None:
    since = timezone.now() - SECOND_CLICK
    mine = Membership.objects.filter(user=by, role=Membership.Role.ADMIN, created_at__gt=since)
    return Team.objects.filter(memberships__in=mine, name=name, created_at__gt=since).first()


def _make_team(name: str) -> Team:
    """A team with a slug of its own; of two that get the same name at the same moment, the second waits here."""
    slug = slugify(name)[:50]
    if slug:
        try:
            with transaction.atomic():
                return Team.objects.create(name=name, slug=slug)
        except IntegrityError:
            pass
    return Team.objects.create(name=name, slug=f"{slug or 'team'}-{secrets.token_hex(3)}")


def _require_room(model: type[Team] | type[User], name: str) -> None:
    most = model._meta.get_field("name").max_length
    if most is not None and len(name) > most:
        raise NameTooLong(f"A {model._meta.verbose_name}'s name has at most {most} characters.")
