"""Settings without which domains' records would be wrong: said at the start, in a sentence."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from dns.inet import af_for_address

from domains.resolving import place


@register
def settings_of_domains(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    terms = settings.SPF_SENDERS.lower().split()
    if any(term.startswith("v=") or "=" in term or term.lstrip("+-~?") == "all" for term in terms):
        message = "SPF_SENDERS must hold mechanisms alone, as in include:spf.relay.example, without v=spf1 and all."
        faults.append(Error(message, id="domains.E001"))
    for server in settings.DNS_SERVERS:
        try:
            af_for_address(place(server)[0])
        except ValueError:
            message = f"DNS_SERVERS must name addresses such as 192.0.2.1 or 192.0.2.1:53, which “{server}” isn’t."
            faults.append(Error(message, id="domains.E002"))
    return faults
