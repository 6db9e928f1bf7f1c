"""The promises about what a browser downloads: layers, budgets, one behaviour per module, nothing inline."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
MODULES = sorted((ROOT / "static" / "js").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS_BUDGET = 40_000
JS_BUDGET_GZIPPED = 60_000


def test_all_styles_stay_within_their_budget():
    assert sum(style.stat().st_size for style in STYLES) < CSS_BUDGET


def test_all_modules_stay_within_their_budget():
    assert sum(len(gzip.compress(module.read_bytes())) for module in MODULES) < JS_BUDGET_GZIPPED


def test_every_style_is_linked_once_and_the_tokens_come_first():
    linked = re.findall(r"static 'css/([^']+)'", (ROOT / "templates" / "_styles.html").read_text())

    assert linked[0] == "_tokens.css"
    assert sorted(linked) == sorted(str(style.relative_to(ROOT / "static" / "css")) for style in STYLES)


def test_every_module_is_loaded_by_one_template():
    loaded = [name for template in TEMPLATES for name in re.findall(r"static ['\"]js/([^'\"]+)", template.read_text())]

    assert sorted(loaded) == [module.name for module in MODULES]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_a_style_stays_in_its_layer(style):
    text = style.read_text()

    assert re.match(r"(@layer reset, tokens, base, layout, components, utilities;\n\n)?@layer \w+ \{\n", text)
    assert text.endswith("\n}\n")
    assert "!important" not in text


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_no_other(module):
    assert not re.search(r"^\s*import\b", module.read_text(), re.MULTILINE)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template.relative_to(ROOT / "templates")))
def test_a_template_holds_nothing_that_the_content_policy_would_block(template):
    text = template.read_text()

    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text)
    assert "<script>" not in text
    assert "<style>" not in text
