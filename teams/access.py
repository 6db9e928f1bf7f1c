"""Which role may do what: the one table that views, templates and the API ask."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from teams.models import Membership

Role = Membership.Role
View = TypeVar("View", bound=Callable[..., HttpResponseBase])

EVERY_MEMBER = frozenset(
    {
        "audiences.change",
        "contacts.change",
        "contacts.import",
        "broadcasts.change",
        "broadcasts.send",
        "exports.see",
        "outbox.see",
    }
)
PERMISSIONS: dict[str, frozenset[str]] = {
    Role.MEMBER: EVERY_MEMBER,
    Role.ADMIN: EVERY_MEMBER
    | {
        "api_keys.change",
        "contacts.resubscribe_on_import",
        "domains.change",
        "exports.create",
        "exports.download",
        "members.change",
        "settings.change",
    },
}


def may(membership: Membership, permission: str) -> bool:
    """Whether this member's role includes `permission`; a permission that no role knows is a programming error."""
    if permission not in PERMISSIONS[Role.ADMIN]:
        raise LookupError(f"No role has the permission {permission!r}.")
    return permission in PERMISSIONS[membership.role]


def may_open_teams(memberships: Iterable[Membership]) -> bool:
    """Whether somebody with these memberships may start another team: who is trusted with one may."""
    return any(each.role == Role.ADMIN for each in memberships)


def require(permission: str) -> Callable[[View], View]:
    """Close a team view to members whose role lacks `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.membership, permission):  # type: ignore[attr-defined]
                raise PermissionDenied("You need the Admin role for this. Any admin of the team can give it to you.")
            return view(request, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate
