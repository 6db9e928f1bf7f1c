"""Comparing what the relay took with what the ledger says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Statuses of the ledger that say that the relay took the message, and those that are an end without that.
TAKEN = frozenset({"sent", "delivered", "complained"})
ENDED = frozenset({"bounced", "failed", "skipped", "held", "canceled"})


@dataclass(frozen=True)
class Entry:
    """A row of the ledger."""

    address: str
    status: str
    maybe_twice: bool


@dataclass
class Verdict:
    """`lost`: addresses of whom the ledger tells what isn't so, or nothing; `unlisted`: doubled without a mark."""

    lost: list[str] = field(default_factory=list)
    doubled: int = 0
    unlisted: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Verdict") -> "Verdict":
        self.lost += other.lost
        self.doubled += other.doubled
        self.unlisted += other.unlisted
        return self


def judge(ledger: Iterable[Entry], accepted: Mapping[str, int]) -> Verdict:
    """Judge a broadcast that has ended: `accepted` has how many copies the relay took, by address."""
    verdict = Verdict()
    known = set()
    for entry in ledger:
        known.add(entry.address)
        copies = accepted.get(entry.address, 0)
        is_told = entry.status in ENDED or (entry.status in TAKEN and copies > 0)
        # Taken although the ledger says it ended otherwise: only where it says that it may have been.
        is_hidden = entry.status in ENDED and copies > 0 and not entry.maybe_twice
        if not is_told or is_hidden:
            verdict.lost.append(entry.address)
        if copies > 1:
            verdict.doubled += copies - 1
            if not entry.maybe_twice:
                verdict.unlisted.append(entry.address)
    verdict.lost += sorted(set(accepted) - known)
    return verdict
