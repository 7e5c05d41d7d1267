"""Fixtures that need a process of their own: the page's server and a browser."""

from __future__ import annotations

import gc
import os
import tempfile

import pytest
import torch

# The tests of the GPU name their device; the others are of the CPU, also where there is a GPU.
os.environ.setdefault("VGPNN_DEVICE", "cpu")
# Whether the page offers words must not depend on what the machine has or reaches.
os.environ.setdefault("VGPNN_WORDS_MODEL", "none")
# Whether Triton's kernels are interpreted is decided when they are first imported.
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")

CHROMIUM = os.environ.get("VGPNN_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# These files take longest: begun last, one of them would go on while other processes have ended.
LONG = (
    "page/test_states.py",
    "page/panels/test_run.py",
    "page/static/test_numbers.py",
    "page/test_api.py",
    "page/test_page.py",
    "page/panels/test_words.py",
    "page/static/test_drafts.py",
    "service/test_ending.py",
    "service/guard/test_honest_use.py",
    "vote/test_cpu_median.py",
    "search/test_cpu_comparison.py",
    "tasks/test_generation.py",
    "service/guard/test_payloads.py",
    "vote/test_gpu.py",
    "search/test_gpu.py",
    "search/test_gpu_exact.py",
    "search/test_gpu_kernels.py",
    "machine/test_kernels.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of LONG first. (Pytest puts paths that it is given into its own order.)"""
    places = {f"tests/{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.nodeid.split("::")[0], len(places)))


def pytest_collection() -> None:
    gc.disable()  # all that collecting the tests makes stays


def pytest_collection_finish() -> None:
    """What is there by now is never garbage: searching it took half a second for each job of the
    service, which gives its memory back when it ends."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # at the end all of it goes


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    from helpers.clips import write_clips

    return write_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    from helpers.server import Server

    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # [ms]; a machine that does other work is slow
    with sync_playwright() as playwright:
        # Without Chromium this fails, and says so: a skipped page test would hide a broken page.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def visit(browser, server):
    """A page that is opened once for the tests of a module."""
    from helpers.page import opened

    with opened(browser, server) as page:
        yield page


@pytest.fixture
def desk(visit):
    """That page at its usual size, with its first tab open. All else is as the test before has left
    it, so each test uploads its clip and sets what it needs; a test that begins anew opens a page
    of its own."""
    from helpers.page import SIZE, open_first_tab

    visit.unroute_all()
    if visit.viewport_size != SIZE:
        visit.set_viewport_size(SIZE)
    open_first_tab(visit)
    return visit


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A stand-in for the Hugging Face Hub, which every request of the test must have suited."""
    from helpers.hub import TOKEN, Hub
    from huggingface_hub import constants

    hub = Hub()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # it would keep its first address
    yield hub
    hub.shutdown()
    hub.server_close()
    assert not hub.errors


@pytest.fixture
def nothing_left_behind(tmp_path, monkeypatch):
    """Checks after the test that no process and no temporary file of it is left."""
    from helpers.videos import child_processes

    before = child_processes()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []
    assert child_processes() <= before


@pytest.fixture
def usual_machine(monkeypatch):
    """The machine is as fast as that of the constants, whatever other tests have measured."""
    from vgpnn.machine import speed

    monkeypatch.setattr(speed, "_slowness", 1.0)
