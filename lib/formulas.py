"""Cells that a spreadsheet would run as a formula: what we write is disarmed, what we read is restored.

The SQL function `export_text` writes what `disarm` does.
"""

import re

# Also the full-width forms of = + - @, which spreadsheets for Chinese and Japanese take for the plain ones.
_STARTS = r"[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"
_ARMED = re.compile("'*" + _STARTS)
_DISARMED = re.compile("'+" + _STARTS)


def disarm(cell: str) -> str:
    """Put `'` before what a spreadsheet might run, and before what already looks disarmed."""
    return f"'{cell}" if _ARMED.match(cell) else cell


def restore(cell: str) -> str:
    """Undo `disarm`."""
    return cell[1:] if _DISARMED.match(cell) else cell
