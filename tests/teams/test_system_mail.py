from django.core.cache import cache
from django.core.mail import EmailMessage


def test_mail_of_the_installation_leaves_with_the_default_sender(sink, settings):
    settings.EMAIL_BACKEND = "mail.backend.EmailBackend"

    EmailMessage("Hello", "There", None, ["ada@example.test"]).send()

    assert sink.accepted_addresses() == ["ada@example.test"]


def test_a_forgotten_password_is_answered_by_mail(client, alice, sink, settings):
    settings.EMAIL_BACKEND = "mail.backend.EmailBackend"
    cache.clear()

    answer = client.post("/accounts/password/reset/", {"email": alice.email})

    assert answer.status_code == 302
    assert sink.accepted_addresses() == [alice.email]
