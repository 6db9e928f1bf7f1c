"""The contacts of one or several audiences as plain rows, a keyset batch at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lib import sql

LAST = 2**62


class Listed(NamedTuple):
    id: int
    email: str
    first_name: str
    last_name: str
    unsubscribed: bool
    created_at: datetime


def newest(*, audience_ids: Sequence[int], above: int | None, below: int | None, most: int) -> list[Listed]:
    """The newest contacts whose keys lie between `above` and `below`, newest first."""
    parameters = {
        "audience_ids": list(audience_ids),
        "above": -1 if above is None else above,
        "below": LAST if below is None else below,
        "most": most,
    }
    return [Listed(*row) for row in sql.rows("contacts", "list_contacts", parameters)]


def following(*, audience_ids: Sequence[int], above: int, most: int) -> list[Listed]:
    """The contacts that came next after the key `above`, newest first."""
    parameters = {"audience_ids": list(audience_ids), "above": above, "most": most}
    return [Listed(*row) for row in reversed(sql.rows("contacts", "list_next_contacts", parameters))]
