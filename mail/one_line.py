"""Text that has to stay on one line: names, subjects, merge values, replies of a relay."""

import re

_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def one_line(text: str) -> str:
    """Return the text with every run of line breaks, control characters and lone surrogates as one space."""
    return text if text.isprintable() else _BREAKING.sub(" ", text)
