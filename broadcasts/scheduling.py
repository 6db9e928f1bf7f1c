"""When a broadcast shall go out: understanding what a person wrote, in their time zone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lib.errors import DomainError

FURTHEST = timedelta(days=366)
EXAMPLE = "such as “tomorrow at 9am” or “2027-01-04 09:00”"
_NAMES_A_TIME = re.compile(r"\d{1,2}\s*(am|pm)\b|\d{1,2}:\d{2}|\bin\s+(\d+|an?)\b|\bnow\b", re.IGNORECASE)
_WORDS = ((re.compile(r"\bnoon\b", re.I), "12:00"), (re.compile(r"\bmidnight\b", re.I), "00:00"))
_NEXT = re.compile(r"\bnext\s+(?=(mon|tues|wednes|thurs|fri|satur|sun)day)", re.IGNORECASE)


class InvalidTime(DomainError):
    code = "invalid_time"
    field = "when"


def parse(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that ISO 8601 or English words name, seen from `now` in `zone`; raises InvalidTime."""
    written = text.strip()
    if not written:
        raise InvalidTime(f"Say when it shall go out, {EXAMPLE}.")
    at = _iso(written, zone) or _in_words(written, now.astimezone(zone), zone)
    if at is None:
        raise InvalidTime(f"“{written[:60]}” isn't a time that can be understood. Write it {EXAMPLE}.")
    if at <= now:
        raise InvalidTime("That is in the past.")
    if at - now > FURTHEST:
        raise InvalidTime("That is more than a year ahead.")
    return at


def _iso(written: str, zone: ZoneInfo) -> datetime | None:
    if ":" not in written and "T" not in written:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _in_words(written: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    for word, time in _WORDS:
        written = word.sub(time, written)
    # Takes a third of a second to import, which senders and most pages have no use for.
    import dateparser

    at = dateparser.parse(
        _NEXT.sub("", written),
        languages=["en"],
        settings={
            "TIMEZONE": str(zone),
            "RETURN_AS_TIMEZONE_AWARE": True,
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": now.replace(tzinfo=None),
        },
    )
    if at is not None and not _NAMES_A_TIME.search(written):
        raise InvalidTime(f"Say at what time as well, {EXAMPLE}.")
    return at
