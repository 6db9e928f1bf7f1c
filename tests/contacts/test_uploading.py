import pytest
from django.core.files.storage import default_storage

from contacts import columns, decoding, tasks, uploading
from contacts.models import Contact, ContactImport, ImportReject
from tests.contacts.csv_files import file_of, imported, mapped, received, reviewed, work

PEOPLE = "email,first_name\nada@x.test,Ada\nben@,Ben\n"


def test_a_file_becomes_an_import_that_waits_for_its_mapping(audience, bob):
    upload = received("email;name\nada@x.test;Ada\n", audience=audience, by=bob)

    assert upload.status == "uploaded"
    assert (upload.encoding, upload.delimiter, upload.header) == ("utf-8", ";", ["email", "name"])
    assert upload.samples == [["ada@x.test", "Ada"]]
    assert upload.file.read() == b"email;name\nada@x.test;Ada\n"
    assert upload.created_by == bob


def test_the_name_of_a_file_is_kept_on_one_line_and_not_used_for_storing(audience, bob):
    file = file_of(PEOPLE, "../our\tlist.csv")

    upload = uploading.receive(audience=audience, file=file, by=bob)

    assert upload.filename == "our list.csv"
    assert "list" not in upload.file.name


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", decoding.UnreadableFile),
        (b"PK\x03\x04xl/workbook.xml", decoding.UnreadableFile),
        (b"email,name\n", columns.NoRows),
        (b"1,2,3\n4,5,6\n", columns.HeaderMissing),
        (b",".join([b"c"] * 300) + b"\n" + b"," * 299 + b"\n", columns.TooManyColumns),
    ],
)
def test_what_cannot_be_imported_is_refused_and_not_kept(audience, bob, content, refusal):
    with pytest.raises(refusal) as refused:
        received(content, audience=audience, by=bob)

    assert refused.value.field == "file"
    assert not ContactImport.objects.exists()


def test_a_file_that_is_too_big_is_refused_with_the_size_that_is_possible(audience, bob, settings):
    settings.IMPORT_MAX_BYTES = 10

    with pytest.raises(uploading.FileTooBig, match="up to 10\xa0bytes is possible"):
        received(PEOPLE.ljust(44), audience=audience, by=bob)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        (["", ""], None, "Choose the column"),
        (["email", "email"], "column_1", "“email” is mapped to Email already"),
    ],
)
def test_a_mapping_that_does_not_say_what_to_import_is_refused(audience, bob, fields, field, words):
    upload = received(PEOPLE, audience=audience, by=bob)

    with pytest.raises(uploading.BadMapping, match=words) as refused:
        uploading.choose_columns(upload, fields=fields)

    assert refused.value.field == field


def test_a_full_name_is_not_mixed_with_its_parts(audience, bob):
    upload = received("email,name,first\nada@x.test,Ada Okafor,Ada\n", audience=audience, by=bob)

    with pytest.raises(uploading.BadMapping, match="full name"):
        uploading.choose_columns(upload, fields=["email", "name", "first_name"])


def test_a_reviewed_import_can_be_mapped_differently(audience, bob):
    upload = reviewed("email,other\nada@x.test,ben@x.test\n", audience=audience, by=bob)

    uploading.choose_columns(upload, fields=["", "email"])

    again = work(upload)
    uploading.start(again)
    work(again)
    assert list(Contact.objects.values_list("email", flat=True)) == ["ben@x.test"]


def test_an_import_that_has_moved_on_refuses_what_came_too_late(audience, bob):
    upload = imported(PEOPLE, audience=audience, by=bob)

    with pytest.raises(uploading.WrongStep):
        uploading.choose_columns(upload, fields=["email", ""])
    with pytest.raises(uploading.WrongStep):
        uploading.start(upload)
    with pytest.raises(uploading.WrongStep):
        uploading.cancel(upload)


def test_an_import_that_would_change_nothing_is_not_started(audience, bob):
    imported(PEOPLE, audience=audience, by=bob)
    upload = reviewed(PEOPLE, audience=audience, by=bob)

    with pytest.raises(uploading.NothingToImport):
        uploading.start(upload)


def test_a_bell_rings_when_there_is_work(audience, bob, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as rung_for_review:
        upload = mapped(PEOPLE, audience=audience, by=bob)
    work(upload)
    with django_capture_on_commit_callbacks() as rung_for_importing:
        uploading.start(upload)

    assert len(rung_for_review) == len(rung_for_importing) == 1


def test_canceling_before_finishing_leaves_nothing_behind(
    audience, bob, stage_tables, django_capture_on_commit_callbacks
):
    upload = reviewed(PEOPLE, audience=audience, by=bob)
    name = upload.file.name

    with django_capture_on_commit_callbacks(execute=True):
        uploading.cancel(upload)
    tasks.sweep()

    upload.refresh_from_db()
    assert upload.status == "canceled"
    assert not default_storage.exists(name)
    assert not ImportReject.objects.exists()
    assert not Contact.objects.exists()
    assert "ada" not in str(upload.counts)
    assert stage_tables() == []
