"""How fast something goes and how long the rest of it will take, said no more exactly than it is known."""

from dataclasses import dataclass

# Before that an average says nothing.
TOO_EARLY = 5.0
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@dataclass(frozen=True)
class Pace:
    """An average so far: e-mails per second, and seconds until the rest is done if that goes on."""

    per_second: float
    seconds_left: float

    @property
    def speed(self) -> str:
        """ "9,800 a minute", or by the hour where that is less than one."""
        number, unit = self.per_second * MINUTE, "a minute"
        if number < 1:
            number, unit = self.per_second * HOUR, "an hour"
        return f"{_two_digits(number):,} {unit}"

    @property
    def left(self) -> str:
        """ "some 4 min", "some 3 hours", "less than a minute"."""
        if self.seconds_left < MINUTE:
            return "less than a minute"
        if self.seconds_left < HOUR:
            return f"some {round(self.seconds_left / MINUTE)} min"
        length, word = (HOUR, "hour") if self.seconds_left < 2 * DAY else (DAY, "day")
        number = round(self.seconds_left / length)
        return f"some {number:,} {word}{'' if number == 1 else 's'}"


def pace(*, done: int, to_do: int, seconds: float) -> Pace | None:
    """The pace of something of which `done` took `seconds`; None while that is too little to tell."""
    if done <= 0 or seconds < TOO_EARLY:
        return None
    return Pace(done / seconds, to_do * seconds / done)


def _two_digits(number: float) -> int:
    whole = max(1, round(number))
    return round(whole, 2 - len(str(whole)))
