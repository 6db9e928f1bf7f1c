"""Files of exports in a folder of this host."""

import os
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage


class Folder(FileSystemStorage):
    """What `save` returns from is on the disk: it stays whole when the power goes in the next moment."""

    def _save(self, name: str, content: Any) -> str:
        saved = str(super()._save(name, content))  # type: ignore[misc]
        path = Path(self.path(saved))
        for each in (path, *path.parents):
            _flush(each)
            if each == Path(self.location):
                break
        return saved


def _flush(path: Path) -> None:
    """Have the disk keep the file, or which files are in the folder."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
