"""Public ids of contacts and e-mails: UUIDs computed from the bigint key instead of stored beside it.

A stored random UUID would double the cost of an import, so the id is a permutation: a keyed 4-round Feistel network
over the 62 low bits, with a keyed 60-bit tag in front by which made-up ids are told apart without a query. It hides
how many contacts an installation has; it is obfuscation and grants nothing.

Many are computed at once by the same steps: their keys stand side by side in one large integer, 64 bits each, and
`ones`, which has a 1 in each of these places, repeats a constant in all of them. No step carries beyond its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from lib.installation_keys import installation_key

MASK = (1 << 31) - 1
TAG_HALF = (1 << 30) - 1


def _mix(x: int, k: int, ones: int = 1) -> int:
    mask = ones * MASK
    return ((((((x ^ ones * k) * 1640531527) >> 20) & mask) * 1540483477) >> 16) & mask


@dataclass(frozen=True)
class PublicIds:
    """The ids of one kind of row; kinds have keys of their own, so one's ids mean nothing to another."""

    kind: str

    @cached_property
    def keys(self) -> list[int]:
        """Eight 31-bit round keys of this installation."""
        key = installation_key(f"{self.kind} ids")
        return [int.from_bytes(key[at : at + 4], "big") & MASK for at in range(0, 32, 4)]

    def encode(self, number: int) -> UUID:
        """The public id of key `number` (0 ≤ number < 2**62)."""
        high, low = self._words(number)
        return UUID(int=high << 64 | low)

    def encode_all(self, numbers: Sequence[int]) -> list[str]:
        """The public ids of many keys, as text: `encode` at a third of its price."""
        ones = ((1 << 64 * len(numbers)) - 1) // ((1 << 64) - 1)
        together = int.from_bytes(b"".join(number.to_bytes(8, "big") for number in numbers), "big")
        h, w = (word.to_bytes(8 * len(numbers), "big").hex() for word in self._words(together, ones))
        return [
            f"{h[at : at + 8]}-{h[at + 8 : at + 12]}-{h[at + 12 : at + 16]}-{w[at : at + 4]}-{w[at + 4 : at + 16]}"
            for at in range(0, len(h), 16)
        ]

    def decode(self, public_id: UUID) -> int | None:
        """The key behind a public id; None for an id that this installation can't have given out."""
        k = self.keys
        left, right = public_id.int >> 31 & MASK, public_id.int & MASK
        number_right = right ^ _mix(left, k[3])
        number_left = left ^ _mix(number_right, k[2])
        number_right ^= _mix(number_left, k[1])
        number_left ^= _mix(number_right, k[0])
        number = number_left << 31 | number_right
        return number if self.encode(number) == public_id else None

    def _words(self, number: int, ones: int = 1) -> tuple[int, int]:
        """The two halves of a public id, or of many."""
        k = self.keys
        left, right = number >> 31 & ones * MASK, number & ones * MASK
        left ^= _mix(right, k[0], ones)
        right ^= _mix(left, k[1], ones)
        left ^= _mix(right, k[2], ones)
        right ^= _mix(left, k[3], ones)
        first = _mix(_mix(left, k[4], ones) ^ right, k[5], ones) & ones * TAG_HALF
        second = _mix(_mix(right, k[6], ones) ^ left, k[7], ones) & ones * TAG_HALF
        tag = first << 30 | second
        high = (tag >> 12 & ones * ((1 << 48) - 1)) << 16 | ones * 0x8000 | tag & ones * 0xFFF
        return high, ones << 63 | left << 31 | right


contacts = PublicIds("contact")
emails = PublicIds("email")
