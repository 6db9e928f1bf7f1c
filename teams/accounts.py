"""Whose an address is, and the way back into an account."""

from collections import Counter

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from teams.models import User

WORDS = {
    Authenticator.Type.TOTP: "the authenticator app",
    Authenticator.Type.RECOVERY_CODES: "the recovery codes",
    Authenticator.Type.WEBAUTHN: "a passkey",
}


def owner_of(email: str) -> User | None:
    """Who signs in with this address, as the first or another of theirs; one that was only claimed is nobody's."""
    confirmed = EmailAddress.objects.filter(email=email, verified=True).values("user")
    return User.objects.filter(pk__in=confirmed).first() or User.objects.filter(email=email).first()


@transaction.atomic
def remove_second_factors(user: User) -> list[str]:
    """Let the password alone sign in, or the mail to choose a new one; what there was, in words."""
    factors = Authenticator.objects.select_for_update().filter(user=user).order_by("type", "pk")
    removed = Counter(Authenticator.Type(each.type) for each in factors)
    Authenticator.objects.filter(user=user).delete()
    return [WORDS[kind] if number == 1 else f"{number} passkeys" for kind, number in removed.items()]
