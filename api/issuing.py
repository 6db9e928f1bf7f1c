"""Making and revoking API keys. A token is shown once, to whoever made it, and can't be had again."""

import hashlib
import secrets

from django.utils import timezone

from api.models import LONGEST_NAME, ApiKey
from domains.models import Domain
from lib.errors import DomainError
from mail.one_line import one_line
from teams.models import Team, User

PREFIX = "re_"
BYTES = 32
SHOWN = 10
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class NameMissing(DomainError):
    code = "missing_required_field"
    field = "name"
    message = "Give the key a name, such as that of the program that will use it."


class NameTooLong(DomainError):
    code = "name_too_long"
    field = "name"
    message = f"A key's name has at most {LONGEST_NAME} characters."


class NotLimitable(DomainError):
    code = "domain_needs_sending_access"
    field = "domain"
    message = "Only a key with sending access can be limited to a domain."


def issue(
    *,
    team: Team,
    name: str,
    by: User | None,
    permission: str = ApiKey.Permission.FULL_ACCESS,
    domain: Domain | None = None,
) -> tuple[ApiKey, str]:
    """A new key of the team, and its token; with a domain it may send from that one alone."""
    if domain is not None and permission != ApiKey.Permission.SENDING_ACCESS:
        raise NotLimitable
    token = PREFIX + _base62(secrets.randbits(8 * BYTES))
    key = ApiKey.objects.create(
        team=team,
        name=_checked(name),
        permission=permission,
        domain=domain,
        domain_name=domain.name if domain else "",
        digest=digest(token),
        start=token[:SHOWN],
        created_by=by,
    )
    return key, token


def rename(key: ApiKey, *, name: str) -> None:
    """Give the key another name, also in what it does from now on."""
    ApiKey.objects.filter(pk=key.pk).update(name=_checked(name))


def revoke(key: ApiKey) -> bool:
    """Let the key open nothing from now on; False when it had been revoked before."""
    return bool(ApiKey.objects.standing().filter(pk=key.pk).update(revoked_at=timezone.now()))


def digest(token: str) -> bytes:
    """What is kept of a token. It is random and long, so it needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _checked(name: str) -> str:
    name = " ".join(one_line(name).split())
    if not name:
        raise NameMissing
    if len(name) > LONGEST_NAME:
        raise NameTooLong
    return name


def _base62(number: int) -> str:
    """The number in digits and letters, always as many."""
    digits = []
    for _ in range(43):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
