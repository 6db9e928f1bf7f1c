"""Whom the figures are about: a team, audiences of any size, and broadcasts to them."""

from django.db import connection

from audiences import counting
from audiences.models import Audience
from benchmarks import newsletter
from benchmarks.measuring import WentWrong
from broadcasts import freezing
from broadcasts.models import Broadcast
from lib import sql
from teams.models import Team


def audience(size: int) -> Audience:
    """An audience of so many made-up people, settled as if it had been there for long."""
    team, _ = Team.objects.get_or_create(name="Northwind", slug="northwind")
    made = Audience.objects.create(team=team, name=f"{size:,} people")
    sql.execute("benchmarks", "make_contacts", {"audience_id": made.pk, "size": size})
    counting.change(made.pk, {"subscribed": size})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE contacts_contact")
    return made


def queued_broadcast(to: Audience) -> Broadcast:
    """The newsletter, about to be frozen."""
    return Broadcast.objects.create(
        team=to.team,
        audience=to,
        name="Autumn",
        sender="Northwind Coffee <news@northwind.example>",
        subject=newsletter.subject(_tag),
        preview_text="Three new coffees.",
        html=newsletter.html(_tag),
        text=newsletter.text(_tag),
        status=Broadcast.Status.QUEUED,
    )


def started_broadcast(to: Audience) -> Broadcast:
    """The newsletter with its e-mails in the ledger, waiting for a sender."""
    broadcast = queued_broadcast(to)
    if not freezing.freeze(broadcast):
        raise WentWrong("The broadcast couldn't be frozen.")
    return broadcast


def _tag(name: str, fallback: str) -> str:
    return f"{{{{{{{name}|{fallback}}}}}}}" if fallback else f"{{{{{{{name}}}}}}}"
