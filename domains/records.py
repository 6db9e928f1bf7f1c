"""What a sending domain needs in DNS, as this installation sends: each record with its name, its value and its reason.

Only what is true here is asked for. SPF is judged at the domain of the return path, which is From's own domain unless
RETURN_PATH_DOMAIN names another one, and says what the operator has named with SPF_SENDERS. No MX record is asked for:
nothing here takes mail in.
"""

from dataclasses import dataclass

from django.conf import settings

DKIM, SPF, DMARC = "DKIM", "SPF", "DMARC"
LONGEST_STRING = 255


@dataclass(frozen=True)
class Record:
    """A TXT record; `host` is its whole name, without a dot at its end."""

    purpose: str
    host: str
    value: str


def required(*, name: str, selector: str, public_key: str) -> list[Record]:
    """The records that make the domain verified."""
    found = [Record(DKIM, f"{selector}._domainkey.{name}", f"v=DKIM1; k=rsa; p={public_key}")]
    if settings.SPF_SENDERS and returns_within(name):
        found.append(Record(SPF, return_path_domain(name), f"v=spf1 {settings.SPF_SENDERS} ~all"))
    return found


def suggested(name: str) -> Record:
    """The policy that receivers ask for, in its mildest form: it changes nothing for mail that fails."""
    return Record(DMARC, f"_dmarc.{name}", "v=DMARC1; p=none;")


def return_path_domain(name: str) -> str:
    """The domain to which bounces of messages from `name` go, and at which SPF is judged."""
    return settings.RETURN_PATH_DOMAIN.strip().rstrip(".").lower() or name


def returns_within(name: str) -> bool:
    """Whether that is the domain itself or below it, so that its owner can publish records for it."""
    domain = return_path_domain(name)
    return domain == name or domain.endswith(f".{name}")


def relative(host: str, *, zone: str) -> str:
    """The host as forms of DNS providers want it: without the zone, `@` for the zone itself."""
    if host == zone:
        return "@"
    return host.removesuffix(f".{zone}")


def in_zone_file(record: Record, value: str) -> str:
    """The record as a line of a zone file; one string holds 255 bytes, so a long value is written as several."""
    octets = value.encode()
    pieces = [octets[at : at + LONGEST_STRING] for at in range(0, len(octets), LONGEST_STRING)]
    written = " ".join(f'"{"".join(map(_escaped, piece))}"' for piece in pieces)
    return f"{record.host}. IN TXT {f'( {written} )' if len(pieces) > 1 else written}"


def _escaped(octet: int) -> str:
    """A byte between quotation marks of a zone file (RFC 1035, 5.1)."""
    if not 0x20 <= octet < 0x7F:
        return f"\\{octet:03d}"
    return f"\\{chr(octet)}" if chr(octet) in '"\\' else chr(octet)
