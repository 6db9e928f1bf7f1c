"""Public ids of contacts and e-mails: UUIDs computed from the bigint key instead of stored beside it.

A stored random UUID would double the cost of an import, so the id is a permutation: a keyed 4-round Feistel network
over the 62 low bits, with a keyed 60-bit tag in front by which made-up ids are told apart without a query. It hides
how many contacts an installation has; it is obfuscation and grants nothing. `CREATE_FUNCTION` is the same computation
for exports, so the two must only ever change together.
"""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from lib.installation_keys import installation_key

MASK = (1 << 31) - 1
TAG_BITS = (1 << 60) - 1

MIX = """
CREATE OR REPLACE FUNCTION public_id_mix(x bigint, k bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((((((x # k) * 1640531527) >> 20) & 2147483647) * 1540483477) >> 16) & 2147483647 $$
"""

CREATE_FUNCTION = """
CREATE OR REPLACE FUNCTION {function}(id bigint) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  l bigint := (id >> 31) # public_id_mix(id & 2147483647, {k[0]});
  r bigint := (id & 2147483647) # public_id_mix(l, {k[1]});
  tag bigint;
BEGIN
  l := l # public_id_mix(r, {k[2]}); r := r # public_id_mix(l, {k[3]});
  tag := ((public_id_mix(public_id_mix(l, {k[4]}) # r, {k[5]}) & 1073741823) << 30)
        | (public_id_mix(public_id_mix(r, {k[6]}) # l, {k[7]}) & 1073741823);
  RETURN encode(int8send(((tag >> 12) << 16) | 32768 | (tag & 4095))
             || int8send((1::bigint << 63) | (l << 31) | r), 'hex')::uuid;
END $$
"""


def _mix(x: int, k: int) -> int:
    return ((((((x ^ k) * 1640531527) >> 20) & MASK) * 1540483477) >> 16) & MASK


@dataclass(frozen=True)
class PublicIds:
    """The ids of one kind of row; kinds have keys of their own, so one's ids mean nothing to another."""

    kind: str

    @cached_property
    def keys(self) -> list[int]:
        """Eight 31-bit round keys of this installation."""
        key = installation_key(f"{self.kind} ids")
        return [int.from_bytes(key[at : at + 4], "big") & MASK for at in range(0, 32, 4)]

    @property
    def create_function(self) -> str:
        """SQL that creates `<kind>_public_id(bigint)` with this installation's keys in it."""
        return CREATE_FUNCTION.format(function=f"{self.kind}_public_id", k=self.keys)

    def encode(self, number: int) -> UUID:
        """The public id of key `number` (0 ≤ number < 2**62)."""
        k = self.keys
        left, right = number >> 31, number & MASK
        left ^= _mix(right, k[0])
        right ^= _mix(left, k[1])
        left ^= _mix(right, k[2])
        right ^= _mix(left, k[3])
        tag = self._tag(left, right)
        high = (tag >> 12) << 16 | 0x8000 | tag & 0xFFF
        return UUID(int=high << 64 | 1 << 63 | left << 31 | right)

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

    def _tag(self, left: int, right: int) -> int:
        k = self.keys
        first = _mix(_mix(left, k[4]) ^ right, k[5]) & 0x3FFFFFFF
        second = _mix(_mix(right, k[6]) ^ left, k[7]) & 0x3FFFFFFF
        return (first << 30 | second) & TAG_BITS


contacts = PublicIds("contact")
emails = PublicIds("email")
