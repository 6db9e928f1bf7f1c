"""The file that an export is written to before it is stored: hashed on the way, compressed once it is large."""

import gzip
import hashlib
import tempfile
from types import TracebackType
from typing import IO

COMPRESS_BEYOND = 50 * 1024 * 1024
LEVEL = 1
PLAIN, COMPRESSED = ".csv", ".csv.gz"
BLOCK = 1024 * 1024


class _Hashed:
    """A file of which every byte that is written is hashed and counted."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Draft:
    """A temporary file, gone when the block ends; `suffix` tells whether it was compressed.

    Up to `beyond` bytes are kept as they are. When there are more, all of them are compressed.
    """

    def __init__(self, *, beyond: int = COMPRESS_BEYOND) -> None:
        self._beyond = beyond
        self._open()
        self._zipped: gzip.GzipFile | None = None

    def _open(self) -> None:
        # Without a name, so that nothing of it stays behind whatever becomes of this process.
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the draft
        self._hashed = _Hashed(self.file)

    def __enter__(self) -> "Draft":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        if self._zipped is not None:
            self._zipped.write(data)
        elif self._hashed.size + len(data) <= self._beyond:
            self._hashed.write(data)
        else:
            self._compress()
            self.write(data)

    def finish(self) -> None:
        """Complete the file; it is then to be read from its beginning."""
        if self._zipped is not None:
            self._zipped.close()
        self.file.flush()
        self.file.seek(0)

    @property
    def suffix(self) -> str:
        return PLAIN if self._zipped is None else COMPRESSED

    @property
    def size(self) -> int:
        return self._hashed.size

    @property
    def sha256(self) -> str:
        return self._hashed.sha256

    def _compress(self) -> None:
        """Go on in a compressed file, which begins with what there is."""
        plain = self.file
        plain.seek(0)
        self._open()
        # Without the time in it, so that the same rows are the same bytes.
        self._zipped = gzip.GzipFile(fileobj=self._hashed, mode="wb", compresslevel=LEVEL, mtime=0)
        with plain:
            while block := plain.read(BLOCK):
                self._zipped.write(block)
