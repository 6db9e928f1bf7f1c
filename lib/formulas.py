"""Cells that a spreadsheet would run as a formula: what we write is disarmed, what we read is restored."""

import re

_ARMED = re.compile("'*[=+@\t\r-]")
_DISARMED = re.compile("'+[=+@\t\r-]")


def disarm(cell: str) -> str:
    """Put `'` before what a spreadsheet might run, and before what already looks disarmed."""
    return f"'{cell}" if _ARMED.match(cell) else cell


def restore(cell: str) -> str:
    """Undo `disarm`."""
    return cell[1:] if _DISARMED.match(cell) else cell
