"""The address of the page's JavaScript modules, and how events call them."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest

from vgpnn.page import page, scripts
from vgpnn.service import guard

MODULES = sorted(path.name for path in scripts.FOLDER.glob("*.js"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_files_that_are_there(module):
    imported = re.findall(r"(?:from|import) '\./([\w.]+)'", (scripts.FOLDER / module).read_text())
    assert set(imported) <= set(MODULES)


def test_modules_do_not_import_each_other_in_a_circle():
    arrows = {
        module: set(
            re.findall(r"(?:from|import) '\./([\w.]+)'", (scripts.FOLDER / module).read_text())
        )
        for module in MODULES
    }
    while leaves := {module for module, imported in arrows.items() if not imported & set(arrows)}:
        arrows = {module: imported for module, imported in arrows.items() if module not in leaves}
    assert arrows == {}


def test_all_style_sheets_are_used():
    used = page.launch_options()["css_paths"]
    assert sorted(used) == sorted(scripts.FOLDER.glob("*.css"))


def test_the_guard_lets_modules_through():
    assert guard.OPEN.fullmatch(f"/{scripts.ADDRESS}/result.js")


def test_a_browser_gets_modules_and_asks_again_on_the_next_visit(server):
    with urllib.request.urlopen(f"{server.url}{scripts.ADDRESS}/result.js", timeout=60) as answer:
        assert answer.read() == (scripts.FOLDER / "result.js").read_bytes()
        assert "javascript" in answer.headers["Content-Type"]
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["", "../page.py", "%2e%2e/page.py", "no.js"])
def test_nothing_else_lies_at_their_address(server, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}{scripts.ADDRESS}/{path}", timeout=60)
    assert caught.value.code == 404


def test_data_arrive_as_they_were(browser, server):
    given = {"text": "<script>'\"&", "number": 0.1, "list": [None, True]}
    block = scripts.data_block(given)
    tab = browser.new_page()
    tab.set_content(block.value)
    text = tab.evaluate("document.getElementById('page-data').dataset.json")
    tab.close()
    assert json.loads(text) == given


def test_a_module_that_does_not_load_is_said_on_the_page(browser, server):
    page = browser.new_page()
    page.route("**/result.js", lambda route: route.abort())
    page.goto(server.url)
    page.wait_for_selector("[role=alert]:has-text('A part of this page did not load: reload it.')")
    page.close()
