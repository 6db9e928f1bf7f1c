"""What workers are woken for. Rows say what there is to do; a bell that rings twice does no harm."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from domains import checking, notifying, resolving
from domains.models import Domain
from lib import bells

# So long one task goes on before it makes room.
SLICE = 10.0


@shared_task
def check(*, domain_id: int) -> None:
    """Look at one domain, because somebody waits for it."""
    checking.check(domain_id=domain_id, resolver=resolving.system(), now=timezone.now())
    notifying.notify_all()


# Rung by each sweep as long as there is something to do, so a bell that waited that long has been followed by another.
@shared_task(expires=settings.SWEEP_EVERY)
def recheck() -> None:
    """Look at what is due, as far as one comes in a while."""
    checking.check_due(resolver=resolving.system(), seconds=SLICE)
    notifying.notify_all()


@shared_task
def sweep() -> None:
    """Have looked at what is due or lost its bell or its worker; tell of what broke."""
    if Domain.objects.due(timezone.now()).exists():
        bells.ring(recheck)
    notifying.notify_all()
