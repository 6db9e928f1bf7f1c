"""What must hold before Carillon starts: settings that make records wrong, or DNS unreachable, are named."""

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from domains.resolving import place


@register
def check_settings(**_: Any) -> list[Error]:
    faults = []
    terms = settings.SPF_SENDERS.lower().split()
    if any(term.startswith("v=") or "=" in term or term.lstrip("+-~?") == "all" for term in terms):
        message = "SPF_SENDERS must hold mechanisms alone, as in include:spf.relay.example, without v=spf1 and all."
        faults.append(Error(message, id="domains.E001"))
    for server in settings.DNS_SERVERS:
        try:
            ipaddress.ip_address(place(server)[0])
        except ValueError:
            message = f"DNS_SERVERS must name addresses such as 192.0.2.1 or 192.0.2.1:53, which “{server}” isn’t."
            faults.append(Error(message, id="domains.E002"))
    return faults
