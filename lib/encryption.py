"""Secrets that must be kept readable, encrypted at rest under keys derived from SECRET_KEY.

Not under an installation key: that lives in the same database, and would leak with the very dump this guards against.
What was encrypted under an earlier SECRET_KEY stays readable while that key stands in SECRET_KEY_FALLBACKS.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """What was encrypted under a key that isn't known any more, or for another purpose."""


def encrypt(secret: bytes, *, purpose: str) -> bytes:
    """The secret as it may be stored; only `decrypt` with the same purpose gives it back."""
    return _keys(purpose).encrypt(secret)


def decrypt(stored: bytes, *, purpose: str) -> bytes:
    """What was encrypted; raises Unreadable."""
    try:
        return _keys(purpose).decrypt(stored)
    except InvalidToken:
        raise Unreadable from None


def renew(stored: bytes, *, purpose: str) -> bytes:
    """The same secret under today's SECRET_KEY: as it is when it was already; raises Unreadable."""
    try:
        _key(settings.SECRET_KEY, purpose).decrypt(stored)
    except InvalidToken:
        return encrypt(decrypt(stored, purpose=purpose), purpose=purpose)
    return stored


def _keys(purpose: str) -> MultiFernet:
    return MultiFernet([_key(each, purpose) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret_key: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"carillon: {purpose}".encode()).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
