"""The one rule for what may stand as a contact's first or last name."""

from lib.errors import DomainError
from mail.one_line import one_line

LONGEST_NAME = 200


class NameTooLong(DomainError):
    code = "name_too_long"
    message = f"A name has at most {LONGEST_NAME} characters."


def contact_name(text: str, *, field: str | None = None) -> str:
    """The name on one line, without spaces or control characters to spare; NameTooLong blames `field`."""
    name = " ".join(one_line(text).split())
    if len(name) > LONGEST_NAME:
        raise NameTooLong(field=field)
    return name
