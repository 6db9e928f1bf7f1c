from django.core.cache import cache


def test_a_relay_that_is_away_makes_no_page_fail(client, alice, settings, caplog):
    settings.EMAIL_BACKEND = "mail.backend.EmailBackend"
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    cache.clear()

    known = client.post("/accounts/password/reset/", {"email": alice.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.test"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert "could not be sent" in caplog.text
