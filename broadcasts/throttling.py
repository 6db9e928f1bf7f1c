"""What a relay may be given: messages a second, an hour and a day, shared by all senders on all hosts."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest

from broadcasts.models import Transport
from lib import sql


@dataclass(frozen=True)
class Limits:
    """How many messages a second, an hour and a day; None: any number."""

    per_second: float | None = None
    per_hour: int | None = None
    per_day: int | None = None

    @classmethod
    def of_settings(cls) -> "Limits":
        return cls(settings.SEND_PER_SECOND or None, settings.SEND_PER_HOUR or None, settings.SEND_PER_DAY or None)

    @property
    def any(self) -> bool:
        return any((self.per_second, self.per_hour, self.per_day))

    def reservation(self, connections: int) -> int:
        """How many messages to reserve at a time: about a second's worth, so that nobody else has to wait long."""
        return max(1, round(self.per_second)) if self.per_second else max(100, 10 * connections)


@dataclass(frozen=True)
class Grant:
    """`number` messages may leave, the first in `starts_in` seconds; when it is 0, ask again in `again_in` seconds."""

    number: int
    starts_in: float
    again_in: float


def transport(name: str) -> Transport:
    """The row of a relay, by its host and port."""
    return Transport.objects.get_or_create(name=name)[0]


def reserve(name: str, limits: Limits, *, most: int) -> Grant:
    """Take up to `most` messages from what the relay may be given now."""
    parameters = {
        "name": name,
        "most": most,
        "per_second": limits.per_second,
        "per_hour": limits.per_hour,
        "per_day": limits.per_day,
    }
    [(number, starts_in, again_in)] = sql.rows("broadcasts", "reserve_messages", parameters)
    return Grant(number, max(0.0, starts_in), max(0.0, again_in or 0.0))


def give_back(name: str, number: int) -> None:
    """Return what was reserved and not sent."""
    Transport.objects.filter(name=name).update(
        hour_used=Greatest(F("hour_used") - number, 0), day_used=Greatest(F("day_used") - number, 0)
    )
