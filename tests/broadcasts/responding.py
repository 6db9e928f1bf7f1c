"""Recipients and programs that open messages and follow their links."""

import re
from email import message_from_bytes
from email.policy import default

from broadcasts import messages
from broadcasts.models import EmailEvent
from mail.tokens import Purpose

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
SCANNER = "Barracuda Sentinel (EE)"
LINKS = [f"https://northwind.example/{each}" for each in ("spring", "beans?from=mail&kind=2", "cups", "tea")]
HTML = "".join(f'<a href="{each.replace("&", "&amp;")}">Go</a>' for each in LINKS) + "{{{FIRST_NAME}}}"


def picture(email, *, purpose=Purpose.OPEN):
    return f"/o/{messages.tokens().make(purpose, email.pk)}.gif"


def link(email, number=1, *, purpose=Purpose.CLICK):
    return f"/c/{messages.tokens().make(purpose, email.pk)}/{number}"


def happened(email, kind, *, at, number=None, by_machine=False, to_fold=True):
    """An event as a visit leaves it."""
    data = {"link": number} if number else {}
    return EmailEvent.objects.create(email=email, kind=kind, at=at, by_machine=by_machine, to_fold=to_fold, data=data)


def addresses(received):
    """The paths of tracked links and, at the end, the picture in a message that the sink took."""
    html = message_from_bytes(received.data, policy=default).get_body(("html",)).get_content()
    return re.findall(r'(?:href|src)="http://[^/"]+(/[co]/[^"]*)"', html)
