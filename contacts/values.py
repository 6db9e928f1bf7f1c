"""Values of contact properties: whether one is of a type, and how it reads."""

import sys
from typing import Any

from lib.storable import is_storable

LONGEST_VALUE = 2_000
LARGEST_NUMBER = sys.float_info.max
TYPES = ("string", "number", "boolean")


def fits(kind: str, value: Any) -> bool:
    """Whether a value is of a property's type, as JSON knows types."""
    match kind:
        case "string":
            return isinstance(value, str) and len(value) <= LONGEST_VALUE and is_storable(value)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER
        case _:
            return isinstance(value, bool)


def as_text(value: Any) -> str:
    """A value as messages show it: numbers without needless digits, yes and no in words, nothing for none."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
    return str(value)
