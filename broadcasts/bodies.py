"""How much may be written into a broadcast."""

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat

from lib.errors import DomainError

LARGEST_BODY = 1024 * 1024
BODIES = ("html", "text")


class BodyTooBig(DomainError):
    code = "body_too_big"


def check(content: Mapping[str, Any]) -> None:
    """Refuse `content` (values by field) if one of its bodies has more than `LARGEST_BODY` bytes."""
    for name in BODIES:
        size = len(content.get(name, "").encode())
        if size > LARGEST_BODY:
            raise BodyTooBig(
                f"This is {filesizeformat(size)}; up to {filesizeformat(LARGEST_BODY)} is possible.", field=name
            )
