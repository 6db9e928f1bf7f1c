"""Keys that are made, renamed and revoked by another key."""

import pytest

from api.models import ApiKey
from tests.api.conftest import Program


def test_create_list_rename_delete(program, team):
    made = program.post("/api-keys", {"name": "worker"})
    identity, token = made.told["id"], made.told["token"]

    assert (made.status_code, made.told) == (201, {"object": "api_key", "id": identity, "token": token})
    assert Program(token).get("/audiences").status_code == 200
    row = program.get("/api-keys").told["data"][0]
    assert (row["id"], row["name"]) == (identity, "worker")
    assert row["last_used_at"]
    assert set(row) == {"id", "name", "created_at", "last_used_at"}
    assert program.patch(f"/api-keys/{identity}", {"name": "drone"}).told == {"object": "api_key", "id": identity}
    assert ApiKey.objects.get(uuid=identity).name == "drone"
    assert program.delete(f"/api-keys/{identity}").told == {"object": "api_key", "id": identity, "deleted": True}
    assert Program(token).get("/audiences").status_code == 401
    assert [row["name"] for row in program.get("/api-keys").told["data"]] == ["deploy"]


def test_what_is_not_there_is_not_found(program, foreign_program, team):
    nobody = "00000000-0000-4000-8000-000000000000"
    mine = team.api_keys.get().uuid

    for ask, identity in ((program, nobody), (foreign_program, mine)):
        for method in ("delete", "patch"):
            answer = ask(method, f"/api-keys/{identity}", {"name": "x"})

            assert answer.told == {"statusCode": 404, "message": "API key not found", "name": "not_found"}
    assert program.get("/audiences").status_code == 200


def test_a_sending_key_stays_one(program):
    token = program.post("/api-keys", {"name": "mailer", "permission": "sending_access"}).told["token"]

    for method, path in (("post", "/api-keys"), ("get", "/audiences"), ("get", "/logs"), ("get", "/nothing")):
        assert Program(token)(method, path, {"name": "x"}).told["name"] == "restricted_api_key"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "missing_required_field"),
        ({"name": " "}, "missing_required_field"),
        ({"name": "x" * 51}, "validation_error"),
        ({"name": "x", "permission": "root"}, "invalid_access"),
        ({"name": "x", "permission": "sending_access", "domain_id": "some"}, "validation_error"),
    ],
)
def test_what_can_not_be_made_is_told(program, body, name):
    answer = program.post("/api-keys", body)

    assert (answer.status_code, answer.told["name"]) == (422, name)
    assert ApiKey.objects.count() == 1
