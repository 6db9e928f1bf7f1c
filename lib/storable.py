"""Text as PostgreSQL can keep it."""

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the text has neither NUL characters nor halves of characters, which JSON can hold and no table can."""
    return _UNSTORABLE.search(text) is None
