"""A domain's key: real RSA, of which the private half is never stored or shown readably."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from domains import keeping, keys
from domains.models import Domain
from exports import requesting
from exports.models import storage
from lib import encryption
from tests.api.conftest import Program


def private_half(stored):
    return load_der_private_key(encryption.decrypt(bytes(stored), purpose=keys.PURPOSE), password=None)


def test_both_halves_belong_together():
    key = keys.make()

    public = load_der_public_key(base64.b64decode(key.public))
    private = private_half(key.encrypted)
    assert public.key_size == 2048
    assert private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == base64.b64decode(
        key.public
    )


def test_every_key_has_its_own_selector_and_hides_its_halves():
    first, second = keys.make(), keys.make()

    assert first.selector != second.selector
    assert repr(first) == f"NewKey(selector='{first.selector}')"


@pytest.mark.django_db
def test_the_private_half_appears_nowhere(as_alice, team, alice, caplog, settings, tmp_path):
    from api.issuing import issue

    kept = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "kept"}}
    settings.STORAGES = {**settings.STORAGES, "exports": kept}
    domain = keeping.add(team=team, name="northwind.example", by=alice)
    stored = bytes(Domain.objects.get().private_key)
    number = private_half(stored).private_numbers()
    der = encryption.decrypt(stored, purpose=keys.PURPOSE)
    program = Program(issue(team=team, name="deploy", by=None)[1])

    export = requesting.request(team=team, resource="domains", query="", by=alice)
    shown = [
        as_alice.get(domain.get_absolute_url()).text,
        as_alice.get(f"/t/{team.slug}/domains/").text,
        as_alice.get(f"{domain.get_absolute_url()}delete/").text,
        program.get(f"/domains/{domain.uuid}").getvalue().decode(),
        program.get("/domains").getvalue().decode(),
        storage().open(export.file).read().decode(),
        repr(domain),
        str(vars(domain)["private_key"]),
        caplog.text,
        "".join(team.request_logs.values_list("response_body", flat=True)),
    ]

    assert b"PRIVATE" not in stored
    assert der not in stored
    secrets = [der.hex(), base64.b64encode(der).decode()[40:80], format(number.p, "x"), str(number.d)]
    for text in shown:
        assert not any(secret in text for secret in secrets)
        assert text == str(vars(domain)["private_key"]) or stored.decode() not in text
