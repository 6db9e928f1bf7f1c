"""E-mail addresses as people write them, and the one spelling under which we keep and mail them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lib.errors import DomainError
from mail.one_line import one_line

MAX_ADDRESS = 254
MAX_LOCAL = 64

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.(?![0-9]+\Z){_LABEL}")
_PLAIN = re.compile(rf"(?=.{{1,{MAX_LOCAL}}}@){_LOCAL_PART.pattern}@{_DOMAIN.pattern}")
_FOREIGN_TO_LOCAL_PART = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")
_FOREIGN_TO_DOMAIN = re.compile(r"[^A-Za-z0-9.-]")
_ENTRY_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[",;]|[^",;]+')
_SEPARATOR = re.compile("[,;]")
_QUOTED_PAIR = re.compile(r"\\(.)")
# Copied text often carries these along; str.strip alone keeps them.
_EDGE = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"


class InvalidAddress(DomainError):
    """`reason` follows the address in a sentence: "has no @"."""

    code = "invalid_address"

    def __init__(self, reason: str, text: str) -> None:
        self.reason = reason
        shown = text if len(text) <= 80 else f"{text[:79]}…"
        super().__init__(f"“{one_line(shown)}” {reason}." if shown else f"The address {reason}.")


@dataclass(frozen=True, slots=True)
class Address:
    """A valid address and the name that was written with it."""

    email: str
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class Invalid:
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    valid: list[Address]
    invalid: list[Invalid]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who stands in From or Reply-To."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def normalise(address: str) -> str:
    """Return the address trimmed, in lower case, its domain in punycode; raise InvalidAddress."""
    text = address.strip(_EDGE)
    if len(text) <= MAX_ADDRESS:
        spelled = text if text.isascii() else _with_ascii_domain(text)
        # Asked before lowering, which turns some foreign letters into ASCII.
        if len(spelled) <= MAX_ADDRESS and spelled.isascii() and _PLAIN.fullmatch(spelled.lower()):
            return spelled.lower()
    raise InvalidAddress(_reason(text), text)


def parse_mailbox(text: str) -> Mailbox:
    """Read `Name <address>` or a bare address; raise InvalidAddress when that isn't one valid address."""
    name, address = _split_entry(text.strip(_EDGE))
    return Mailbox(name, normalise(address))


def parse_many(text: str) -> Parsed:
    """Read the addresses that a person pastes into one field, split by comma, semicolon or line.

    An address that comes twice is one: it stays at its first place, later names replace earlier ones, but an
    absent name never erases one. Takes time linear in the length of the text.
    """
    found: dict[str, Address] = {}
    invalid: list[Invalid] = []
    for entry in _entries(text):
        name, address = _split_entry(entry)
        try:
            email = normalise(address)
        except InvalidAddress as error:
            invalid.append(Invalid(entry, error.reason))
            continue
        first_name, last_name = split_name("" if name.lower() == email else name)
        known = found.get(email, Address(email))
        found[email] = Address(email, first_name or known.first_name, last_name or known.last_name)
    return Parsed(list(found.values()), invalid)


def split_name(name: str) -> tuple[str, str]:
    """Split a full name into first and last: `Last, First` at its comma, all else before the last word."""
    last, comma, first = name.partition(",")
    if comma and first.strip():
        return " ".join(first.split()), " ".join(last.split())
    words = last.split()
    return (words[0], "") if len(words) == 1 else (" ".join(words[:-1]), " ".join(words[-1:]))


def _with_ascii_domain(text: str) -> str:
    """Return the text with its domain in punycode, or as it is when that can't be done."""
    local, _, domain = text.rpartition("@")
    # Imported here because only the rare international domain pays for its tables.
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return text
    return f"{local}@{checked.ascii_domain}"


def _reason(text: str) -> str:
    """Say what keeps the text from being an address."""
    if not text:
        return "is empty"
    if "@" not in text:
        return "has no @"
    if any(character.isspace() for character in text):
        return "has a space in it"
    if text.count("@") > 1:
        return "has more than one @"
    if len(text) > MAX_ADDRESS:
        return f"is longer than {MAX_ADDRESS} characters"
    local, _, domain = text.partition("@")
    return _local_part_reason(local) or _domain_reason(domain)


def _local_part_reason(local: str) -> str | None:
    if not local:
        return "has nothing before the @"
    if not local.isascii():
        return "has a letter before the @ that mail servers don't take"
    if len(local) > MAX_LOCAL:
        return f"has more than {MAX_LOCAL} characters before the @"
    if foreign := _FOREIGN_TO_LOCAL_PART.search(local):
        return f"has {_shown(foreign[0])} before the @"
    return None if _LOCAL_PART.fullmatch(local.lower()) else "has a dot in the wrong place before the @"


def _domain_reason(domain: str) -> str:
    if not domain:
        return "has nothing after the @"
    if not domain.isascii():
        return "has a domain that doesn't exist in that spelling"
    if foreign := _FOREIGN_TO_DOMAIN.search(domain):
        return f"has {_shown(foreign[0])} in its domain"
    if "." not in domain:
        return "has no dot in its domain"
    if domain.startswith(".") or domain.endswith(".") or ".." in domain:
        return "has a dot in the wrong place in its domain"
    return "has a domain that can't exist"


def _shown(character: str) -> str:
    return character if character.isprintable() else "an invisible character"


def _entries(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for entry in _line_entries(line):
            if stripped := entry.strip(_EDGE):
                yield stripped


def _line_entries(line: str) -> Iterator[str]:
    """Split at the separators that stand outside quotes."""
    start = 0
    for token in _ENTRY_TOKEN.finditer(line):
        if token[0] in (",", ";"):
            yield line[start : token.start()]
            start = token.end()
        elif token[0] == '"':
            # This quote never closes, so nothing after it is quoted; looking further would be quadratic.
            yield from _SEPARATOR.split(line[start:])
            return
    yield line[start:]


def _split_entry(entry: str) -> tuple[str, str]:
    """Split `Name <address>` into its two; a bare address has no name."""
    if not entry.endswith(">") or "<" not in entry:
        return "", entry
    name, _, address = entry[:-1].rpartition("<")
    return _plain_name(name), address


def _plain_name(name: str) -> str:
    name = one_line(name).strip(_EDGE)
    if len(name) >= 2 and name[0] == name[-1] and name[0] in "\"'":
        name = _QUOTED_PAIR.sub(r"\1", name[1:-1])
    return " ".join(name.split())
