"""What `make chaos` prints: a line for each round, what went wrong in it, and in the end one line of totals."""

import sys
from pathlib import Path

from tests.chaos.judging import Verdict
from tests.chaos.rounds import Round

MOST_WORDS = 5


def tell(number: int, each: Round) -> None:
    """Tell of a round that is over."""
    struck = ", ".join(f"{victim} {times}" for victim, times in sorted(each.strokes.items())) or "nothing"
    fired = ", ".join(f"{name} {times}" for name, times in sorted(each.fired.items()) if times) or "none"
    verdict = each.verdict
    print(
        f"round {number} ({each.mix}): {each.recipients} recipients, "
        f"{'ended' if each.ended else 'NOT ENDED'} after {each.took:.0f} s; struck: {struck}; faults: {fired}; "
        f"lost {len(verdict.lost)} doubled {verdict.doubled} listed {verdict.listed} bound {each.bound}"
        f"{'' if each.is_good else '  BAD'}",
        flush=True,
    )
    _name("lost", verdict.lost)
    _name("doubled and not listed", verdict.unlisted)
    for doubt in each.doubts:
        print(f"  {doubt}", flush=True)


def conclude(played: list[Round], *, left_running: set[str], log: Path) -> int:
    """Tell of all rounds together; returns the exit code, 0 only when each of them was good and nothing runs on."""
    total = Verdict()
    for each in played:
        total += each.verdict
    is_good = bool(played) and all(each.is_good for each in played) and not left_running
    for command in sorted(left_running):
        print(f"Still running: {command}")
    if not is_good:
        print(f"What the product said is in {log}.")
    kills, bound = sum(each.kills for each in played), sum(each.bound for each in played)
    print(f"kills {kills} lost {len(total.lost)} doubled {total.doubled} bound {bound}")
    sys.stdout.flush()
    return 0 if is_good else 1


def _name(what: str, addresses: list[str]) -> None:
    if addresses:
        more = f" and {len(addresses) - MOST_WORDS} more" if len(addresses) > MOST_WORDS else ""
        print(f"  {what}: {', '.join(addresses[:MOST_WORDS])}{more}", flush=True)
