"""What is kept of an invitation's token."""

import hashlib


def digest(token: str) -> bytes:
    """The token is random and long, so it needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
