"""`make bench`: how near Carillon comes to what is possible on this machine.

BENCH_ROWS scales everything (100,000 by default), BENCH_ROUNDS is how often each is run (3), ONLY=send,freeze chooses
figures, SMTP_SOURCE names Postfix's smtp-source if it isn't where it usually is. Ends with a line per figure,
`name<TAB>ours<TAB>limit<TAB>ratio` (more is better, but for memory), and writes the same to bench.json in VAR.
"""

import os
import sys
from pathlib import Path

from benchmarks import running
from benchmarks.measuring import WentWrong
from lib.embedded import ServersFailed

ROWS, ROUNDS = 100_000, 3
# Module of benchmarks.figures -> the figures that it measures together.
FIGURES = {
    "freezing": ("freeze",),
    "exporting": ("export", "export_rss_mb", "export_library"),
    "exporting_many": ("export_5m",),
    "importing": ("import", "stage"),
    "sending": ("send", "send_cpu", "send_rss_mb", "send_naive"),
    "sending_to_a_slow_relay": ("send_10ms", "send_10ms_unsynced"),
    "sending_to_many": ("send_1m",),
    "creating_by_api": ("api_create",),
}
# Minutes each: not part of a scaled run unless asked for.
LONG = {"export_5m", "send_1m"}


def main() -> None:
    scaled = bool(os.environ.get("BENCH_ROWS"))
    rows, rounds = _number("BENCH_ROWS", ROWS), _number("BENCH_ROUNDS", ROUNDS)
    known = [name for names in FIGURES.values() for name in names]
    usual = [name for name in known if not (scaled and name in LONG)]
    wanted = [name.strip() for name in os.environ.get("ONLY", "").split(",") if name.strip()] or usual
    if unknown := set(wanted) - set(known):
        sys.exit(f"There is no figure {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    modules = [module for module, names in FIGURES.items() if set(names) & set(wanted)]
    report = Path(os.environ.get("VAR") or Path(__file__).parents[1] / "var").resolve() / "bench.json"
    try:
        running.run(modules, names=wanted, rows=rows, rounds=rounds, report=report)
    except (ServersFailed, WentWrong) as failure:
        sys.exit(failure.message)


def _number(variable: str, default: int) -> int:
    given = os.environ.get(variable) or str(default)
    if not given.isdecimal() or not int(given):
        sys.exit(f"{variable} must be a whole number above 0, such as {default}.")
    return int(given)


if __name__ == "__main__":
    main()
