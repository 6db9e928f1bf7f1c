"""Looking at a domain's records in DNS, and what follows for its status.

1. Claim a domain that is due, by moving its time a little ahead.
2. Ask DNS, outside of any transaction.
3. Write what was found, unless somebody has claimed the domain or asked for another look meanwhile.
"""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from domains import comparing, keys, records
from domains.comparing import Finding, Outcome
from domains.models import Domain
from domains.records import Record
from domains.resolving import Resolver, Unanswered
from lib import encryption

log = logging.getLogger(__name__)
Status = Domain.Status

# How long a worker may be silent before another takes over; much longer than DNS is waited for.
LEASE = timedelta(seconds=90)
# How long records may be missing before the domain has failed.
PATIENCE = timedelta(hours=72)
# How long DNS may answer nothing at all; a name that is given up must not stay with its team for ever.
LONGEST_SILENCE = timedelta(days=14)
DAILY = timedelta(days=1)
UNANSWERED_AGAIN = timedelta(minutes=15)
LONGEST_NAME = 253
# So many domains are asked about at a time: those of which DNS knows nothing keep the others waiting for seconds.
TOGETHER = 8
# Keeps this advisory lock apart from anybody else's in the same database.
NAMESPACE = 80
SOONEST, LATEST = timedelta(seconds=30), timedelta(hours=1)


class Verdict(Enum):
    FINE = 1
    BROKEN = 2
    UNKNOWN = 3


def check(*, domain_id: int, resolver: Resolver, now: datetime) -> bool:
    """Look at the domain's records if they are due; whether it did."""
    domain = _claim(domain_id, now)
    if domain is None:
        return False
    _keep(domain, _ask(domain, resolver), now=now)
    return True


def check_due(*, resolver: Resolver, seconds: float) -> None:
    """Look at domains that are due, some at a time, as long as the time lasts; of several who would, one does."""
    until = time.monotonic() + seconds
    with _alone() as is_alone:
        while is_alone and time.monotonic() < until:
            now = timezone.now()
            due = list(Domain.objects.due(now).values_list("pk", flat=True)[:TOGETHER])
            if not due:
                return
            domains = [domain for pk in due if (domain := _claim(pk, now))]
            # Threads ask DNS alone: the database is this one's.
            with ThreadPoolExecutor(max_workers=TOGETHER) as pool:
                answers = pool.map(lambda domain: _ask(domain, resolver), domains)
                for domain, found in zip(domains, answers, strict=True):
                    _keep(domain, found, now=now)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else is within; the lock ends with the session, should the worker die."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [NAMESPACE])
        [is_alone] = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [NAMESPACE])


def _claim(domain_id: int, now: datetime) -> Domain | None:
    """The domain if it was due, and nobody's for the time of a lease."""
    lease = now + LEASE
    claimed = Domain.objects.due(now).filter(pk=domain_id).order_by().update(due_at=lease)
    return Domain.objects.filter(pk=domain_id).first() if claimed else None


def _ask(domain: Domain, resolver: Resolver) -> dict[str, Finding]:
    """Asks DNS, never the database."""
    domain.zone = _zone(domain, resolver)
    return look(domain, resolver)


def _keep(domain: Domain, found: dict[str, Finding], *, now: datetime) -> None:
    changes = {
        "findings": {purpose: finding.stored for purpose, finding in found.items()},
        "zone": domain.zone,
        "checked_at": now,
        "asked_at": None,
        **_renewed_key(domain),
    }
    _settle(domain, _verdict(domain, found), changes, lease=now + LEASE, now=now)


def look(domain: Domain, resolver: Resolver) -> dict[str, Finding]:
    """What DNS answers for each record, by purpose."""
    wanted = [*_required(domain), records.suggested(domain.name)]
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        found = pool.map(lambda record: _find(record, domain, resolver), wanted)
    return {record.purpose: finding for record, finding in zip(wanted, found, strict=True)}


def _required(domain: Domain) -> list[Record]:
    return records.required(name=domain.name, selector=domain.selector, public_key=domain.public_key)


def _find(record: Record, domain: Domain, resolver: Resolver) -> Finding:
    try:
        finding = comparing.compare(record, resolver.texts(record.host))
    except Unanswered as reason:
        return comparing.unanswered(record, str(reason))
    if finding.outcome != Outcome.MISSING:
        return finding
    try:
        return _elsewhere(record, domain.zone or domain.name, resolver) or finding
    except Unanswered:
        return finding


def _elsewhere(record: Record, zone: str, resolver: Resolver) -> Finding | None:
    """Where a record that is missing may be instead: the policy of a domain above, or under a name entered twice."""
    policy = f"_dmarc.{zone}"
    if record.purpose == records.DMARC and record.host != policy:
        above = comparing.compare(record, resolver.texts(policy))
        if above.outcome == Outcome.VERIFIED:
            return replace(above, note=f"It stands at {policy} and holds for this domain, too.")
    twice = f"{record.host}.{zone}"
    if record.host == zone or len(twice) > LONGEST_NAME:
        return None
    if not comparing.compare(record, resolver.texts(twice)).found:
        return None
    host = records.relative(record.host, zone=zone)
    note = f"It was found at {twice}: your provider adds the domain itself, so enter {host} as its name."
    return Finding(Outcome.MISSING, record.host, record.value, note=note)


def _zone(domain: Domain, resolver: Resolver) -> str:
    try:
        return resolver.zone(domain.name)
    except Unanswered:
        return domain.zone


def _renewed_key(domain: Domain) -> dict[str, Any]:
    """The private key under today's SECRET_KEY, so that an earlier one need stand in the settings for days only."""
    try:
        renewed = encryption.renew(bytes(domain.private_key), purpose=keys.PURPOSE)
    except encryption.Unreadable:
        log.error(
            "The DKIM key of %s can't be read: SECRET_KEY was changed. Put the old one into SECRET_KEY_FALLBACKS, or "
            "delete the domain and add it again.",
            domain.name,
        )
        return {}
    return {} if renewed == bytes(domain.private_key) else {"private_key": renewed}


def _verdict(domain: Domain, found: dict[str, Finding]) -> Verdict:
    outcomes = {found[record.purpose].outcome for record in _required(domain)}
    if outcomes & {Outcome.MISSING, Outcome.DIFFERENT}:
        return Verdict.BROKEN
    return Verdict.UNKNOWN if Outcome.UNANSWERED in outcomes else Verdict.FINE


def _settle(domain: Domain, verdict: Verdict, changes: dict[str, Any], *, lease: datetime, now: datetime) -> None:
    """Write what was found; a domain that another team holds stays unverified, whatever DNS says."""
    try:
        with transaction.atomic():
            _write(domain, verdict, changes, lease=lease, now=now)
    except IntegrityError:
        _write(domain, Verdict.BROKEN, changes, lease=lease, now=now)


def _write(domain: Domain, verdict: Verdict, changes: dict[str, Any], *, lease: datetime, now: datetime) -> None:
    silent_since = (domain.silent_since or now) if verdict == Verdict.UNKNOWN else None
    silence = now - (silent_since or now)
    status = next_status(domain.status, verdict, age=now - domain.since, silence=silence)
    since = domain.since if status == domain.status else now
    changes = {**changes, "silent_since": silent_since, "status": status, "since": since}
    if status == Status.VERIFIED:
        changes["is_untold"] = False
    elif domain.status in Domain.HOLDING and status != domain.status:
        changes |= {"is_untold": True, "tell_at": now, "told": []}
    due_at = now + until_next(status, verdict, age=now - since, silence=silence)
    Domain.objects.filter(pk=domain.pk, due_at=lease).update(**changes, due_at=due_at)


def next_status(status: str, verdict: Verdict, *, age: timedelta, silence: timedelta) -> str:
    """What a domain becomes that has had `status` for `age`. Silence of DNS changes what was known only if it lasts."""
    if verdict == Verdict.FINE:
        return Status.VERIFIED
    if status == Status.NOT_STARTED:
        return Status.PENDING
    if status == Status.FAILED:
        return status
    if verdict == Verdict.UNKNOWN:
        return Status.FAILED if silence >= LONGEST_SILENCE else status
    if status == Status.VERIFIED:
        return Status.TEMPORARY_FAILURE
    return Status.FAILED if age >= PATIENCE else status


def until_next(status: str, verdict: Verdict, *, age: timedelta, silence: timedelta) -> timedelta:
    """How long until the next look: ever longer while something is awaited, daily once records stand or have failed."""
    if status == Status.FAILED or (status == Status.VERIFIED and verdict == Verdict.FINE):
        return DAILY
    if verdict == Verdict.UNKNOWN:
        return min(max(silence / 2, UNANSWERED_AGAIN if status == Status.VERIFIED else SOONEST), DAILY)
    return min(max(age / 2, SOONEST), LATEST)
