"""JSON that programs send, read without what nobody could tell again."""

import json
import math
from collections.abc import Iterable
from typing import Any

from lib.storable import is_storable

DEEPEST = 100


def strict(text: str | bytes) -> Any:
    """What the text says as the standard has it: no NaN, no infinity, no number beyond all that there are.

    Raises ValueError; also RecursionError when it is nested too deep to be read at all.
    """
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def kept(text: str) -> Any:
    """What a body in the log says, if it can be told as JSON again; else ValueError, and its text must do."""
    try:
        said = strict(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if _is_deep(said) or not is_storable(json.dumps(said, ensure_ascii=False)):
        raise ValueError("nested too deep, or with half of a character in it")
    return said


def _finite(spelled: str) -> float:
    number = float(spelled)
    if not math.isfinite(number):
        raise ValueError(f"{spelled} isn't JSON")
    return number


def _is_deep(said: Any) -> bool:
    """Whether there is anything more than `DEEPEST` lists and objects down."""
    level = [said]
    for _ in range(DEEPEST):
        level = [value for each in level for value in _inside(each)]
    return bool(level)


def _inside(said: Any) -> Iterable[Any]:
    if isinstance(said, dict):
        return said.values()
    return said if isinstance(said, list) else ()
