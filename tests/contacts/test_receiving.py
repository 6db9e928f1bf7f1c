import tempfile

import pytest
from django.urls import reverse

from contacts.models import ContactImport
from tests.contacts.csv_files import file_of

PEOPLE = "email\n" + "ada@x.test\n" * 20_000


@pytest.fixture
def written(monkeypatch):
    """How much of uploads went into temporary files."""
    sizes = []
    original = tempfile.NamedTemporaryFile

    class Counting:
        def __init__(self, *args, **options):
            self.file = original(*args, **options)

        def write(self, data):
            sizes.append(len(data))
            return self.file.write(data)

        def __getattr__(self, name):
            return getattr(self.file, name)

    monkeypatch.setattr("django.core.files.uploadedfile.tempfile.NamedTemporaryFile", Counting)
    return lambda: sum(sizes)


@pytest.mark.parametrize(("most", "on_disk"), [(200_000, 200_000), (1_000, 0)])
def test_a_file_that_is_too_big_is_refused_beside_its_field_before_it_is_on_the_disk(
    as_bob, audience, settings, tmp_path, written, most, on_disk
):
    settings.IMPORT_MAX_BYTES, settings.FILE_UPLOAD_TEMP_DIR = most, tmp_path

    answer = as_bob.post(
        reverse("contacts:import_upload", args=["northwind", audience.uuid]), {"file": file_of(PEOPLE)}
    )

    assert answer.status_code == 422
    assert "The file is too big" in answer.text
    assert "Choose a CSV file." not in answer.text
    assert written() <= on_disk
    assert not ContactImport.objects.exists()
    assert not list(tmp_path.glob("*.upload*"))


def test_a_file_of_the_greatest_size_is_taken(as_bob, audience, settings):
    settings.IMPORT_MAX_BYTES = len(PEOPLE)

    as_bob.post(reverse("contacts:import_upload", args=["northwind", audience.uuid]), {"file": file_of(PEOPLE)})

    assert ContactImport.objects.get().size == len(PEOPLE)
