"""DKIM keys: RSA with 2048 bits, which every receiver takes. The private half is stored encrypted only."""

import base64
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from lib import encryption

PURPOSE = "DKIM private keys"
BITS = 2048
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class NewKey:
    """`selector` is where in DNS the public half is looked for; `encrypted` holds the private half."""

    selector: str
    public: str = field(repr=False)
    encrypted: bytes = field(repr=False)


def make() -> NewKey:
    """A new key with a selector of its own, so that a domain added anew or elsewhere doesn't undo its old records."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return NewKey(
        selector=f"carillon-{''.join(secrets.choice(_LETTERS) for _ in range(6))}",
        public=base64.b64encode(public).decode(),
        encrypted=encryption.encrypt(der, purpose=PURPOSE),
    )
