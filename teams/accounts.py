"""Whose an address is."""

from allauth.account.models import EmailAddress

from teams.models import User


def owner_of(email: str) -> User | None:
    """Who signs in with this address, as the first or another of theirs; one that was only claimed is nobody's."""
    confirmed = EmailAddress.objects.filter(email=email, verified=True).values("user")
    return User.objects.filter(pk__in=confirmed).first() or User.objects.filter(email=email).first()
