"""`make bench`: how near Carillon comes to what is possible on this machine.

BENCH_ROWS scales everything (100,000 by default); ONLY=send,freeze chooses figures. Ends with a line per figure,
`name<TAB>ours<TAB>limit<TAB>ratio`, and writes the same to bench.json in VAR.
"""

import os
import sys
from pathlib import Path

from benchmarks import running
from benchmarks.measuring import WentWrong
from lib.embedded import ServersFailed

ROWS = 100_000
# Module of benchmarks.figures -> the figures that it measures together.
FIGURES = {
    "freezing": ("freeze",),
    "importing": ("import", "stage"),
    "sending": ("send", "send_cpu", "send_rss_mb", "send_naive"),
    "sending_to_a_slow_relay": ("send_10ms", "send_10ms_unsynced"),
    "sending_to_many": ("send_1m",),
}
# Minutes each: not part of a scaled run unless asked for.
LONG = {"send_1m"}


def main() -> None:
    scaled = os.environ.get("BENCH_ROWS", "")
    known = [name for names in FIGURES.values() for name in names]
    usual = [name for name in known if not (scaled and name in LONG)]
    wanted = [name.strip() for name in os.environ.get("ONLY", "").split(",") if name.strip()] or usual
    if unknown := set(wanted) - set(known):
        sys.exit(f"There is no figure {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    if not (scaled or str(ROWS)).isdecimal() or not (rows := int(scaled or ROWS)):
        sys.exit("BENCH_ROWS must be a whole number above 0, such as 20000.")
    report = Path(os.environ.get("VAR") or Path(__file__).parents[1] / "var").resolve() / "bench.json"
    try:
        running.run([name for name in FIGURES if {*FIGURES[name]} & {*wanted}], names=wanted, rows=rows, report=report)
    except (ServersFailed, WentWrong) as failure:
        sys.exit(failure.message)


if __name__ == "__main__":
    main()
