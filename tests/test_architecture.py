"""The structure of the package: arrows between rooms, and the size of files and functions."""

from __future__ import annotations

import ast
import re

import pytest
from helpers.imports import (
    ROOT,
    circles,
    mermaid,
    module_arrows,
    modules,
    reached,
    room_arrows,
    room_of,
)

LONGEST_FILE, LONGEST_FUNCTION = 300, 80  # [lines]
# Numba and Triton compile a kernel as one function, and the CPU's kernels close over their sizes.
KERNELS = re.compile(r"vgpnn\.(search|vote)(\.border)?\.(cpu|gpu)\w*")
PAGE_COMMAND = "vgpnn.cli.app"
DOCUMENT = ROOT / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def arrows() -> dict[str, set[str]]:
    return module_arrows()


def test_no_modules_and_no_rooms_import_each_other(arrows):
    assert circles(arrows) == []
    assert circles(room_arrows(arrows)) == []


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_nothing_imports_the_page_but_the_command_that_starts_it(arrows):
    importers = {
        module
        for module, imported in arrows.items()
        if any(room_of(name) == "page" for name in imported) and room_of(module) != "page"
    }
    assert importers == {PAGE_COMMAND}


def test_no_other_command_reaches_the_page_or_the_service(arrows):
    without = {module: imported - {PAGE_COMMAND} for module, imported in arrows.items()}
    commands = [module for module in arrows if room_of(module) == "cli" and module != PAGE_COMMAND]
    assert len(commands) > 10
    for module in commands:
        rooms = {room_of(name) for name in reached(without, module)}
        assert not rooms & {"page", "service"}, module


@pytest.mark.parametrize(
    ("room", "others"),
    [
        ("machine", {"data", "loop", "tasks", "search", "vote", "service", "page", "cli"}),
        ("loop", {"tasks", "evaluation", "service", "page", "cli"}),
        ("camera", {"tasks", "evaluation", "service", "page", "cli"}),
        ("tasks", {"evaluation", "service", "page", "cli", "deployment"}),
        ("words", {"evaluation", "service", "page", "cli", "deployment"}),
        ("evaluation", {"service", "page", "cli", "deployment"}),
        ("deployment", {"service", "page", "cli"}),
        ("service", {"page", "cli", "deployment"}),
        ("page", {"cli", "deployment"}),
    ],
)
def test_arrows_go_one_way(arrows, room, others):
    assert not reached(room_arrows(arrows), room) & others


def test_a_tab_imports_no_tab_and_a_panel_imports_no_tab(arrows):
    for module, imported in arrows.items():
        tabs = {
            name
            for name in imported
            if re.fullmatch(r"vgpnn\.page\.tabs\.(?!(tab|kept)$)\w+", name)
        }
        if module.startswith("vgpnn.page.panels"):
            assert not any(name.startswith("vgpnn.page.tabs") for name in imported), module
        if module.startswith("vgpnn.page.tabs."):
            assert not tabs, module


def test_files_and_functions_are_short():
    long = []
    for module, path in modules().items():
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > LONGEST_FILE:
            long.append(module)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION and not KERNELS.fullmatch(module):
                    long.append(f"{module}.{node.name}")
    assert long == []


def test_the_diagram_shows_the_real_arrows(arrows):
    (diagram,) = re.findall(r"```mermaid\n(.*?)\n```", DOCUMENT.read_text(), re.DOTALL)
    assert diagram == mermaid(room_arrows(arrows))


def test_the_document_names_files_that_exist():
    paths = re.findall(r"`((?:vgpnn|tests|docs|examples)/[\w./-]+)`", DOCUMENT.read_text())
    assert paths and [path for path in paths if not (ROOT / path).exists()] == []
