import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import claiming, staging, uploading
from contacts.models import ContactImport
from tests.contacts.csv_files import mapped, received, reviewed, work


def rows(upload: ContactImport) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line, email, first_name, last_name, unsubscribed FROM import_stage_{upload.pk} ORDER BY seq"
        )
        return cursor.fetchall()


def rejects(upload: ContactImport) -> list[tuple]:
    return list(upload.rejects.order_by("line").values_list("line", "reason"))


def test_good_rows_are_staged_and_bad_ones_kept_aside_with_their_line(audience, bob):
    content = 'email,first_name,unsubscribed\nada@x.test,"A\nda",no\nben@,Ben,\n\ncleo@x.test,Cleo,yes\n'

    upload = reviewed(content, audience=audience, by=bob)

    assert rows(upload) == [(2, "ada@x.test", "A da", "", False), (6, "cleo@x.test", "Cleo", "", True)]
    assert rejects(upload) == [(4, "the address has nothing after the @")]
    assert upload.rejects.get().cells == ["ben@", "Ben", ""]
    assert {name: upload.counts[name] for name in ("rows", "staged", "rejected", "duplicates")} == {
        "rows": 3,
        "staged": 2,
        "rejected": 1,
        "duplicates": 0,
    }


def test_a_file_without_a_header_is_staged_from_its_first_row(audience, bob):
    upload = received("ada@x.test,Ada\nben@x.test,Ben\n", audience=audience, by=bob)
    uploading.choose_columns(upload, fields=["email", "first_name"])

    assert [row[:3] for row in rows(work(upload))] == [(1, "ada@x.test", "Ada"), (2, "ben@x.test", "Ben")]


def test_rows_of_one_address_are_folded_as_if_imported_one_after_the_other(audience, bob):
    content = (
        "email,first_name,last_name,unsubscribed\nADA@x.test,Ada,Okafor,yes\nben@x.test,Ben,,\nada@X.test,Augusta,,no\n"
    )

    upload = reviewed(content, audience=audience, by=bob)

    assert rows(upload) == [(3, "ben@x.test", "Ben", "", False), (4, "ada@x.test", "Augusta", "Okafor", True)]
    assert upload.counts["duplicates"] == 1


def test_a_file_cut_inside_a_quoted_cell_loses_only_its_last_row(audience, bob):
    upload = reviewed('email,first_name\nada@x.test,Ada\nben@x.test,"Be', audience=audience, by=bob)

    assert [row[1] for row in rows(upload)] == ["ada@x.test"]
    assert rejects(upload) == [(3, "the file ends inside a quoted cell")]


def test_a_quote_that_is_not_closed_costs_only_its_own_row(audience, bob):
    good = "".join(f"g{number}@x.test,Good,{number}\n" for number in range(5))
    content = f'email,first_name,last_name\na1@x.test,"Two\nlines",A\na2@x.test,"Broken,B\n{good}a3@x.test,"Fine",C\n'

    upload = reviewed(content, audience=audience, by=bob)

    assert rows(upload)[0][:4] == (2, "a1@x.test", "Two lines", "A")
    assert [row[:2] for row in rows(upload)[1:-1]] == [(number + 5, f"g{number}@x.test") for number in range(5)]
    assert rows(upload)[-1][:4] == (10, "a3@x.test", "Fine", "C")
    assert rejects(upload) == [(4, "a quoted cell isn't closed before the next row")]
    assert upload.rejects.get().cells == ["a2@x.test", "Broken,B"]


def test_a_cell_of_100_kb_is_rejected_alone(audience, bob):
    content = f"email,first_name\nada@x.test,{'x' * 100 * 1024}\nben@x.test,Ben\n"

    upload = reviewed(content, audience=audience, by=bob)

    assert [row[1] for row in rows(upload)] == ["ben@x.test"]
    assert rejects(upload) == [(2, "a cell is longer than 100,000 characters")]


def test_bytes_that_mean_nothing_spoil_only_their_row(audience, bob):
    plain = b"email,first_name\n" + b"someone@x.test,Someone\n" * 4_000

    upload = reviewed(plain + b"bad@x.test,Ren\xe9\nben@x.test,Ben\n", audience=audience, by=bob)

    assert rejects(upload) == [(4_002, "has characters that aren't UTF-8")]
    assert upload.rejects.get().cells == ["bad@x.test", "Ren�"]
    assert [row[1] for row in rows(upload)] == ["someone@x.test", "ben@x.test"]


def test_staging_again_gives_the_same_table_and_rejects(audience, bob):
    upload = mapped("email,first_name\nada@x.test,Ada\nben@,Ben\n", audience=audience, by=bob)
    reviewed_once = work(upload)
    before = rows(upload), rejects(upload), reviewed_once.counts
    ContactImport.objects.filter(pk=upload.pk).update(status="mapped", heartbeat_at=None)

    reviewed_twice = work(upload)

    assert (rows(upload), rejects(upload), reviewed_twice.counts) == before


def test_a_table_emptied_by_a_crash_is_noticed(audience, bob):
    upload = reviewed("email\nada@x.test\n", audience=audience, by=bob)
    assert staging.is_intact(upload)

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE import_stage_{upload.pk}")

    assert not staging.is_intact(upload)


def test_a_worker_that_lost_the_import_stages_nothing_more(audience, bob, monkeypatch):
    monkeypatch.setattr(staging, "ROWS_AT_ONCE", 1)
    upload = mapped("email\nada@x.test\nben@x.test\n", audience=audience, by=bob)
    holder = claiming.claim(upload.pk, now=upload.created_at)
    ContactImport.objects.filter(pk=upload.pk).update(heartbeat_at=None)

    with pytest.raises(claiming.ImportTaken):
        staging.stage(holder)


def test_the_number_of_statements_does_not_grow_with_the_rows(audience, bob):
    few = mapped("email\n" + "ada@x.test\n" * 2, audience=audience, by=bob)
    many = mapped("email\n" + "".join(f"p{number}@x.test\n" for number in range(3_000)), audience=audience, by=bob)
    with CaptureQueriesContext(connection) as for_few:
        work(few)

    with CaptureQueriesContext(connection) as for_many:
        work(many)

    assert len(for_many) == len(for_few)


def test_a_file_that_is_gone_fails_the_import_in_words(audience, bob):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)
    upload.file.storage.delete(upload.file.name)

    failed = work(upload)

    assert (failed.status, failed.failure) == ("failed", "The uploaded file is gone. Upload it again.")


def test_tables_of_imports_that_are_over_or_gone_are_dropped(audience, bob, stage_tables):
    kept = reviewed("email\nada@x.test\n", audience=audience, by=bob)
    gone = reviewed("email\nben@x.test\n", audience=audience, by=bob)
    gone.delete()

    staging.drop_unneeded()

    assert stage_tables() == [f"import_stage_{kept.pk}"]
