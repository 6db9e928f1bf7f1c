"""What workers are woken for. Rows say what there is to do; a bell that rings twice does no harm."""

from celery import shared_task
from django.utils import timezone

from teams import expiring, notifying
from teams.models import Invitation


@shared_task
def send_invitation(*, invitation_id: int) -> None:
    invitation = Invitation.objects.select_related("team").filter(pk=invitation_id).first()
    if invitation is not None:
        notifying.notify(invitation, now=timezone.now())


@shared_task
def sweep() -> None:
    """Send what lost its bell or found no relay; forget what is long over."""
    now = timezone.now()
    notifying.notify_all(now=now)
    expiring.forget(now=now)
