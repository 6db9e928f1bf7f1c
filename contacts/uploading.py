"""What a person asks of an import: take this file, map its columns so, go ahead, stop."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from audiences.models import Audience
from contacts import columns, decoding, defining, tasks
from contacts.forgetting import forget_file
from contacts.models import ContactImport
from lib import bells
from lib.errors import DomainError
from mail.one_line import one_line
from teams.models import User

Status = ContactImport.Status
# What columns may be called when nobody maps them.
NAMED_FIELDS = ("email", "first_name", "last_name", "unsubscribed")
BEFORE_IMPORTING = (Status.UPLOADED, Status.MAPPED, Status.REVIEWED)


class FileTooBig(DomainError):
    code = "file_too_big"
    field = "file"

    def __init__(self) -> None:
        most = filesizeformat(settings.IMPORT_MAX_BYTES)
        super().__init__(f"The file is too big: up to {most} is possible. Split it and upload the parts.")


class BadMapping(DomainError):
    """A column is blamed as `column_<number>`."""

    code = "bad_mapping"


class WrongStep(DomainError):
    code = "wrong_step"
    message = "This import has moved on meanwhile."


class NothingToImport(DomainError):
    code = "nothing_to_import"
    message = "There is nothing to import: no row of the file would change anything."


def receive(*, audience: Audience, file: UploadedFile, by: User | None) -> ContactImport:
    """Keep an uploaded file as an import whose columns are to be mapped, or refuse it with the reason."""
    size = file.size or 0
    if size > settings.IMPORT_MAX_BYTES:
        raise FileTooBig
    look = decoding.look(file.read(decoding.HEAD), whole=size <= decoding.HEAD)
    table = columns.tabulate(look.rows)
    file.seek(0)
    upload = ContactImport(
        audience=audience,
        created_by=by,
        filename=one_line(file.name or "upload.csv"),
        size=size,
        encoding=look.encoding,
        delimiter=look.delimiter,
        header=table.header,
        samples=table.samples,
        options={"has_header": table.has_header},
    )
    # A name of our own: what people call their files is none of the storage's business.
    upload.file.save(f"{uuid4()}.csv", file, save=True)
    return upload


def receive_unattended(
    *,
    audience: Audience,
    file: UploadedFile,
    names: Mapping[str, str] | None,
    properties: Mapping[str, tuple[str, str]],
    skip_existing: bool,
) -> ContactImport:
    """Import a file that nobody maps or reviews: its columns are named by `names` (field to header), or like fields.

    `properties` are filled from further columns (key to header and type), and made if there are none such.
    With `skip_existing` the contacts that stand stay as they are.
    """
    upload = receive(audience=audience, file=file, by=None)
    try:
        mapping = _mapping_by_names(upload, names)
        columns_of = _columns_of_properties(upload, properties)
        kinds = {key: kind for key, (_, kind) in properties.items()}
        with transaction.atomic():
            defining.ensure(team=audience.team, kinds=kinds)
    except DomainError:
        forget_file(upload)
        upload.delete()
        raise
    options = {
        **upload.options,
        "unattended": True,
        "skip_existing": skip_existing,
        "properties": {key: [number, kinds[key]] for key, number in columns_of.items()},
    }
    with transaction.atomic():
        ContactImport.objects.filter(pk=upload.pk).update(status=Status.MAPPED, mapping=mapping, options=options)
        bells.ring(tasks.run_import, import_id=upload.pk)
    return upload


def choose_columns(upload: ContactImport, *, fields: Sequence[str]) -> None:
    """Map the columns (`fields` holds a field's name or "" for each, in order) and have the file checked."""
    mapping = _mapping(upload, fields)
    with transaction.atomic():
        choosing = ContactImport.objects.filter(pk=upload.pk, status__in=[Status.UPLOADED, Status.REVIEWED])
        if not choosing.update(status=Status.MAPPED, mapping=mapping, counts={}, heartbeat_at=None, attempts=0):
            raise WrongStep
        bells.ring(tasks.run_import, import_id=upload.pk)


def changes(upload: ContactImport) -> int:
    """How many contacts the review promises to add or update."""
    review = upload.counts.get("review", {})
    return int(review.get("added", 0) + review.get("updated", 0))


def start(upload: ContactImport) -> None:
    """Import what the review promised."""
    if upload.status == Status.REVIEWED and not changes(upload):
        raise NothingToImport
    with transaction.atomic():
        reviewed = ContactImport.objects.filter(pk=upload.pk, status=Status.REVIEWED)
        if not reviewed.update(status=Status.IMPORTING, position=0, heartbeat_at=None, attempts=0):
            raise WrongStep
        bells.ring(tasks.run_import, import_id=upload.pk)


@transaction.atomic
def cancel(upload: ContactImport) -> None:
    """Stop the import. Before it began importing nothing of it stays; afterwards what has been imported stays.

    A chunk that is under way is waited for, so that the counts are final at once.
    """
    standing = ContactImport.objects.filter(pk=upload.pk)
    ended = {"status": Status.CANCELED, "finished_at": timezone.now(), "heartbeat_at": None}
    if standing.filter(status__in=BEFORE_IMPORTING).update(**ended):
        forget_file(upload)
    elif not standing.filter(status=Status.IMPORTING).update(**ended):
        raise WrongStep
    bells.ring(tasks.sweep)


def _mapping(upload: ContactImport, fields: Sequence[str]) -> dict[str, int]:
    """Field name to column number; raise BadMapping when it doesn't say what to import."""
    mapping: dict[str, int] = {}
    for number, field in enumerate(fields[: len(upload.header)]):
        if not field:
            continue
        if field in mapping:
            other = upload.header[mapping[field]]
            raise BadMapping(f"“{other}” is mapped to {columns.FIELDS[field]} already.", field=f"column_{number}")
        mapping[field] = number
    if "email" not in mapping:
        raise BadMapping("Choose the column that holds the e-mail addresses.")
    if "name" in mapping and mapping.keys() & {"first_name", "last_name"}:
        whole = f"column_{mapping['name']}"
        raise BadMapping("A full name can't be imported beside first or last names. Choose one of them.", field=whole)
    return mapping


def _mapping_by_names(upload: ContactImport, names: Mapping[str, str] | None) -> dict[str, int]:
    """Field name to column number, by what the columns are called whatever its case; raise BadMapping."""
    wanted = names or {field: field for field in NAMED_FIELDS}
    columns_found = _columns_by_name(upload)
    mapping = {
        field: columns_found[name.strip().lower()]
        for field, name in wanted.items()
        if name.strip().lower() in columns_found
    }
    if "email" not in mapping:
        raise BadMapping('CSV missing required "email" column')
    if names and (absent := names.keys() - mapping.keys()):
        raise BadMapping(f'CSV has no "{names[min(absent)]}" column')
    return mapping


def _columns_of_properties(upload: ContactImport, properties: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    """Key to column number; raise BadMapping for a column that there isn't."""
    found = _columns_by_name(upload)
    for header, _ in properties.values():
        if header.strip().lower() not in found:
            raise BadMapping(f'CSV has no "{header}" column')
    return {key: found[header.strip().lower()] for key, (header, _) in properties.items()}


def _columns_by_name(upload: ContactImport) -> dict[str, int]:
    """The number of each column by its name in lower case; the first one's where two share a name."""
    return {name.strip().lower(): number for number, name in reversed(list(enumerate(upload.header)))}
