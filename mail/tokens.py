"""Tokens that stand for an e-mail in links and headers: keyed, bound to one purpose, telling nothing.

The keyed hash of the id also seeds the mask that hides the id (a synthetic IV), so a token is the same each
time it is made, and neither counts nor orders messages.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from enum import Enum

# The id of test messages: a valid token that stands for nobody.
INERT = 0

_ID_BYTES = 8
_TAG_BYTES = 12
_MIN_KEY_BYTES = 16
_RAW_BYTES = 1 + _ID_BYTES + _TAG_BYTES
_MAX_TOKEN = 42
_TO_URL = bytes.maketrans(b"+/", b"-_")


class Purpose(Enum):
    """What a token may be used for; one made for another purpose isn't readable."""

    UNSUBSCRIBE = b"unsubscribe"
    OPEN = b"open"
    CLICK = b"click"
    VERP = b"verp"
    MESSAGE_ID = b"message-id"


# Mail hosts on the way may fold the case of addresses.
_CASELESS = frozenset({Purpose.VERP, Purpose.MESSAGE_ID})


class Tokens:
    """Makes tokens with the current key and reads those of every key it holds.

    `keys` maps key ids (0 to 255) to secrets of 16 to 64 bytes.
    """

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        if current not in keys:
            raise ValueError("The current token key is not among the keys.")
        for key_id, key in keys.items():
            if not (0 <= key_id <= 255 and _MIN_KEY_BYTES <= len(key) <= hashlib.blake2b.MAX_KEY_SIZE):
                raise ValueError("Token keys need an id from 0 to 255 and 16 to 64 bytes.")
        self._current = current
        self._hashes = {
            (key_id, purpose): (
                _keyed(key, b"tag:", purpose, _TAG_BYTES),
                _keyed(key, b"id:", purpose, _ID_BYTES),
            )
            for key_id, key in keys.items()
            for purpose in Purpose
        }

    def make(self, purpose: Purpose, email_id: int) -> str:
        """Return the token of an unsigned 64-bit id: 28 characters, 42 where case may get lost."""
        return self._token(self._current, purpose, email_id.to_bytes(_ID_BYTES, "big"))

    def read(self, purpose: Purpose, text: str) -> int | None:
        """Return the id, or None for anything that wasn't made for this purpose with one of the keys."""
        if len(text) > _MAX_TOKEN or not text.isascii():
            return None
        if purpose in _CASELESS:
            text = text.lower()
        raw = _decoded(purpose, text)
        if raw is None or (raw[0], purpose) not in self._hashes:
            return None
        id_bytes = self._masked(raw[0], purpose, raw[1 : 1 + _ID_BYTES], raw[1 + _ID_BYTES :])
        # Made anew and compared as text, so that there is exactly one spelling of a token.
        if not hmac.compare_digest(self._token(raw[0], purpose, id_bytes), text):
            return None
        return int.from_bytes(id_bytes, "big")

    def _token(self, key_id: int, purpose: Purpose, id_bytes: bytes) -> str:
        state = self._hashes[key_id, purpose][0].copy()
        state.update(id_bytes)
        tag = state.digest()
        return _encoded(purpose, bytes((key_id,)) + self._masked(key_id, purpose, id_bytes, tag) + tag)

    def _masked(self, key_id: int, purpose: Purpose, id_bytes: bytes, tag: bytes) -> bytes:
        state = self._hashes[key_id, purpose][1].copy()
        state.update(tag)
        mixed = int.from_bytes(id_bytes, "big") ^ int.from_bytes(state.digest(), "big")
        return mixed.to_bytes(_ID_BYTES, "big")


def _keyed(key: bytes, use: bytes, purpose: Purpose, size: int) -> hashlib.blake2b:
    return hashlib.blake2b(key=key, digest_size=size, person=use + purpose.value)


def _encoded(purpose: Purpose, raw: bytes) -> str:
    if purpose in _CASELESS:
        return raw.hex()
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).decode()


def _decoded(purpose: Purpose, text: str) -> bytes | None:
    try:
        raw = bytes.fromhex(text) if purpose in _CASELESS else base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == _RAW_BYTES else None
