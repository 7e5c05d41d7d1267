"""Downloads that are asked for on the page: who may ask for what, and what a browser saves."""

from __future__ import annotations

import time
import zipfile

import gradio as gr
import pytest
from helpers.jobs import FAST, real_job
from helpers.page import generate, opened, upload

import vgpnn
from vgpnn import recipe
from vgpnn.page.panels.downloads import made
from vgpnn.service import downloads, files, previews, work


@pytest.fixture
def base(tmp_path, monkeypatch):
    """The base folder of the service for one test alone."""
    monkeypatch.setattr(files, "BASE", tmp_path)
    monkeypatch.setattr(files, "RECORDS", tmp_path / "records")


@pytest.fixture
def job(clips, base):
    job = real_job(clips["tiny"], settings=FAST)
    work.make_samples(job)
    return job


def event(**data):
    return gr.EventData(None, data)


def test_the_address_is_that_of_a_file_of_the_job(job):
    assert job.folder.name in made(job, event(kind="webm", take=0))
    assert job.folder.name in made(job, event(kind="zip"))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "exe"},
        {"kind": ["gif"]},
        {"kind": "gif"},
        {"kind": "gif", "take": 1},
        {"kind": "gif", "take": -1},
        {"kind": "webm", "take": "0"},
    ],
    ids=str,
)
def test_nothing_else_can_be_asked_for(job, data):
    with pytest.raises(ValueError, match=r"\.$"):
        made(job, event(**data))


def test_a_job_that_is_gone_has_no_downloads():
    with pytest.raises(ValueError, match=r"^This take is no longer kept: make it again\.$"):
        made(None, event(kind="zip"))


@pytest.mark.parametrize("kind", ["gif", "comparison"])
def test_what_takes_too_long_is_ended(job, monkeypatch, kind):
    monkeypatch.setattr(previews, "PREVIEW_SECONDS", -1)
    with pytest.raises(ValueError) as caught:
        made(job, event(kind=kind, take=0))
    assert str(caught.value) == downloads.TOO_LONG[kind]


def test_a_browser_saves_what_is_asked_for(browser, server, clips, tmp_path):
    saved = {}
    with opened(browser, server, width=390, height=844, scheme="dark") as page:
        upload(page, clips["tiny"])
        assert page.locator(".files button:visible").count() == 0
        generate(page, 2)
        page.on("download", lambda download: saved.update({download.suggested_filename: download}))

        def wait_for(count):
            end = time.monotonic() + 60
            while len(saved) < count and time.monotonic() < end:
                page.wait_for_timeout(50)
            assert len(saved) == count, list(saved)

        for take in (0, 1):  # both at once
            page.select_option(f".take >> nth={take} >> .more", "gif")
        assert "GIF …" in page.inner_text(".take >> nth=1 >> .more option >> nth=0")
        wait_for(2)
        page.select_option(".take >> nth=1 >> .more", "webm")
        page.click("[data-kind=comparison]")
        page.click("[data-kind=zip]")
        wait_for(5)
        page.wait_for_selector(".files button[aria-busy=true]", state="detached")
        assert page.inner_text(".take >> nth=1 >> .more option >> nth=0") == "More"
        with page.expect_download() as again:  # it is there already
            page.click("[data-kind=comparison]")
        assert again.value.suggested_filename == "tiny-comparison-of-2.mp4"

        controls = page.locator(".files button, .files a, .take .actions a, .take .actions select")
        assert min(each.bounding_box()["height"] for each in controls.all()) >= 44
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        paths = {}
        for name, download in saved.items():
            paths[name.rpartition(".")[2]] = path = tmp_path / name
            download.save_as(path)
        assert page.errors == []
    assert vgpnn.video.probe(paths["webm"]).codec in ("vp9", "libvpx-vp9")
    assert vgpnn.video.probe(paths["mp4"]).frames == 5
    with zipfile.ZipFile(paths["zip"]) as file:
        known = recipe.from_json(file.read("recipe.json").decode())
        assert len(file.namelist()) == 3 and len(known.takes) == 2
    assert known.clip == recipe.sha256_of(clips["tiny"])
