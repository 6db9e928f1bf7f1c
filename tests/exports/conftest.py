import pytest


@pytest.fixture(autouse=True)
def _exports_folder(settings, tmp_path):
    """Files of a test stay in its own folder."""
    kept = {"BACKEND": "exports.folders.Folder", "OPTIONS": {"location": tmp_path / "kept"}}
    settings.STORAGES = {**settings.STORAGES, "exports": kept}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


@pytest.fixture
def in_background(monkeypatch):
    """Everything is too large to be written while one waits."""
    from exports import requesting

    monkeypatch.setattr(requesting, "AT_ONCE", 0)


@pytest.fixture
def query(audience):
    """The query string of the audience's list."""
    return f"audience={audience.uuid}"
