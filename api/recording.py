"""Writing down what was asked of the API and what it answered, after the answer has gone out.

A log that can't be written fails no request: it is a log. For the same reason its commit doesn't wait for the disk.
"""

import logging
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from api.authentication import ApiRequest, note_use
from api.issuing import SHOWN
from lib import sql

log = logging.getLogger(__name__)

LONGEST_PATH = 2_000
LONGEST_AGENT = 500
# Also right after a letter: in JSON a line break is written as one.
_TOKEN = re.compile(rf"re_(\w{{{SHOWN - 3}}})\w{{8,}}")


@dataclass
class Exchange:
    """A request on its way: when it began and what it brought, as far as that is kept."""

    request: ApiRequest
    began: float
    body: str = ""

    def keep_body(self) -> None:
        """Read what the request brought; fails as reading does, and nothing of it is kept then."""
        self.body = _request_body(self.request)

    def finish(self, answer: HttpResponseBase) -> None:
        """Have the exchange written down once `answer` has been sent."""
        kept = _kept(answer)
        # Django calls these when the server has written the answer and closes it.
        answer._resource_closers.append(lambda: self._write(answer.status_code, kept()))  # type: ignore[attr-defined]

    def _write(self, status: int, body: str) -> None:
        request = self.request
        written = {
            "team_id": request.team.pk,
            "key_id": request.api_key.pk,
            "method": request.method,
            "path": _redacted(request.get_full_path().removeprefix("/api"))[:LONGEST_PATH],
            "status": status,
            "user_agent": _redacted(request.headers.get("User-Agent", ""))[:LONGEST_AGENT],
            "milliseconds": round((time.perf_counter() - self.began) * 1000, 3),
            "request_body": _redacted(self.body),
            "response_body": _redacted(body),
        }
        try:
            sql.prepared("api", "log_request", written)
            note_use(request.api_key)
        except (DatabaseError, InterfaceError) as trouble:
            log.warning("A request to the API couldn't be logged: %s", trouble)
            connection.close_if_unusable_or_obsolete()


def begin(request: Any, *, began: float) -> Exchange:
    return Exchange(request, began)


def _request_body(request: ApiRequest) -> str:
    """What the request says, but no files: those are in storage as long as they are needed."""
    if (request.content_type or "").startswith("multipart/"):
        return f"(a form with files, {request.headers.get('Content-Length', '?')} bytes)"
    return _cut(request.body)


def _kept(answer: HttpResponseBase) -> Any:
    """A function that tells the beginning of the answer's body, once that has been sent."""
    if not isinstance(answer, StreamingHttpResponse):
        return lambda: _cut(answer.content)  # type: ignore[attr-defined]
    seen = bytearray()

    def passing(chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if len(seen) <= settings.API_LOG_BODY_BYTES:
                seen.extend(chunk[: settings.API_LOG_BODY_BYTES + 1])
            yield chunk

    answer.streaming_content = passing(answer.streaming_content)  # type: ignore[arg-type]
    return lambda: _cut(bytes(seen))


def _cut(body: bytes) -> str:
    most = settings.API_LOG_BODY_BYTES
    return body.decode(errors="replace") if len(body) <= most else f"{body[:most].decode(errors='ignore')}…"


def _redacted(text: str) -> str:
    """The text without tokens; of each only the start stays, as the page of keys shows it."""
    return _TOKEN.sub(r"re_\1…", _plain(text))


def _plain(text: str) -> str:
    """The text as the database can keep it."""
    return text.replace("\0", "�").encode(errors="replace").decode()
