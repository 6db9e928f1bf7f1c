"""Where the files of exports are kept: each attempt's elsewhere, so that one come back to life touches no other's."""

import logging

from django.core.files import File

from exports.files import COMPRESSED, PLAIN, Draft
from exports.models import Export, storage
from lib.errors import DomainError

log = logging.getLogger(__name__)


class NotStored(DomainError):
    code = "not_stored"
    message = "The file couldn’t be stored: the disk is full or the storage is away. Try again when that is mended."


def store(export: Export, draft: Draft) -> str:
    """Keep the finished draft; the name under which it is. Raises NotStored."""
    name = _name(export, export.attempts, draft.suffix)
    try:
        stored = storage().save(name, File(draft.file, name=name))
    except Exception as trouble:  # Every storage has errors of its own.
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


def _name(export: Export, attempt: int, suffix: str) -> str:
    return f"exports/{export.team.uuid}/{export.uuid}.{attempt}{suffix}"
