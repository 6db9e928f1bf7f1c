import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences.models import Audience
from contacts import claiming, importing, subscribing, suppressing, tasks, uploading
from contacts.models import Contact
from tests.contacts.csv_files import imported, mapped, reviewed, work
from tests.factories import NOON, make_audience, make_contact

HEADER = "email,first_name,last_name,unsubscribed\n"


def contact(email: str) -> Contact:
    return Contact.objects.get(email=email)


def contacts(audience: Audience) -> list[tuple]:
    fields = ("email", "first_name", "last_name", "status", "unsubscribed_why", "suppressed")
    return list(audience.contacts.order_by("email").values_list(*fields))


def counters(audience: Audience) -> dict[str, int]:
    audience.refresh_from_db()
    return {name: getattr(audience, name) for name in ("subscribed", "unsubscribed", "bounced", "complained")}


@pytest.fixture
def one_of_each(team, audience) -> str:
    """A file whose rows meet every rule, in an audience that knows some of them."""
    make_contact(audience=audience, email="known@x.test", first_name="Old", last_name="Name")
    make_contact(audience=audience, email="same@x.test", first_name="Same")
    make_contact(audience=audience, email="left@x.test", first_name="Left", unsubscribed_at=NOON)
    make_contact(audience=audience, email="leaves@x.test")
    subscribing.remember_opt_out(audience_id=audience.pk, email="back@x.test", at=NOON, why="recipient")
    suppressing.suppress(team=team, address="bad@x.test", reason="bounce", at=NOON)
    return HEADER + (
        "known@x.test,New,,\n"
        "same@x.test,Same,,no\n"
        "left@x.test,Left,,no\n"
        "leaves@x.test,,,yes\n"
        "back@x.test,Back,,no\n"
        "bad@x.test,Bad,,\n"
        "new@x.test,Early,Bird,\n"
        "new@x.test,New,Bird,\n"
        "gone@x.test,Gone,,yes\n"
        "nobody\n"
    )


EXPECTED = {"added": 4, "updated": 2, "unchanged": 2, "kept_unsubscribed": 1, "opted_out": 1, "suppressed": 1}


def test_the_review_tells_exactly_what_would_happen_and_changes_nothing(audience, bob, one_of_each):
    before = contacts(audience)

    upload = reviewed(one_of_each, audience=audience, by=bob)

    assert upload.status == "reviewed"
    assert upload.counts["review"] == EXPECTED
    assert (upload.counts["duplicates"], upload.counts["rejected"]) == (1, 1)
    assert contacts(audience) == before


def test_the_review_shows_examples(audience, bob, one_of_each):
    examples = reviewed(one_of_each, audience=audience, by=bob).counts["examples"]

    assert examples["rejects"] == [
        {"reason": "the address has no @", "count": 1, "rows": [{"line": 11, "text": "nobody"}]}
    ]
    assert examples["updates"] == [
        {"line": 2, "email": "known@x.test", "before": "Old Name", "after": "New Name", "unsubscribes": False},
        {"line": 5, "email": "leaves@x.test", "before": "", "after": "", "unsubscribes": True},
    ]


def test_the_commonest_reasons_for_rejecting_come_first_with_five_rows_each(audience, bob):
    rows = ["ada@x.test", *(f"nobody{number}" for number in range(7)), "ben@"]

    first, second = reviewed("email\n" + "\n".join(rows), audience=audience, by=bob).counts["examples"]["rejects"]

    assert (first["count"], [row["line"] for row in first["rows"]]) == (7, [3, 4, 5, 6, 7])
    assert second["count"] == 1


def test_finishing_does_what_the_review_promised(audience, bob, one_of_each):
    upload = imported(one_of_each, audience=audience, by=bob)

    assert upload.status == "done"
    assert upload.counts["done"] == upload.counts["review"]
    assert contacts(audience) == [
        ("back@x.test", "Back", "", Contact.Status.UNSUBSCRIBED, "recipient", ""),
        ("bad@x.test", "Bad", "", Contact.Status.BOUNCED, "", "bounce"),
        ("gone@x.test", "Gone", "", Contact.Status.UNSUBSCRIBED, "import", ""),
        ("known@x.test", "New", "Name", Contact.Status.SUBSCRIBED, "", ""),
        ("leaves@x.test", "", "", Contact.Status.UNSUBSCRIBED, "import", ""),
        ("left@x.test", "Left", "", Contact.Status.UNSUBSCRIBED, "", ""),
        ("new@x.test", "New", "Bird", Contact.Status.SUBSCRIBED, "", ""),
        ("same@x.test", "Same", "", Contact.Status.SUBSCRIBED, "", ""),
    ]


def test_the_counters_of_the_audience_follow(audience, bob, one_of_each):
    imported(one_of_each, audience=audience, by=bob)

    assert counters(audience) == {"subscribed": 3, "unsubscribed": 4, "bounced": 1, "complained": 0}


def test_added_contacts_name_their_import_and_old_opt_outs_keep_their_time(audience, bob, one_of_each):
    upload = imported(one_of_each, audience=audience, by=bob)

    assert contact("new@x.test").import_id == upload.pk
    assert contact("known@x.test").import_id is None
    assert contact("back@x.test").unsubscribed_at == NOON


def test_only_what_differs_is_touched(audience, bob, one_of_each):
    before = dict(Contact.objects.values_list("email", "updated_at"))

    imported(one_of_each, audience=audience, by=bob)

    touched = [email for email, at in Contact.objects.values_list("email", "updated_at") if before.get(email, at) != at]
    assert sorted(touched) == ["known@x.test", "leaves@x.test"]


def test_importing_the_same_file_again_changes_nothing(audience, bob, one_of_each):
    imported(one_of_each, audience=audience, by=bob)

    again = reviewed(one_of_each, audience=audience, by=bob)

    assert (again.counts["review"]["added"], again.counts["review"]["updated"]) == (0, 0)


def test_a_file_without_an_unsubscribed_column_resubscribes_nobody(audience, bob):
    make_contact(audience=audience, email="left@x.test", unsubscribed_at=NOON)

    upload = imported("email,first_name\nleft@x.test,Left\n", audience=audience, by=bob)

    assert contact("left@x.test").unsubscribed_at == NOON
    assert upload.counts["done"]["kept_unsubscribed"] == 1


def test_another_audience_of_the_team_is_untouched(team, audience, bob):
    other = make_audience(team=team, name="Customers")
    make_contact(audience=other, email="ada@x.test", first_name="Ada")

    imported(HEADER + "ada@x.test,Augusta,,yes\n", audience=audience, by=bob)

    assert contacts(other) == [("ada@x.test", "Ada", "", Contact.Status.SUBSCRIBED, "", "")]


def test_what_changed_between_review_and_finish_is_classified_again(audience, bob):
    upload = reviewed(HEADER + "ada@x.test,Ada,,no\n", audience=audience, by=bob)
    make_contact(audience=audience, email="ada@x.test", unsubscribed_at=NOON)

    uploading.start(upload)
    done = work(upload).counts["done"]

    assert (done["added"], done["updated"], done["kept_unsubscribed"]) == (0, 1, 1)
    assert counters(audience)["unsubscribed"] == 1


def test_many_chunks_give_the_same_contacts_as_one(team, audience, bob, one_of_each, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)

    upload = imported(one_of_each, audience=audience, by=bob)

    assert upload.counts["done"] == EXPECTED
    assert upload.position == upload.counts["last_seq"] == 9


def test_a_review_of_many_chunks_tells_the_same_as_of_one(audience, bob, one_of_each, monkeypatch):
    examples = reviewed(one_of_each, audience=audience, by=bob).counts["examples"]
    monkeypatch.setattr(importing, "CHUNK", 2)

    upload = reviewed(one_of_each, audience=audience, by=bob)

    assert upload.counts["review"] == EXPECTED
    assert upload.counts["examples"] == examples


def test_a_duplicate_bell_does_nothing(audience, bob):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)
    holder = claiming.claim(upload.pk, now=timezone.now())

    importing.run(import_id=upload.pk, now=timezone.now())

    upload.refresh_from_db()
    assert (upload.status, upload.heartbeat_at) == ("mapped", holder.heartbeat_at)


def test_an_import_whose_worker_died_is_taken_over_after_its_lease(audience, bob):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)
    dead = claiming.claim(upload.pk, now=timezone.now())

    work(upload)

    upload.refresh_from_db()
    assert upload.status == "reviewed"
    with pytest.raises(claiming.ImportTaken):
        claiming.keep(dead)


def test_the_sweep_rings_again_for_what_nobody_works_on(audience, bob, django_capture_on_commit_callbacks):
    mapped("email\nada@x.test\n", audience=audience, by=bob)
    claiming.claim(mapped("email\nben@x.test\n", audience=audience, by=bob).pk, now=timezone.now())
    reviewed("email\ncleo@x.test\n", audience=audience, by=bob)

    with django_capture_on_commit_callbacks() as rung:
        tasks.sweep()

    assert len(rung) == 1


def test_a_table_lost_in_a_crash_of_the_database_is_made_again(audience, bob, one_of_each):
    upload = reviewed(one_of_each, audience=audience, by=bob)
    uploading.start(upload)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE import_stage_{upload.pk}")

    done = work(upload)

    assert (done.status, done.counts["done"], done.counts["rejected"]) == ("done", EXPECTED, 1)


def test_a_table_lost_halfway_is_made_again_and_gone_on_with(audience, bob, one_of_each, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 4)
    upload = reviewed(one_of_each, audience=audience, by=bob)
    uploading.start(upload)
    holder = claiming.claim(upload.pk, now=timezone.now())
    importing._apply_chunk(holder)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE import_stage_{upload.pk}")

    done = work(upload)

    assert holder.position == 4
    assert (done.status, done.counts["done"], done.counts["rejected"]) == ("done", EXPECTED, 1)


def test_what_keeps_failing_is_tried_a_few_times_and_then_ends_in_words(audience, bob, monkeypatch, stage_tables):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)

    def fail(*args, **options):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(importing.staging, "_copy_rows", fail)
        for _ in range(importing.MOST_ATTEMPTS):
            with pytest.raises(OSError, match="No space left"):
                work(upload)
    failed = work(upload)

    assert (failed.status, failed.failure) == ("failed", importing.TriedTooOften.message)
    assert failed.finished_at
    assert stage_tables() == []


def test_attempts_are_counted_anew_whenever_the_work_comes_a_step_further(audience, bob, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    upload = reviewed("email\n" + "".join(f"p{n}@x.test\n" for n in range(6)), audience=audience, by=bob)
    uploading.start(upload)
    apply = importing._apply_rows
    rounds = iter(range(100))

    def fail_every_other_time(of):
        if next(rounds) % 2:
            raise OSError("No space left on device")
        apply(of)

    monkeypatch.setattr(importing, "_apply_rows", fail_every_other_time)
    for _ in range(5):
        with pytest.raises(OSError, match="No space left"):
            work(upload)

    assert work(upload).status == "done"
    assert Contact.objects.count() == 6


@pytest.mark.parametrize("started", [False, True])
def test_an_audience_deleted_meanwhile_fails_the_import_in_words(audience, bob, started, stage_tables):
    upload = mapped("email\nada@x.test\n", audience=audience, by=bob)
    if started:
        uploading.start(work(upload))
    Audience.objects.filter(pk=audience.pk).update(deleted_at=NOON)

    failed = work(upload)

    assert (failed.status, failed.failure) == ("failed", "This audience has been deleted.")
    assert not Contact.objects.exists()
    assert stage_tables() == []


def test_the_table_is_gone_when_the_import_is_done(audience, bob, stage_tables):
    imported("email\nada@x.test\n", audience=audience, by=bob)

    assert stage_tables() == []


def test_the_number_of_statements_does_not_grow_with_the_rows(audience, bob):
    def statements(rows: int) -> int:
        content = "email\n" + "".join(f"{rows}-{number}@x.test\n" for number in range(rows))
        upload = reviewed(content, audience=audience, by=bob)
        uploading.start(upload)
        with CaptureQueriesContext(connection) as captured:
            work(upload)
        return len(captured)

    assert statements(2) == statements(2_000)
