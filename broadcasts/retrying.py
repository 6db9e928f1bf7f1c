"""When an e-mail that was refused for now is tried again."""

from django.conf import settings


def delay_after(attempts: int) -> float | None:
    """Seconds to wait after so many attempts (1 or more); None when the time for trying is over."""
    delays = settings.SEND_RETRY_DELAYS
    waits = [delays[min(number, len(delays) - 1)] for number in range(attempts)]
    return waits[-1] if sum(waits) <= settings.SEND_RETRY_FOR else None
