"""What must hold before Carillon starts: settings that every message needs are of a shape that messages can hold."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from mail import addresses, headers


@register
def check_addresses(**_: Any) -> list[Error]:
    faults = []
    try:
        headers.list_unsubscribe(f"{settings.PUBLIC_URL}/u/token")
    except ValueError:
        faults.append(Error("PUBLIC_URL must be an http(s) address in printable ASCII.", id="broadcasts.E001"))
    if settings.RETURN_PATH_DOMAIN:
        try:
            addresses.normalise(f"bounces@{settings.RETURN_PATH_DOMAIN}")
        except addresses.InvalidAddress as fault:
            faults.append(Error(f"RETURN_PATH_DOMAIN must be a domain: {fault}", id="broadcasts.E002"))
    return faults
