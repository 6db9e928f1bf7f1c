"""Tokens that stand for an e-mail in links and headers: keyed, bound to one purpose, telling nothing.

The keyed hash of the id also seeds the mask that hides the id (a synthetic IV), so a token is the same each
time it is made, and neither counts nor orders messages.
"""

import binascii
import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum

# The id of test messages: a valid token that stands for nobody.
INERT = 0

_ID_BYTES = 8
_TAG_BYTES = 12
_MIN_KEY_BYTES = 16
_RAW_BYTES = 1 + _ID_BYTES + _TAG_BYTES
_MAX_TOKEN = 2 * _RAW_BYTES
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


class Purpose(StrEnum):
    """What a token may be used for; one made for another purpose isn't readable."""

    UNSUBSCRIBE = "unsubscribe"
    OPEN = "open"
    CLICK = "click"
    VERP = "verp"
    MESSAGE_ID = "message-id"


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
        self._hashes = {
            bytes((key_id,)): {
                purpose: (_keyed(key, "tag:", purpose, _TAG_BYTES), _keyed(key, "id:", purpose, _ID_BYTES))
                for purpose in Purpose
            }
            for key_id, key in keys.items()
        }
        self._current = bytes((current,))

    def make(self, purpose: Purpose, email_id: int) -> str:
        """Return the token of an unsigned 64-bit id: 28 characters, 42 where case may get lost."""
        return self._token(self._current, purpose, email_id)

    def read(self, purpose: Purpose, text: str) -> int | None:
        """Return the id, or None for anything that wasn't made for this purpose with one of the keys."""
        if len(text) > _MAX_TOKEN or not text.isascii():
            return None
        if purpose in _CASELESS:
            text = text.lower()
        raw = _decoded(purpose, text)
        if raw is None or raw[:1] not in self._hashes:
            return None
        key_id, masked, tag = raw[:1], raw[1 : 1 + _ID_BYTES], raw[1 + _ID_BYTES :]
        email_id = int.from_bytes(masked, "big") ^ _digest(self._hashes[key_id][purpose][1], tag)
        # Made anew and compared as text, so that there is exactly one spelling of a token.
        return email_id if hmac.compare_digest(self._token(key_id, purpose, email_id), text) else None

    def _token(self, key_id: bytes, purpose: Purpose, email_id: int) -> str:
        # Several are made for every message, so this calls nothing it could do itself.
        keyed_tag, keyed_mask = self._hashes[key_id][purpose]
        state = keyed_tag.copy()
        state.update(email_id.to_bytes(_ID_BYTES, "big"))
        tag = state.digest()
        masked = email_id ^ _digest(keyed_mask, tag)
        raw = key_id + masked.to_bytes(_ID_BYTES, "big") + tag
        if purpose in _CASELESS:
            return raw.hex()
        return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).decode()


def _keyed(key: bytes, use: str, purpose: Purpose, size: int) -> hashlib.blake2b:
    return hashlib.blake2b(key=key, digest_size=size, person=f"{use}{purpose}".encode())


def _digest(keyed: hashlib.blake2b, data: bytes) -> int:
    state = keyed.copy()
    state.update(data)
    return int.from_bytes(state.digest(), "big")


def _decoded(purpose: Purpose, text: str) -> bytes | None:
    try:
        if purpose in _CASELESS:
            raw = bytes.fromhex(text)
        else:
            raw = binascii.a2b_base64(text.encode().translate(_FROM_URL))
    except ValueError:
        return None
    return raw if len(raw) == _RAW_BYTES else None
