import pytest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from lib.fragments import page


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Target": "something-else"}, True),
        ({"HX-Request": "true", "HX-Target": "refusal"}, False),
        ({"HX-Request": "true", "HX-Target": "refusal", "HX-History-Restore-Request": "true"}, True),
    ],
)
def test_only_the_fragment_that_was_asked_for_is_rendered(tmp_path, settings, headers, whole):
    (tmp_path / "two_parts.html").write_text(
        "<main>{% partialdef refusal inline %}<p id='refusal'>No.</p>{% endpartialdef %}</main>"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)

    answer = page(request, "two_parts.html", {}, fragments=["refusal"], status=422)

    assert answer.content.decode() == ("<main><p id='refusal'>No.</p></main>" if whole else "<p id='refusal'>No.</p>")
    assert answer.status_code == 422
    assert answer.headers["Vary"] == "HX-Request, HX-Target"
