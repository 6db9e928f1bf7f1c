"""Quoted-printable in pieces: any sequence of encoded texts and values, each from column 0 on, is valid as a whole.

Each piece that something follows on the same line ends in a soft line break; so what one recipient's value looks like
changes nothing in the text around it, which is encoded once for all (RFC 2045, 6.7).
"""

import re

# A line of 76 columns with the "=" of a soft break.
_ROOM = 75
_AS_IS = frozenset(range(33, 127)) - {ord("=")}
_TABLE = tuple(bytes((byte,)) if byte in _AS_IS or byte in b" \t" else b"=%02X" % byte for byte in range(256))
_ALWAYS = tuple(b"=%02X" % byte for byte in range(256))
# What fits on one line and needs no encoding, not even at its beginning; most names are such.
_PLAIN = re.compile(rb"[!-\-/-<>-EG-~](?:[ !-<>-~]{0,70}[!-<>-~])?")
_SOFT_BREAK = b"=\r\n"


def text(source: str, *, goes_on: bool) -> bytes:
    """Encode text whose lines end in newlines; with `goes_on` something follows on its last line."""
    *lines, last = source.split("\n")
    encoded = b"".join([_line(line.encode("utf-8", "replace"), ends=True) + b"\r\n" for line in lines])
    if last:
        encoded += _line(last.encode("utf-8", "replace"), ends=not goes_on) + (_SOFT_BREAK if goes_on else b"")
    return encoded


def value(source: str) -> bytes:
    """Encode text on one line, with its soft line break; empty for nothing."""
    raw = source.encode("utf-8", "replace")
    if _PLAIN.fullmatch(raw):
        return raw + _SOFT_BREAK
    return _line(raw, ends=False) + _SOFT_BREAK if raw else b""


def _line(raw: bytes, *, ends: bool) -> bytes:
    """Encode one line, broken softly where it is long; a blank that a hard line break follows would get lost."""
    done: list[bytes] = []
    current: list[bytes] = []
    column = 0
    for place, byte in enumerate(raw):
        is_last = ends and place == len(raw) - 1
        encoded = _ALWAYS[byte] if is_last and byte in b" \t" else _TABLE[byte]
        if column + len(encoded) > _ROOM:
            done.append(b"".join(current) + _SOFT_BREAK)
            current, column = [], 0
        if column == 0 and byte in b".F":
            # No line begins with a dot, which SMTP would double, nor with "From ", which mailboxes would mark.
            encoded = _ALWAYS[byte]
        current.append(encoded)
        column += len(encoded)
    return b"".join(done) + b"".join(current)
