"""The first team of an installation and its first admin."""

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


class NameTooLong(DomainError):
    code = "name_too_long"
    field = "name"


def free_slug(name: str) -> str:
    """A slug for `name` that no team has yet."""
    slug = slugify(name)[:50]
    if not slug:
        raise NameMissing
    if not Team.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{secrets.token_hex(3)}"


@transaction.atomic
def start_team(*, name: str, admin_email: str, password: str, admin_name: str = "") -> Team:
    """Make a team with one admin; a user who has that address already becomes it and keeps the password."""
    _require_room(Team, name.strip())
    _require_room(User, admin_name)
    team = Team.objects.create(name=name.strip(), slug=free_slug(name))
    user = User.objects.filter(email=admin_email.strip().lower()).first()
    user = user or make_user(email=admin_email, password=password, name=admin_name)
    Membership.objects.create(team=team, user=user, role=Membership.Role.ADMIN)
    return team


@transaction.atomic
def make_user(*, email: str, password: str, name: str = "") -> User:
    """Make a user whose address counts as verified, since whoever runs the installation vouches for it."""
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _require_room(model: type[Team] | type[User], name: str) -> None:
    most = model._meta.get_field("name").max_length
    if most is not None and len(name) > most:
        raise NameTooLong(f"A {model._meta.verbose_name}'s name has at most {most} characters.")
