"""Teams and the people in them, as whoever runs the installation makes them."""

import secrets

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.text import slugify

from lib.errors import DomainError
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
    if not any(letter.isalnum() for letter in name):
        raise NameMissing
    slug = slugify(name)[:50] or f"team-{secrets.token_hex(3)}"
    if not Team.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{secrets.token_hex(3)}"


@transaction.atomic
def start_team(*, name: str, admin_email: str, password: str, admin_name: str = "") -> Team:
    """Make a team with one admin; a user who has that address already becomes it and keeps the password."""
    _require_room(Team, name.strip())
    team = Team.objects.create(name=name.strip(), slug=free_slug(name))
    add_member(team=team, email=admin_email, password=password, name=admin_name, role=Membership.Role.ADMIN)
    return team


@transaction.atomic
def add_member(*, team: Team, email: str, password: str, role: str, name: str = "") -> Membership:
    """Put somebody into the team, making their account unless they have one; its password then stays as it is."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is not None and user.memberships.filter(team=team).exists():
        raise AlreadyMember(f"{user.email} is in “{team}” already.")
    user = user or make_user(email=email, password=password, name=name)
    return Membership.objects.create(team=team, user=user, role=role)


@transaction.atomic
def make_user(*, email: str, password: str, name: str = "") -> User:
    """Make a user whose address counts as verified, since whoever runs the installation vouches for it."""
    _require_room(User, name)
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _require_room(model: type[Team] | type[User], name: str) -> None:
    most = model._meta.get_field("name").max_length
    if most is not None and len(name) > most:
        raise NameTooLong(f"A {model._meta.verbose_name}'s name has at most {most} characters.")
