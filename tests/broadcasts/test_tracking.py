"""From a message that was really sent to the numbers on the report."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from broadcasts import activity, auditing, freezing, publishing, sending, tallying, tracking
from broadcasts.models import Broadcast, Email
from broadcasts.recounting import recount
from contacts.models import Contact
from tests.broadcasts.responding import CHROME, HTML, LINKS, SCANNER, addresses, happened
from tests.factories import NOON, make_contact, make_contacts, make_started_broadcast

SOON = timedelta(minutes=1)


@pytest.fixture
def recipient():
    return Client(headers={"User-Agent": CHROME})


@pytest.mark.django_db(transaction=True)
class TestReallySent:
    @pytest.fixture
    def sent(self, audience, sink):
        """To three people, ten minutes ago."""
        make_contacts(audience=audience, number=3)
        broadcast = make_started_broadcast(audience=audience, html=HTML, track_opens=True, track_clicks=True)
        sending.drain(broadcast)
        Email.objects.update(sent_at=timezone.now() - 10 * SOON)
        broadcast.refresh_from_db()
        return broadcast

    def test_what_recipients_do_is_on_the_report(self, sent, sink, recipient, as_bob):
        *links, picture = addresses(sink.messages[0])
        program = Client(headers={"User-Agent": SCANNER})

        recipient.get(picture)
        led = [recipient.get(link)["Location"] for link in links[:2]]
        recipient.get(addresses(sink.messages[1])[-1])
        for path in addresses(sink.messages[2]):
            program.get(path)
        tallying.tally(now=timezone.now() + SOON)

        sent.refresh_from_db()
        assert led == LINKS[:2]
        assert (sent.opened, sent.clicked, sent.opened_by_machines, sent.clicked_by_machines) == (2, 1, 1, 1)
        assert [(link.url, link.clicked, link.clicked_by_machines) for link in tracking.link_table(sent)] == [
            (LINKS[0], 1, 1),
            (LINKS[1], 1, 1),
            (LINKS[2], 0, 1),
            (LINKS[3], 0, 1),
        ]
        assert list(auditing.discrepancies()) == []
        text = as_bob.get(sent.get_absolute_url()).text
        assert "66.7% of 3 sent; by machines 1" in text
        assert "33.3% of 3 sent; by machines 1" in text

    def test_every_recipient_has_addresses_of_their_own(self, sent, sink):
        paths = [path for message in sink.messages for path in addresses(message)]

        assert len(paths) == len(set(paths)) == 3 * (len(LINKS) + 1)

    def test_the_links_of_a_test_lead_to_their_targets_and_count_nothing(self, sent, sink):
        sending.send_test(sent, to="alice@northwind.example", contact=None)

        test = sink.messages[-1].data.decode().replace("=\r\n", "")
        assert "/c/" not in test
        assert ".gif" not in test
        assert "https://northwind.example/spring" in test

    def test_who_gets_it_in_a_later_wave_has_the_same_links(self, sent, sink, recipient, audience, alice):
        make_contact(audience=audience, email="new@example.test")
        publishing.send_to_rest(sent, by=alice)
        freezing.freeze(sent)
        sending.drain(Broadcast.objects.select_related("team", "audience").get(pk=sent.pk))

        link = addresses(sink.messages[-1])[1]

        assert sink.accepted_addresses()[-1] == "new@example.test"
        assert recipient.get(link)["Location"] == LINKS[1]
        assert sent.links.count() == len(LINKS)


@pytest.fixture
def broadcast(audience):
    make_contacts(audience=audience, number=1)
    fields = {"track_opens": True, "track_clicks": True, "queued_at": timezone.now() - timedelta(hours=5)}
    started = make_started_broadcast(audience=audience, html=HTML, **fields)
    Email.objects.update(status=Email.Status.SENT, sent_at=fields["queued_at"])
    recount(started)
    return started


@pytest.mark.django_db
class TestTheTimeline:
    def test_a_click_is_an_open_only_where_opens_are_counted(self, broadcast):
        happened(broadcast.emails.get(), "clicked", number=1, at=broadcast.queued_at + SOON)
        with transaction.atomic():
            tallying.tally(now=timezone.now())
            both = tracking.timeline(broadcast)[0]
            transaction.set_rollback(True)
        Broadcast.objects.update(track_opens=False)

        tallying.tally(now=timezone.now())
        clicks_alone = tracking.timeline(broadcast)[0]

        assert (both.opened, both.clicked) == (1, 1)
        assert (clicks_alone.opened, clicks_alone.clicked) == (0, 1)

    def test_hours_are_those_of_the_clock_and_each_recipient_counts_once(self, broadcast):
        email = broadcast.emails.get()
        began = broadcast.queued_at.replace(minute=50, second=0, microsecond=0)
        Broadcast.objects.update(queued_at=began)
        broadcast.refresh_from_db()
        for minutes in (5, 15, 80):
            happened(email, "opened", at=began + minutes * SOON)
            tallying.tally(now=timezone.now())
        happened(email, "unsubscribed", at=began + 20 * SOON, to_fold=False)
        happened(email, "resubscribed", at=began + 21 * SOON, to_fold=False)
        happened(email, "unsubscribed", at=began + 100 * SOON, to_fold=False)

        hours = tracking.timeline(broadcast)

        assert hours[0].at == began.replace(minute=0)
        assert [hour.opened for hour in hours[:3]] == [1, 0, 0]
        assert [hour.unsubscribed for hour in hours[:3]] == [0, 1, 0]
        assert len(hours) == tracking.HOURS
        assert list(auditing.discrepancies()) == []

    def test_a_later_wave_hides_nothing_of_the_first(self, broadcast):
        happened(broadcast.emails.get(), "opened", at=broadcast.queued_at + SOON)
        tallying.tally(now=timezone.now())
        broadcast.waves, broadcast.hold_until = [{"at": NOON.isoformat()}], timezone.now()

        assert tracking.timeline(broadcast)[0].opened == 1

    def test_what_machines_did_and_what_is_not_judged_yet_are_left_out(self, broadcast):
        happened(broadcast.emails.get(), "clicked", number=1, at=broadcast.queued_at + SOON, by_machine=True)
        tallying.tally(now=timezone.now())
        happened(broadcast.emails.get(), "opened", at=broadcast.queued_at + SOON)

        assert not any(hour.opened or hour.clicked for hour in tracking.timeline(broadcast))


@pytest.mark.django_db
class TestAContactsHistory:
    def entries(self):
        return [(each.kind, each.text) for each in activity.activity(Contact.objects.get()) if each.kind != "added"]

    def test_it_tells_of_opens_and_clicks(self, broadcast):
        happened(broadcast.emails.get(), "opened", at=broadcast.queued_at + SOON)
        happened(broadcast.emails.get(), "clicked", number=1, at=broadcast.queued_at + 2 * SOON)
        tallying.tally(now=timezone.now())

        assert self.entries() == [("clicked", "Clicked a link"), ("opened", "Opened"), ("email", "Sent")]

    def test_a_click_alone_is_told_once(self, broadcast):
        happened(broadcast.emails.get(), "clicked", number=1, at=broadcast.queued_at + SOON)
        tallying.tally(now=timezone.now())

        assert self.entries() == [("clicked", "Clicked a link"), ("email", "Sent")]

    def test_it_tells_nothing_of_machines(self, broadcast):
        happened(broadcast.emails.get(), "opened", at=broadcast.queued_at + SOON, by_machine=True)
        tallying.tally(now=timezone.now())

        assert self.entries() == [("email", "Sent")]

    def test_the_page_shows_them(self, broadcast, as_bob):
        happened(broadcast.emails.get(), "clicked", number=1, at=broadcast.queued_at + SOON)
        tallying.tally(now=timezone.now())

        text = as_bob.get(f"/t/northwind/contacts/{Contact.objects.get().public_id}/activity/").text

        assert "Clicked a link" in text
