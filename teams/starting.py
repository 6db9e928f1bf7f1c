"""Teams and the people in them, as whoever runs the installation makes them."""

import secrets

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.text import slugify

from lib.errors import DomainError
from mail.one_line import one_line
from teams.models import Membership, Team, User


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


def free_slug(name: str) -> str:
    """A slug for `name` that no team has yet."""
    slug = slugify(name)[:50] or f"team-{secrets.token_hex(3)}"
    if not Team.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{secrets.token_hex(3)}"


@transaction.atomic
def start_team(*, name: str, admin_email: str, password: str, admin_name: str = "") -> Team:
    """Make a team with one admin; a user who has that address already becomes it and keeps the password."""
    user = User.objects.filter(email=admin_email.strip().lower()).first()
    return open_team(name=name, by=user or make_user(email=admin_email, password=password, name=admin_name))


@transaction.atomic
def open_team(*, name: str, by: User) -> Team:
    """Make a team whose first admin is `by`; raises NameMissing or NameTooLong."""
    name = checked_name(name)
    team = Team.objects.create(name=name, slug=free_slug(name))
    Membership.objects.create(team=team, user=by, role=Membership.Role.ADMIN)
    return team


def rename_team(team: Team, *, name: str) -> None:
    """Give the team another name; its address stays, so that links go on working."""
    team.name = checked_name(name)
    team.save(update_fields=["name"])


@transaction.atomic
def add_member(*, team: Team, email: str, password: str, role: str, name: str = "") -> Membership:
    """Put somebody into the team, making their account unless they have one; its password then stays as it is."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is not None and user.memberships.filter(team=team).exists():
        raise AlreadyMember(f"{user.email} is in “{team}” already.")
    user = user or make_user(email=email, password=password, name=name)
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


def _require_room(model: type[Team] | type[User], name: str) -> None:
    most = model._meta.get_field("name").max_length
    if most is not None and len(name) > most:
        raise NameTooLong(f"A {model._meta.verbose_name}'s name has at most {most} characters.")
