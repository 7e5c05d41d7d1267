"""Downloads are made once, when they are asked for, and hold what they say."""

from __future__ import annotations

import zipfile
from fractions import Fraction
from urllib.parse import unquote

import numpy as np
import pytest
from helpers.clips import clip
from helpers.jobs import FAST, clip_of, real_job
from helpers.sounds import (
    Track,
    click_times,
    clicks,
    flash_times,
    flashes,
    heard,
    spoilt,
    streams_of,
    write_clip,
)
from PIL import Image

import vgpnn
from vgpnn import comparison, recipe
from vgpnn.service import downloads, files, recipes, work
from vgpnn.service.downloads import address_of
from vgpnn.tasks.paint import Paint


def file_at(address: str) -> files.Path:
    return files.Path(unquote(address).removeprefix("gradio_api/file="))


def ask(job, kind: str, index: int = 0) -> files.Path:
    """The file that somebody gets who asks for a download."""
    return file_at(address_of(job, kind, index, lambda: None))


@pytest.fixture
def job(clips, base):
    """A job with two takes."""
    job = real_job(clips["tiny"], samples=2, settings=FAST)
    work.make_samples(job)
    return job


def test_nothing_is_made_before_it_is_asked_for(job):
    names = {path.suffix for path in job.folder.iterdir()}
    assert not names & {".gif", ".webm", ".zip"}
    assert not list(job.folder.glob("*comparison*"))


def test_formats_of_a_take_hold_its_frames(job):
    with Image.open(ask(job, "gif", 1)) as gif:
        assert (gif.format, gif.size, gif.n_frames) == ("GIF", (64, 48), 5)
    take, webm = vgpnn.video.read(job.results[1]), vgpnn.video.read(ask(job, "webm", 1))
    assert webm.fps == take.fps and webm.shape == take.shape
    assert (webm.frames - take.frames).abs().mean() * 127.5 < 4


def test_a_comparison_holds_source_and_takes(job):
    path = ask(job, "comparison")
    assert path.name == "tiny-comparison-of-2.mp4"
    made = vgpnn.video.read(path)
    files_of_cells = [job.folder / "source.mp4", *job.results]
    cells = [vgpnn.video.read(each) for each in files_of_cells]
    labels = ["Source", "Take 1", "Take 2"]
    expected = comparison.side_by_side(dict(zip(labels, cells)))
    assert (made.fps, made.shape) == (expected.fps, expected.shape)
    assert (made.frames - expected.frames).abs().mean() * 127.5 < 4


def test_a_comparison_holds_what_stands_beside_the_source(clips, base, monkeypatch):
    labels, arrange = [], comparison.side_by_side

    def spy(videos, checkpoint):
        labels.extend((label, video.shape) for label, video in videos.items())
        return arrange(videos, checkpoint)

    monkeypatch.setattr(comparison, "side_by_side", spy)
    job = real_job(clips["tiny"], "retime", options={"duration_scale": 2.0}, settings=FAST)
    work.make_samples(job)
    made = vgpnn.video.probe(ask(job, "comparison"))
    assert labels == [
        ("Source", (5, 48, 64)),
        ("Plain slow-down", (10, 48, 64)),
        ("Result", (10, 48, 64)),
    ]
    assert (made.frames, made.fps) == (10, 10)


def test_a_comparison_of_large_videos_is_reduced(job, monkeypatch):
    monkeypatch.setattr(comparison, "SCREEN", (150, 150))
    made = vgpnn.video.probe(ask(job, "comparison"))
    assert made.width <= 150 and made.height <= 150


def test_a_zip_holds_the_takes_and_their_recipe(job):
    path = ask(job, "zip")
    assert path.name == "tiny-takes-of-2.zip"
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert file.namelist() == [*(take.name for take in job.results), "recipe.json"]
        for take in job.results:
            assert file.read(take.name) == take.read_bytes()
            assert file.getinfo(take.name).compress_type == zipfile.ZIP_STORED
        known = recipe.from_json(file.read("recipe.json").decode())
    assert known == recipes.recipe_of(job)


@pytest.mark.parametrize("kind", downloads.TOO_LONG)
def test_a_download_is_made_once(job, monkeypatch, kind):
    path = ask(job, kind)
    monkeypatch.setattr(vgpnn.video, "read", None)
    monkeypatch.setattr(recipes, "recipe_of", None)
    assert ask(job, kind) == path and path.parent == job.folder


def test_takes_in_full_are_packed_and_further_takes_make_another_zip(job):
    few = ask(job, "zip")
    full = job.folder / "tiny-take1-seed7-full.mp4"
    vgpnn.video.write(full, vgpnn.Video(clip(5, 96, 128).codes, Fraction(10)))
    job.results[0] = full
    work._change_take(job, 0, full={"video": files.url(full), "size": [5, 96, 128], "fps": 10.0})
    many = ask(job, "zip")
    assert few != many
    with zipfile.ZipFile(many) as file:
        assert file.namelist()[:2] == [path.name for path in job.results]
        known = recipe.from_json(file.read("recipe.json").decode())
    assert [take.full for take in known.takes] == [True, False]
    assert vgpnn.video.probe(ask(job, "webm")).height == 96
    with Image.open(ask(job, "gif")) as gif:
        assert gif.size == (64, 48)


@pytest.mark.parametrize("kind", downloads.TOO_LONG)
def test_what_is_not_kept_is_refused_with_a_sentence(job, kind):
    job.results[0].unlink()
    with pytest.raises(ValueError, match="no longer kept"):
        ask(job, kind)
    job.results.clear()
    with pytest.raises(ValueError, match="no finished take"):
        ask(job, kind)


@pytest.mark.parametrize("kind", downloads.TOO_LONG)
def test_the_making_can_be_ended_and_leaves_nothing(job, kind):
    before = set(job.folder.iterdir())

    def stop():
        raise ValueError(downloads.TOO_LONG[kind])

    with pytest.raises(ValueError, match=f"^{downloads.TOO_LONG[kind]}$"):
        address_of(job, kind, 0, stop)
    assert set(job.folder.iterdir()) == before


def test_the_recipe_of_an_analogy_names_its_style(clips, base):
    style = {"style": clip_of(clips["slow"])}
    job = real_job(clips["tiny"], "analogy", options=style, settings=FAST)
    work.make_samples(job)
    with zipfile.ZipFile(ask(job, "zip")) as file:
        known = recipe.from_json(file.read("recipe.json").decode())
    assert known.style == recipe.sha256_of(clips["slow"])


def painted() -> dict:
    picture = np.zeros((64, 96, 4), np.uint8)
    picture[20:30, 20:40] = 0, 0, 255, 255
    options = {"pictures": Paint.of({0: picture}), "first": 0, "last": 11, "margin": 0.5}
    return options | {"remove": (255, 0, 255)}


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("generate", {}),
        ("resize", {"width_scale": 0.8}),
        ("inpaint", painted()),
        ("retime", {"duration_scale": 0.5}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_download_but_a_gif_has_the_sound_of_its_take(clips, base, task, options):
    numbers = {"frames": 12, "settings": FAST, "options": options}
    job = real_job(clips["heard"], task, **numbers)
    work.make_samples(job)
    (take,) = job.results
    assert job.shown["takes"][0]["sound"] is True
    times = click_times(heard(take))
    assert times
    if task in ("resize", "inpaint"):
        for path in (take, ask(job, "webm")):
            assert click_times(heard(path)) == pytest.approx(flash_times(path), abs=0.01)
    for path in (ask(job, "webm"), ask(job, "comparison")):
        assert [time for time in click_times(heard(path)) if time < 0.45] == pytest.approx(
            [time for time in times if time < 0.45], abs=0.01
        )
    assert streams_of(ask(job, "gif")) == ["gif"]
    with zipfile.ZipFile(ask(job, "zip")) as file:
        assert file.read(take.name) == take.read_bytes()
        assert recipe.from_json(file.read("recipe.json").decode()).sound is True


def test_a_comparison_is_heard_to_its_end(clips, base):
    """A shorter take begins again, and so does its sound."""
    options = {"duration_scale": 0.5}
    job = real_job(clips["heard"], "retime", frames=12, settings=FAST, options=options)
    work.make_samples(job)
    samples = heard(ask(job, "comparison"))
    assert len(samples) == pytest.approx(48_000, abs=1024)
    once = [time for time in click_times(heard(job.results[0])) if time < 0.4]
    again = [time - 0.5 for time in click_times(samples) if 0.5 <= time < 0.9]
    assert again == pytest.approx(once, abs=0.01)


def test_nothing_is_heard_where_sound_is_switched_off(clips, base):
    job = real_job(clips["heard"], sound=False, settings=FAST)
    work.make_samples(job)
    assert job.shown["takes"][0]["sound"] is False
    kinds = {kind: streams_of(ask(job, kind)) for kind in ("webm", "comparison")}
    assert streams_of(job.results[0]) == ["h264"]
    assert kinds == {"webm": ["vp9"], "comparison": ["h264"]}


def test_sound_that_cannot_be_decoded_is_said_and_fails_no_run(base, tmp_path):
    track = Track(clicks(1, 0.5), "ac3")
    path = spoilt(write_clip(tmp_path / "spoilt.mp4", flashes(12, 6), 12, track))
    job = real_job(path, settings=FAST)
    work.make_samples(job)
    assert streams_of(job.results[0]) == ["h264"]
    (notice,) = [each for each in job.shown["notices"] if "sound" in each]
    assert notice.startswith("Takes have no sound") and notice.endswith(".")


def test_a_take_in_full_has_sound_too(clips, base):
    job = real_job(clips["heard"], frames=12, height=64, fps=6, size="full", settings=FAST)
    work.make_samples(job)
    (path,) = job.results
    assert "full" in path.name
    assert click_times(heard(path)) == pytest.approx([0, 0.5], abs=0.01)
