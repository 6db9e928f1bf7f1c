"""`make chaos`: rounds of kills and faults until there have been enough; ends with one line of totals.

CHAOS_KILLS (100), CHAOS_ROWS (20000), CHAOS_CONNECTIONS (16) and CHAOS_SEED change it.
"""

import os
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.judging import Verdict
from tests.chaos.product import ROOT, Product
from tests.chaos.rounds import MIX, Round, play
from tests.chaos.sink import Sink

KILLS_IN_A_ROUND = 12
LONGEST_ROUND = 300.0


def main() -> int:
    enough, rows = int(os.environ.get("CHAOS_KILLS", "100")), int(os.environ.get("CHAOS_ROWS", "20000"))
    connections = int(os.environ.get("CHAOS_CONNECTIONS", "16"))
    seed = int(os.environ.get("CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
    chance = random.Random(seed)  # noqa: S311 - chosen at random is all that is asked
    folder = Path(tempfile.mkdtemp(prefix="carillon-chaos-"))
    sink = Sink()
    product = Product(folder / "var", smtp_port=sink.port, connections=connections)
    played: list[Round] = []
    try:
        _connect_django(folder / "var")
        while sum(each.kills for each in played) < enough or len(played) < len(MIX):
            mix = list(MIX)[len(played) % len(MIX)]
            each = play(
                product,
                sink,
                mix=mix,
                recipients=rows,
                kills=KILLS_IN_A_ROUND,
                chance=chance,
                within=LONGEST_ROUND,
            )
            played.append(each)
            _tell(each)
    finally:
        product.stop()
    return _conclude(played, folder)


def _connect_django(var: Path) -> None:
    from lib import embedded

    os.environ.update(embedded.addresses(var), VAR=str(var), DEVELOPMENT="1", DJANGO_SETTINGS_MODULE="config.settings")
    import django

    django.setup()


def _tell(each: Round) -> None:
    verdict = each.verdict
    for _words in [*verdict.lost[:5], *verdict.unlisted[:5], *each.discrepancies[:5]]:
        pass


def _conclude(played: list[Round], folder: Path) -> int:
    total = Verdict()
    for each in played:
        total += each.verdict
    is_good = all(each.is_good for each in played)
    if not is_good:
        pass
    _kills, _bound = sum(each.kills for each in played), sum(each.bound for each in played)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
