"""What workers are woken for. Rows say what there is to do; a bell that rings twice does no harm."""

import logging

from celery import Task, shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from broadcasts import due, freezing, ringing, sending, stopping, tallying
from broadcasts.models import Broadcast
from contacts.models import Contact
from lib import bells
from mail.replies import Outcome, RelayUnavailable

log = logging.getLogger(__name__)


@shared_task
def start(*, broadcast_id: int) -> None:
    ringing.answered(broadcast_id)
    if freezing.freeze(Broadcast.objects.without_content().get(pk=broadcast_id)):
        ringing.ring(drain, broadcast_id=broadcast_id)


@shared_task
def drain(*, broadcast_id: int) -> None:
    ringing.answered(broadcast_id)
    broadcast = Broadcast.objects.select_related("team", "audience").get(pk=broadcast_id)
    if broadcast.status == Broadcast.Status.SENDING and sending.drain(broadcast):
        ringing.ring(drain, broadcast_id=broadcast_id)


# Rung by each sweep as long as there is something to do, so a bell that waited that long has been followed by another.
@shared_task(expires=settings.SWEEP_EVERY)
def cancel_rest(*, broadcast_id: int) -> None:
    stopping.cancel_rest(Broadcast.objects.without_content().select_related("team").get(pk=broadcast_id))


@shared_task(expires=settings.SWEEP_EVERY)
def tally() -> None:
    tallying.tally(now=timezone.now())


@shared_task
def sweep() -> None:
    """Start what is due, go on with what lost its bell or its worker, and have opens and clicks counted."""
    now = timezone.now()
    due.start_due(now)
    queued = Broadcast.objects.startable().filter(ringing.not_rung())
    for task, waiting in ((start, queued), (drain, sending.neglected().filter(ringing.not_rung()))):
        for broadcast_id in waiting.values_list("pk", flat=True):
            ringing.ring(task, broadcast_id=broadcast_id)
    for broadcast_id in stopping.unfinished().values_list("pk", flat=True):
        bells.ring(cancel_rest, broadcast_id=broadcast_id)
    if tallying.is_due(now):
        bells.ring(tally)


@shared_task(bind=True, autoretry_for=(RelayUnavailable,), max_retries=5, retry_backoff=5)
def send_test(_task: Task, *, broadcast_id: int, to: str, contact_id: int | None) -> None:
    """Carries the address too, because a test leaves no row behind."""
    broadcast = Broadcast.objects.select_related("team", "audience").get(pk=broadcast_id)
    contact = Contact.objects.of(broadcast.team).filter(pk=contact_id).first()
    reply = sending.send_test(broadcast, to=to, contact=contact)
    if reply.outcome is not Outcome.ACCEPTED:
        log.warning("The relay refused a test of broadcast %s: %s %s", broadcast.pk, reply.code, reply.text)


@worker_shutting_down.connect
def _stop_sending(**_: object) -> None:
    sending.stopping.set()
