"""Contact properties: what a team may keep about its contacts beside their names, and whether a value fits."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from contacts.models import ContactProperty
from contacts.values import LONGEST_VALUE, as_text, fits
from lib.errors import DomainError
from mail.merge_tags import CLICK_TOKEN, OPEN_TOKEN
from mail.one_line import one_line
from teams.models import Team

LONGEST_KEY = 50
MOST_PROPERTIES = 200
_KEY = re.compile(rf"[A-Za-z0-9_]{{1,{LONGEST_KEY}}}")
# Merge tags of these names mean something already.
_RESERVED = {"email", "first_name", "last_name", "unsubscribed", "contact", "this", "unsubscribe_url"}
_RESERVED |= {OPEN_TOKEN.lower(), CLICK_TOKEN.lower()}
_RESERVED |= {f"resend_{name}" for name in _RESERVED}

Type = ContactProperty.Type


class BadKey(DomainError):
    code = "bad_key"
    field = "key"
    message = f"A key has up to {LONGEST_KEY} letters, digits and underscores."


class KeyReserved(DomainError):
    code = "key_reserved"
    field = "key"


class KeyTaken(DomainError):
    code = "key_taken"
    field = "key"


class TooMany(DomainError):
    code = "too_many_properties"
    message = f"A team has at most {MOST_PROPERTIES} contact properties."


class UnknownProperty(DomainError):
    code = "unknown_property"
    field = "properties"


class WrongType(DomainError):
    code = "wrong_type"
    field = "properties"


def define(*, team: Team, key: str, kind: str, fallback: Any = None) -> ContactProperty:
    """A new property of the team's contacts; keys differ by case."""
    if not _KEY.fullmatch(key):
        raise BadKey
    if key.lower() in _RESERVED:
        raise KeyReserved(f"The key `{key}` is reserved.")
    if team.contact_properties.count() >= MOST_PROPERTIES:
        raise TooMany
    _fit(key, kind, fallback, field="fallback_value")
    try:
        with transaction.atomic():
            return ContactProperty.objects.create(team=team, key=key, type=kind, fallback=fallback)
    except IntegrityError:
        raise KeyTaken(f"There is a property `{key}` already.") from None


def ensure(*, team: Team, kinds: Mapping[str, str]) -> None:
    """Have a property of each key and type (`kinds` by key), making those that there aren't; raises WrongType."""
    possible = [key for key in kinds if _KEY.fullmatch(key)]
    known = dict(team.contact_properties.filter(key__in=possible).values_list("key", "type"))
    for key, kind in kinds.items():
        if key not in known:
            define(team=team, key=key, kind=kind)
        elif known[key] != kind:
            raise WrongType(f"The property `{key}` is a {known[key]}, not a {kind}.")


def change_fallback(*, of: ContactProperty, fallback: Any) -> None:
    """Give the property another value for contacts that have none; key and type never change."""
    _fit(of.key, of.type, fallback, field="fallback_value")
    ContactProperty.objects.filter(pk=of.pk).update(fallback=fallback)


def remove(of: ContactProperty) -> None:
    """Forget the property; the values that contacts have are shown no more."""
    ContactProperty.objects.filter(pk=of.pk).delete()


def check(*, team: Team, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, if each is one of the team's properties and of its type; None stands for no value."""
    if not values:
        return {}
    possible = [key for key in values if _KEY.fullmatch(key)]
    types = dict(team.contact_properties.filter(key__in=possible).values_list("key", "type"))
    for key, value in values.items():
        if key not in types:
            raise UnknownProperty(f"There is no contact property `{one_line(key[:LONGEST_KEY])}`. Create it first.")
        _fit(key, types[key], value, field="properties")
    return dict(values)


def shown(*, team: Team, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values with their types; those whose property is gone, or is another one by now, aren't shown."""
    if not values:
        return {}
    types = team.contact_properties.filter(key__in=list(values)).order_by("pk").values_list("key", "type")
    return {key: {"value": values[key], "type": kind} for key, kind in types if fits(kind, values[key])}


def fallbacks(team: Team) -> dict[str, str]:
    """The team's properties by key, each with the text for contacts that have no value."""
    return {key: as_text(value) for key, value in team.contact_properties.values_list("key", "fallback")}


def _fit(key: str, kind: str, value: Any, *, field: str) -> None:
    if value is not None and not fits(kind, value):
        most = f" of at most {LONGEST_VALUE:,} characters, none of them NUL" if kind == Type.STRING else ""
        raise WrongType(f"The property `{key}` takes a {kind}{most}.", field=field)
