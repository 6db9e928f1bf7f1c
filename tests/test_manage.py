"""What `manage.py` says when the environment is wrong: a sentence, not a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEEDED = {"DATABASE_URL": "postgres:///none", "REDIS_URL": "unix:///none", "SMTP_URL": "smtp://127.0.0.1"}
SECRET = {"SECRET_KEY": "a-long-random-value-that-somebody-keeps-secret-0123456789"}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (NEEDED, "SECRET_KEY is not set"),
        ({**NEEDED, **SECRET}, "PUBLIC_URL must be the https:// address"),
        ({**NEEDED, **SECRET, "PUBLIC_URL": "http://mail.example.com"}, "PUBLIC_URL must be the https:// address"),
        ({**NEEDED, **SECRET, "PORT": "eighty"}, "PORT"),
        ({"EXPORTS_S3_BUCKET": "exports", "EXPORTS_S3_ENDPOINT": "s3.example.com"}, "EXPORTS_S3_ENDPOINT must be"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(tmp_path, environment, sentence):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}

    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**kept, "VAR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert SECRET["SECRET_KEY"] not in answer.stderr


def test_a_setting_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text(SECRET["SECRET_KEY"] + "\n")
    (tmp_path / "relay").write_text("smtp://127.0.0.1\n")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    files = {"SECRET_KEY_FILE": str(tmp_path / "key"), "SMTP_URL_FILE": str(tmp_path / "relay")}

    answer = subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env={**kept, "VAR": str(tmp_path), **files, "PUBLIC_URL": "https://mail.example.com"},
        capture_output=True,
        text=True,
    )

    assert "DEVELOPMENT = False" in answer.stdout
    assert "SMTP_URL = 'smtp://127.0.0.1'" in answer.stdout


def test_a_bucket_without_what_speaks_to_it_is_refused_in_a_sentence(tmp_path):
    without = "import runpy, sys; sys.modules['storages'] = None; sys.argv = ['manage.py', 'check']; "
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}

    answer = subprocess.run(
        [sys.executable, "-c", without + "runpy.run_path('manage.py', run_name='__main__')"],
        cwd=ROOT,
        env={**kept, "VAR": str(tmp_path), "EXPORTS_S3_BUCKET": "exports"},
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 1
    assert "requirements-s3.lock" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(("accel", "mode"), [("", 0o600), ("/files", 0o640)])
def test_the_group_may_read_the_files_of_exports_where_a_proxy_serves_them(tmp_path, accel, mode):
    environment = {**os.environ, "VAR": str(tmp_path), "EXPORTS_ACCEL": accel}
    program = "from config.settings import STORAGES; print(STORAGES['exports']['OPTIONS']['file_permissions_mode'])"

    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)

    assert answer.stdout == f"{mode}\n", answer.stderr
