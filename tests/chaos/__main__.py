"""`make chaos`: rounds of kills and faults until there have been enough; ends with one line of totals.

CHAOS_KILLS (100), CHAOS_ROWS (20000), CHAOS_CONNECTIONS (16, of each of two senders) and CHAOS_SEED change it. With
the argument `quick` it is one small round with all faults at once, as the tests run it.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from lib import embedded
from tests.chaos.product import Product, ProductEnded
from tests.chaos.rounds import MIX, QUICK_MIX, QUICK_STROKES, STROKES, Round, play
from tests.chaos.sink import Sink
from tests.chaos.telling import conclude, tell
from tests.leftovers import processes_of

LONGEST_ROUND = 600.0


def main(*, is_quick: bool) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = int(os.environ.get("CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
    print(f"CHAOS_SEED={seed} repeats the choices of this run, though not its timing.", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="carillon-chaos-"))
    # Or PostgreSQL, unable to enter as another account, would leave its data elsewhere.
    folder.chmod(0o755)
    chance = random.Random(seed)  # noqa: S311 - chosen at random is all that is asked
    sink = Sink()
    connections = int(os.environ.get("CHAOS_CONNECTIONS", "16"))
    product = Product(folder, smtp_port=sink.port, connections=connections)
    played: list[Round] = []
    try:
        _connect_django(product.var)
        product.start()
        for each in _quick(product, sink, chance) if is_quick else _long(product, sink, chance):
            played.append(each)
            tell(len(played), each)
    except ProductEnded as fault:
        print(fault)
        played.append(Round("none", recipients=0, ended=False))
    finally:
        product.stop()
        sink.close()
    code = conclude(played, left_running=processes_of(product.var), log=product.log)
    if code == 0:
        shutil.rmtree(folder)
    return code


def _quick(product: Product, sink: Sink, chance: random.Random) -> Iterator[Round]:
    [(mix, faults)] = QUICK_MIX.items()
    rows = int(os.environ.get("CHAOS_ROWS", "1500"))
    yield play(
        product,
        sink,
        mix=mix,
        faults=faults,
        recipients=rows,
        strokes=QUICK_STROKES,
        chance=chance,
        within=LONGEST_ROUND,
    )


def _long(product: Product, sink: Sink, chance: random.Random) -> Iterator[Round]:
    """Go through the mixes until each had its round and there were enough kills."""
    enough, rows = int(os.environ.get("CHAOS_KILLS", "100")), int(os.environ.get("CHAOS_ROWS", "20000"))
    in_a_round = -(-enough // len(MIX))
    deck: list[str] = []
    kills = 0
    for number, (mix, faults) in enumerate(cycle(MIX.items())):
        if kills >= enough and number >= len(MIX):
            break
        each = play(
            product,
            sink,
            mix=mix,
            faults=faults,
            recipients=rows,
            strokes=_deal(deck, in_a_round, chance),
            chance=chance,
            within=LONGEST_ROUND,
        )
        kills += each.kills
        yield each


def _deal(deck: list[str], kills: int, chance: random.Random) -> list[str]:
    """So many kills, and what comes up between them, from a deck that is shuffled again when it is used up."""
    dealt: list[str] = []
    while sum(each != "zombie" for each in dealt) < kills:
        if not deck:
            deck += chance.sample(STROKES, len(STROKES))
        dealt.append(deck.pop())
    return dealt


def _connect_django(var: Path) -> None:
    os.environ.update(embedded.addresses(var), VAR=str(var), DEVELOPMENT="1", DJANGO_SETTINGS_MODULE="config.settings")
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main(is_quick="quick" in sys.argv[1:]))
