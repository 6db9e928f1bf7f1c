"""Domain names as people paste them, and the spelling that is kept: lower case, punycode, without a last dot."""

import ipaddress

from lib.errors import DomainError
from mail.addresses import InvalidAddress, normalise
from mail.one_line import one_line

# With a selector and `_domainkey` in front it still has to be a name.
LONGEST = 200
# As keyboards of East Asia write it; names mean the same by it.
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_EDGE = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"


class NameMissing(DomainError):
    code = "missing_required_field"
    field = "name"
    message = "Enter a domain, such as northwind.example."


class InvalidName(DomainError):
    code = "invalid_domain"
    field = "name"


def read(text: str) -> str:
    """The domain's name in the spelling that is kept; raises NameMissing or InvalidName, which says what to enter."""
    given = text.strip(_EDGE).translate(_DOTS)
    if not given:
        raise NameMissing
    shown = one_line(given if len(given) <= 80 else f"{given[:79]}…")
    if problem := _other_thing(given):
        raise InvalidName(f"“{shown}” {problem}")
    name = given.removesuffix(".")
    if len(name) > LONGEST:
        raise InvalidName(f"A domain has at most {LONGEST} characters here.")
    if "." not in name:
        raise InvalidName(f"“{shown}” has no dot. Enter a whole domain that is yours, such as northwind.example.")
    try:
        spelled = normalise(f"a@{name}").partition("@")[2]
    except InvalidAddress:
        raise InvalidName(f"“{shown}” can’t be a domain. Enter one such as northwind.example.") from None
    if len(spelled) > LONGEST:
        raise InvalidName(f"A domain has at most {LONGEST} characters here.")
    return spelled


def spelled_out(name: str) -> str:
    """The name as people write it, when that differs from how it is kept; else nothing."""
    if "xn--" not in name:
        return ""
    # Imported here because only the rare international domain pays for its tables.
    import idna

    try:
        written = idna.decode(name)
    except idna.IDNAError:
        return ""
    return written if written != name else ""


def _other_thing(given: str) -> str:
    """What else a person pasted, and what to enter of it; nothing when it may be a domain."""
    if "://" in given or "/" in given:
        host = given.rpartition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
        return f"is a web address. Enter the domain alone{_such_as(host)}."
    if "@" in given:
        return f"is an e-mail address. Enter only what stands after the @{_such_as(given.rpartition('@')[2])}."
    if _is_number(given):
        return "is the address of a computer. Enter a domain, such as northwind.example."
    host, colon, port = given.rpartition(":")
    if colon and port.isdecimal():
        return f"ends with a port. Enter the domain alone{_such_as(host)}."
    if given.startswith("*."):
        return f"stands for many names. Enter one domain{_such_as(given[2:])}."
    return ""


def _such_as(name: str) -> str:
    return f": {one_line(name)}" if "." in name and len(name) <= 80 else ""


def _is_number(given: str) -> bool:
    try:
        ipaddress.ip_address(given.strip("[]"))
    except ValueError:
        return False
    return True
