import time

from celery import Celery, shared_task
from django.core.cache import caches
from django.db import transaction

from config.celery import BROKER_OPTIONS
from lib import bells
from lib.caching import OpenCache


@shared_task(name="tests.note")
def note(*, number: int) -> None: ...


def test_a_bell_rings_only_after_the_commit(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        bells.ring(note, number=1)

    assert len(callbacks) == 1


def test_a_broker_that_is_away_neither_fails_nor_hangs(db, django_capture_on_commit_callbacks, caplog):
    nowhere = Celery("nowhere", broker="redis+socket:///nowhere/at/all.sock", set_as_current=False)
    nowhere.conf.broker_transport_options = BROKER_OPTIONS

    @nowhere.task(name="tests.unheard")
    def unheard() -> None: ...

    started = time.monotonic()

    with django_capture_on_commit_callbacks(execute=True):
        bells.ring(unheard)

    assert time.monotonic() - started < 1.5
    assert "tests.unheard waits for the next sweep" in caplog.text


def test_a_cache_that_is_away_misses_instead_of_failing():
    away = OpenCache("unix:///nowhere/at/all.sock", {})

    away.set("key", 1)

    assert away.get("key", "missed") == "missed"
    assert away.incr("key") == 1


def test_the_real_cache_keeps_what_it_is_given():
    caches["default"].set("kept", {"a": 1})

    assert caches["default"].get("kept") == {"a": 1}
