"""Taking files from browsers: one that is bigger than an import may be never gets onto the disk as a whole."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

# What a form sends besides its file: names of fields, boundaries, the CSRF token.
OTHER_BYTES = 64 * 1024


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Drops a file once it is known to exceed `IMPORT_MAX_BYTES`; the rest is read past, so that a page answers."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        self.announced = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.announced > settings.IMPORT_MAX_BYTES + OTHER_BYTES:
            self._drop()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > settings.IMPORT_MAX_BYTES:
            self._drop()
        return super().receive_data_chunk(raw_data, start)

    def _drop(self) -> None:
        self.request.file_was_too_big = True  # type: ignore[union-attr]
        raise SkipFile


def was_too_big(request: HttpRequest) -> bool:
    """Whether the request, whose files have been read, brought one that was dropped for its size."""
    return getattr(request, "file_was_too_big", False)
