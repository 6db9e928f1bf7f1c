"""Where the files of exports are kept: each attempt's elsewhere, so that one come back to life touches no other's."""

import logging
from typing import IO

from django.core.files import File

from exports.files import COMPRESSED, PLAIN, Draft
from exports.models import Export, storage
from lib.errors import DomainError

log = logging.getLogger(__name__)

LINK_SECONDS = 60


class NotStored(DomainError):
    code = "not_stored"
    message = "The file couldn’t be stored: the disk is full or the storage is away. Try again when that is mended."


class NotHere(DomainError):
    code = "not_here"
    message = "Its file isn’t where this server looks. Web and workers must share a folder or a bucket."


class Torn(DomainError):
    code = "torn"
    message = "Its file isn’t whole any more: something cut or changed it. Export the list again."


class OutOfReach(DomainError):
    code = "out_of_reach"
    message = "The storage that holds the file is away. Try again when it is back."


def store(export: Export, draft: Draft) -> str:
    """Keep the finished draft; the name under which it is. Raises NotStored."""
    name = _name(export, export.attempts, draft.suffix)
    try:
        stored = storage().save(name, File(draft.file, name=name))
    except Exception as trouble:  # Every storage has errors of its own.
        log.warning("The file of export %s can't be stored: %s", export.pk, trouble)
        raise NotStored from trouble
    return str(stored)


def forget(export: Export, *, but: str = "") -> bool:
    """Delete the export's files, also those of workers that died, except one; whether all of them are gone."""
    names = [_name(export, each, suffix) for each in range(1, export.attempts + 1) for suffix in (PLAIN, COMPRESSED)]
    try:
        for name in {*names, export.file} - {but, ""}:
            storage().delete(name)
    except Exception as trouble:  # As above.
        log.warning("A file of export %s can't be deleted: %s", export.pk, trouble)
        return False
    return True


def tidy(export: Export) -> bool:
    """Delete what an export that has ended needs no more, and then take the mark off its row; whether that is done."""
    kept = export.file if export.status == Export.Status.READY else ""
    if not forget(export, but=kept):
        return False
    # Unless it was asked for again meanwhile: then there may be more by now.
    same = Export.objects.filter(pk=export.pk, status=export.status, attempts=export.attempts)
    same.update(file=kept, leftovers=False)
    return True


def check(export: Export) -> None:
    """Whether the file of a ready export can be had as it was written; raises NotHere, Torn or OutOfReach."""
    try:
        size = storage().size(export.file)
    except FileNotFoundError as gone:
        raise NotHere from gone
    except Exception as trouble:  # As above.
        log.warning("The file of export %s can't be reached: %s", export.pk, trouble)
        raise OutOfReach from trouble
    if size != export.size:
        log.error("The file of export %s has %s bytes instead of %s.", export.pk, size, export.size)
        raise Torn


def opened(export: Export) -> IO[bytes]:
    """The file of a ready export, to be read; raises NotHere or OutOfReach."""
    try:
        return storage().open(export.file)
    except FileNotFoundError as gone:
        raise NotHere from gone
    except Exception as trouble:  # As above.
        log.warning("The file of export %s can't be read: %s", export.pk, trouble)
        raise OutOfReach from trouble


def link(export: Export, *, kind: str, disposition: str) -> str:
    """An address in the bucket under which the file can be had for a minute, with its name and type."""
    answered = {"ResponseContentDisposition": disposition, "ResponseContentType": kind}
    return str(storage().url(export.file, parameters=answered, expire=LINK_SECONDS))  # type: ignore[call-arg]


def _name(export: Export, attempt: int, suffix: str) -> str:
    return f"exports/{export.team.uuid}/{export.uuid}.{attempt}{suffix}"
