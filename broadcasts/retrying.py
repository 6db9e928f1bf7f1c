"""When an e-mail that was refused for now is tried again."""

from itertools import accumulate, chain, islice, repeat, takewhile

from django.conf import settings

# However short the delays are.
MOST_ATTEMPTS = 1000


def delays() -> list[float]:
    """Seconds to wait after the first attempt, the second and so on; after one more the time for trying is over."""
    given = settings.SEND_RETRY_DELAYS
    endless = chain(given, repeat(given[-1]))
    waited = takewhile(lambda seconds: seconds <= settings.SEND_RETRY_FOR, accumulate(endless))
    number = len(list(islice(waited, MOST_ATTEMPTS)))
    return list(islice(chain(given, repeat(given[-1])), number))
