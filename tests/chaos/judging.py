"""Comparing what the relay did with what the ledger says."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

# Statuses of the ledger that say that the relay took the message.
TAKEN = frozenset({"sent", "delivered", "complained"})


@dataclass(frozen=True)
class Entry:
    """A row of the ledger."""

    address: str
    status: str
    maybe_twice: bool


@dataclass(frozen=True)
class Relayed:
    """What the relay knows: copies it took by address, and whom it refused for good or put off."""

    accepted: Mapping[str, int]
    refused_for_good: Set[str] = frozenset()
    put_off: Set[str] = frozenset()


@dataclass
class Verdict:
    """`lost`: addresses of whom the ledger tells what isn't so, or nothing; `unlisted`: doubled without a mark.

    `doubled` counts copies too many, `listed` those of whom the ledger says that they may have got two.
    """

    lost: list[str] = field(default_factory=list)
    doubled: int = 0
    unlisted: list[str] = field(default_factory=list)
    listed: int = 0

    def __iadd__(self, other: "Verdict") -> "Verdict":
        self.lost += other.lost
        self.doubled += other.doubled
        self.unlisted += other.unlisted
        self.listed += other.listed
        return self


def judge(ledger: Iterable[Entry], relayed: Relayed) -> Verdict:
    """Judge a broadcast that has ended."""
    verdict = Verdict()
    known = set()
    for entry in ledger:
        known.add(entry.address)
        copies = relayed.accepted.get(entry.address, 0)
        if not _is_so(entry, copies, relayed):
            verdict.lost.append(entry.address)
        verdict.doubled += max(0, copies - 1)
        verdict.listed += entry.maybe_twice
        if copies > 1 and not entry.maybe_twice:
            verdict.unlisted.append(entry.address)
    verdict.lost += sorted(set(relayed.accepted) - known)
    return verdict


def _is_so(entry: Entry, copies: int, relayed: Relayed) -> bool:
    """Whether the ledger tells what the relay did; what it took must be told, at least as something that may be."""
    if entry.status in TAKEN:
        return copies > 0
    if copies and not entry.maybe_twice:
        return False
    match entry.status:
        case "bounced":
            return entry.address in relayed.refused_for_good
        case "failed":
            return entry.address in relayed.put_off
        case "held":
            return entry.maybe_twice
        case _:
            # Nobody skips or cancels anything here; all else is no end.
            return False
