import gzip
import hashlib

from exports.files import Draft


def test_a_small_file_is_kept_as_it_is():
    with Draft(beyond=10) as draft:
        draft.write(b"12345")
        draft.write(b"67890")
        draft.finish()
        written = draft.file.read()

    assert written == b"1234567890"
    assert (draft.suffix, draft.size, draft.sha256) == (".csv", 10, hashlib.sha256(written).hexdigest())


def test_a_large_file_is_compressed_with_everything_in_it():
    parts = [b"123456789\r\n" * 1000, b"second", b"third"]
    with Draft(beyond=11_000) as draft:
        for part in parts:
            draft.write(part)
        draft.finish()
        written = draft.file.read()

    assert gzip.decompress(written) == b"".join(parts)
    assert (draft.suffix, draft.size, draft.sha256) == (
        ".csv.gz",
        len(written),
        hashlib.sha256(written).hexdigest(),
    )


def test_the_same_rows_are_the_same_bytes():
    def written():
        with Draft(beyond=1) as draft:
            draft.write(b"the same")
            draft.finish()
            return draft.file.read()

    assert written() == written()
