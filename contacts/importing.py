"""Carrying an import as far as it goes without a person: to its review, and from there to its end.

Every step begins with the proof that the import is still ours (`claiming.step`), so a worker that is killed at any
point loses nothing: whoever claims the import next goes on where the last commit stopped.
"""

import time
from datetime import datetime
from typing import Any

from django.db.models import Count, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from audiences import counting, locking
from audiences.models import Audience
from contacts import claiming, staging
from contacts.adding import AudienceDeleted
from contacts.models import ContactImport, ImportReject
from contacts.subscribing import Why
from lib.errors import DomainError
from lib.installation_keys import installation_key

CHUNK = 50_000
EXAMPLES = 5
MOST_ATTEMPTS = 3
REASONS_SHOWN = 10
LONGEST_EXAMPLE = 80
DONE = ("added", "updated", "unchanged", "kept_unsubscribed", "opted_out", "suppressed")
Status = ContactImport.Status


class TriedTooOften(DomainError):
    code = "tried_too_often"
    message = (
        f"It stopped {MOST_ATTEMPTS} times at the same place. The log of the workers has the reason; "
        "when that is mended, upload the file again."
    )


def run(*, import_id: int, now: datetime) -> None:
    """Do what the import waits for, if no other worker does; a refusal ends it, with its reason in words.

    Whatever else goes wrong (a full disk, a worker out of memory) is tried again after the lease, a few times.
    """
    upload = claiming.claim(import_id, now=now)
    if upload is None:
        return
    try:
        _carry(upload)
    except claiming.ImportTaken:
        pass
    finally:
        claiming.let_go(upload)
    staging.drop_unneeded()


def _carry(upload: ContactImport) -> None:
    try:
        if upload.attempts > MOST_ATTEMPTS:
            raise TriedTooOften
        if upload.status == Status.MAPPED:
            _review(upload)
        if upload.status == Status.IMPORTING:
            _apply(upload)
    except DomainError as refusal:
        claiming.release(upload, status=Status.FAILED, failure=refusal.message, finished_at=timezone.now())


def _review(upload: ContactImport) -> None:
    """Stage the file and count what importing it would do."""
    _check_audience(upload)
    staging.stage(upload)
    review = dict.fromkeys(DONE, 0)
    updates: list[dict[str, Any]] = []
    for low in range(0, upload.counts["last_seq"], CHUNK):
        with claiming.step(upload):
            span = _span(upload, low=low, high=low + CHUNK)
            [found] = staging.run(upload, "review_stage", **span)
            review = {name: review[name] + found[name] for name in DONE}
            if found["updated"] and len(updates) < EXAMPLES:
                updates += staging.run(upload, "example_updates", limit=EXAMPLES - len(updates), **span)
    with claiming.step(upload):
        examples = {"rejects": _example_rejects(upload), "updates": updates}
        counts = {**upload.counts, "review": review, "examples": examples}
        if upload.options.get("unattended"):
            claiming.keep(upload, status=Status.IMPORTING, attempts=0, counts=counts)
        else:
            claiming.release(upload, status=Status.REVIEWED, counts=counts)


def _apply(upload: ContactImport) -> None:
    """Import the staged rows chunk by chunk, beginning after `position`, the last row that is imported already."""
    if not staging.is_intact(upload):
        staging.stage(upload)
    while upload.position < upload.counts["last_seq"]:
        _apply_chunk(upload)
    claiming.release(upload, status=Status.DONE, finished_at=timezone.now())


def _apply_chunk(upload: ContactImport) -> None:
    with claiming.step(upload):
        _apply_rows(upload)


def _apply_rows(upload: ContactImport) -> None:
    started = time.monotonic()
    locking.lock_exclusively(upload.audience_id)
    _check_audience(upload)
    high = min(upload.position + CHUNK, upload.counts["last_seq"])
    span = _span(upload, low=upload.position, high=high)
    [did] = staging.run(upload, "apply_stage", import_id=upload.pk, why=Why.IMPORT, **span)
    before = upload.counts.get("done", {})
    done = {name: before.get(name, 0) + did[name] for name in DONE}
    seconds = upload.counts.get("seconds", 0) + time.monotonic() - started
    claiming.keep(upload, position=high, attempts=0, counts={**upload.counts, "done": done, "seconds": seconds})
    counting.change(upload.audience_id, {counter: did[counter] for counter in counting.COUNTERS})


def _check_audience(upload: ContactImport) -> None:
    if not Audience.objects.standing().filter(pk=upload.audience_id).exists():
        raise AudienceDeleted


def _span(upload: ContactImport, *, low: int, high: int) -> dict[str, Any]:
    """What `classify_stage` needs to know about the rows after seq `low` up to `high`."""
    return {
        "audience_id": upload.audience_id,
        "team_id": upload.audience.team_id,
        "any_opt_outs": upload.audience.opt_outs.exists(),
        "opt_out_key": installation_key("opt-outs"),
        "skip_existing": upload.options.get("skip_existing", False),
        "low": low,
        "high": high,
    }


def _example_rejects(upload: ContactImport) -> list[dict[str, Any]]:
    """The most frequent reasons with how often each came and its first rows."""
    ranked = ImportReject.objects.filter(of=upload).annotate(
        alike=Window(Count("pk"), partition_by="reason"),
        nth=Window(RowNumber(), partition_by="reason", order_by="line"),
    )
    reasons: dict[str, dict[str, Any]] = {}
    for reject in ranked.filter(nth__lte=EXAMPLES).order_by("-alike", "reason", "line")[: EXAMPLES * REASONS_SHOWN]:
        reason = reasons.setdefault(reject.reason, {"reason": reject.reason, "count": reject.alike, "rows": []})
        reason["rows"].append({"line": reject.line, "text": _in_short(upload, reject.cells)})
    return list(reasons.values())


def _in_short(upload: ContactImport, cells: list[str]) -> str:
    """What identifies a rejected row: its address cell, or all of it when that is empty."""
    number = upload.mapping["email"]
    address = cells[number].strip() if number < len(cells) else ""
    text = " ".join((address or " ".join(cells)).split())
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"
