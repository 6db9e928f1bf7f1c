"""CSV files on their way through an import, for tests of its steps."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audiences.models import Audience
from contacts import importing, uploading
from contacts.models import ContactImport
from teams.models import User

BY_NAME = {"email": "email", "first_name": "first_name", "last_name": "last_name", "unsubscribed": "unsubscribed"}


def file_of(content: str | bytes, name: str = "people.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content, "text/csv")


def received(content: str | bytes, *, audience: Audience, by: User) -> ContactImport:
    return uploading.receive(audience=audience, file=file_of(content), by=by)


def mapped(content: str | bytes, *, audience: Audience, by: User) -> ContactImport:
    """An import whose columns, named like the fields, are mapped."""
    upload = received(content, audience=audience, by=by)
    uploading.choose_columns(upload, fields=[BY_NAME.get(name, "") for name in upload.header])
    return upload


def reviewed(content: str | bytes, *, audience: Audience, by: User) -> ContactImport:
    return work(mapped(content, audience=audience, by=by))


def imported(content: str | bytes, *, audience: Audience, by: User) -> ContactImport:
    """An import carried to its end, as a person and a worker together do."""
    upload = reviewed(content, audience=audience, by=by)
    uploading.start(upload)
    return work(upload)


def work(upload: ContactImport) -> ContactImport:
    """Do what a worker does once, long after any other worker's lease."""
    importing.run(import_id=upload.pk, now=timezone.now() + timedelta(minutes=5))
    return ContactImport.objects.select_related("audience").get(pk=upload.pk)
