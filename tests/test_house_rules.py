"""Rules of STYLE.md that a program can hold us to."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.db import connection

from lib.sql import statement

ROOT = Path(__file__).resolve().parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split("\n")
FILES = [ROOT / name for name in TRACKED if name and (ROOT / name).is_file()]
TEMPLATES = [path for path in FILES if path.suffix == ".html" and path.is_relative_to(ROOT / "templates")]
STATEMENTS = [path for path in FILES if path.suffix == ".sql"]


def named(paths):
    return {"argvalues": paths, "ids": [str(path.relative_to(ROOT)) for path in paths]}


@pytest.mark.parametrize(
    "path", **named([path for path in FILES if path.suffix == ".py" and "migrations" not in path.parts])
)
def test_modules_stay_short(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", **named(TEMPLATES))
def test_templates_keep_the_rules(path):
    text = path.read_text()

    assert len(text.splitlines()) <= 150
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*(nonce|src|json))", text), "forbidden by the CSP"
    bare = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    fragments = re.findall(r"{% partialdef ([\w-]+)[^%]*%}\s*(<[^>]*>)", bare)
    assert len(fragments) == bare.count("{% partialdef ")
    for name, root in fragments:
        assert f'id="{name}"' in root, "a fragment's name is its element's id"


def test_every_package_stands_in_the_layers_contract():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    packages = {path.parent.name for path in FILES if path.name == "__init__.py" and path.parent.parent == ROOT}

    assert packages == set(re.findall(r"\w+", " ".join(contract["layers"])))


def test_every_module_of_an_app_stands_in_the_inner_contract():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][1]
    listed = set(re.findall(r"\w+", " ".join(contract["layers"])))
    tops = {path.relative_to(ROOT).parts for path in FILES if path.suffix == ".py"}
    modules = {parts[1].removesuffix(".py") for parts in tops if parts[0] in contract["containers"] and len(parts) > 1}

    assert modules - listed - {"__init__", "apps", "management", "migrations"} == set()


@pytest.mark.parametrize("path", **named([path for path in FILES if path.parent.name == "migrations"]))
def test_migrations_are_named_for_what_they_do(path):
    assert "_auto_" not in path.name


def test_every_setting_is_documented():
    settings = (ROOT / "config/settings.py").read_text()
    readme = (ROOT / "README.md").read_text()

    variables = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", settings))
    assert [name for name in sorted(variables) if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("path", **named([path for path in FILES if path.suffix == ".lock"]))
def test_lock_files_name_no_host_and_hash_everything(path):
    text = path.read_text()

    assert "://" not in text
    assert text.count("--hash=sha256:") >= text.count("==")


def test_style_sheets_and_modules_keep_their_budget():
    css = sum(path.stat().st_size for path in FILES if path.suffix == ".css" and "static" in path.parts)
    scripts = sum(path.stat().st_size for path in FILES if path.suffix == ".js")

    assert css < 40_000
    assert scripts < 40_000


@pytest.mark.parametrize(
    "path", **named([path for path in FILES if path.suffix in (".py", ".md", ".toml", ".html", "")])
)
def test_files_speak_of_the_product_alone(path):
    text = path.read_text(errors="replace")

    assert (
        not re.search(r"(?<![\w.])/(work|root|home)/\w|pypi\.org|files\.pythonhosted", text)
        or path.name == Path(__file__).name
    )


@pytest.mark.parametrize("path", **named(STATEMENTS))
def test_statements_explain_themselves_and_can_be_planned(db, path):
    text = statement(path.parent.parent.name, path.stem)

    assert text.startswith("-- ")
    with connection.cursor() as cursor:
        if "{" in text and path.stem != "create_stage":
            cursor.execute(_with_tables(statement("contacts", "create_stage")))
        if re.search(r"^(CREATE|DROP|ALTER) ", text, re.MULTILINE):
            cursor.execute(_with_tables(text))
        else:
            cursor.execute("PREPARE planned AS " + _numbered(_with_tables(text)))
            cursor.execute("DEALLOCATE planned")


def _with_tables(text):
    """The statement with the names that an import fills in."""
    text = text.replace("{classified}", statement("contacts", "classify_stage")).replace("{stage}", "some_stage")
    return text.replace("{{", "{").replace("}}", "}")


def _numbered(text):
    """The statement with PostgreSQL's own placeholders, so that its types are worked out without any values."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    for number, name in enumerate(names, 1):
        text = text.replace(f"%({name})s", f"${number}")
    return text.replace("%%", "%")
