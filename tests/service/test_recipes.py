"""The recipe of a job says what its takes are made from. tests/cli/test_run.py makes them again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.jobs import FAST, clip_of, real_job, request_of
from PIL import Image

import vgpnn
from vgpnn.recipe import Take, sha256_of
from vgpnn.service import records, work
from vgpnn.service.recipes import recipe_of, with_sha256


def made(job, takes: int):
    """A job as if it had made so many takes of a clip that it has read."""
    job.request = with_sha256(job.request)
    job.results = [job.folder / f"{number}.mp4" for number in range(takes)]
    return job


def test_a_request_knows_its_files_once_it_has_read_them(clips):
    request = request_of(clips["tiny"], "analogy", {"style": clip_of(clips["slow"])})
    known = with_sha256(request)
    assert known.clip.sha256 == sha256_of(clips["tiny"])
    assert known.options["style"].sha256 == sha256_of(clips["slow"])
    gone = replace(known.clip, path=clips["tiny"].with_name("gone.mp4"))
    assert with_sha256(replace(known, clip=gone)).clip == gone  # what is known stays
    unread = replace(gone, sha256="")
    assert with_sha256(replace(known, clip=unread)).clip == unread

    def stop():
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        with_sha256(request, stop)


def test_finished_takes_alone_are_in_it(clips, base):
    job = made(real_job(clips["tiny"], samples=3, fps=7.5, settings=FAST), takes=2)
    job.show(takes=[{"full": {}}, {}, {}])
    known = recipe_of(job)
    assert known.takes == (Take(7, None, True), Take(8, None, False))
    assert (known.version, known.task) == (vgpnn.__version__, "generate")
    assert (known.frames, known.height, known.fps) == (5, 64, 7.5)
    assert known.settings == job.request.settings


def test_drafts_and_options_are_named(clips, base):
    job = made(real_job(clips["tiny"], samples=2, options={"drafts": ("2", "1.3")}), takes=2)
    assert recipe_of(job).takes == (Take(7, "2"), Take(7, "1.3"))
    wide = made(real_job(clips["tiny"], "resize", options={"width_scale": 1.5}), takes=1)
    assert recipe_of(wide).options == {"width_scale": 1.5}


def test_paint_from_a_file_is_in_it_as_pictures(clips, base, tmp_path):
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[20:30, 20:40] = 0, 0, 255, 255
    Image.fromarray(picture).save(tmp_path / "cues.png")
    options = {"first": 0, "last": 4, "margin": 0.5, "remove": (255, 0, 255)}
    cues = {"cues_path": tmp_path / "cues.png", "key": None}
    job = made(real_job(clips["tiny"], "inpaint", options=options | cues), takes=1)
    known = recipe_of(job)
    assert known.options == options and (known.paint[0] == picture).all()


def test_a_job_of_an_earlier_version_has_none(clips, base):
    job = real_job(clips["tiny"])
    job.results = [job.folder / "take.mp4"]
    with pytest.raises(ValueError, match=r"make the takes again\.$"):
        recipe_of(job)


def test_a_restarted_server_still_knows_the_clip(clips, base):
    job = real_job(clips["tiny"], settings=FAST)
    work.make_samples(job)
    again = records.read(job.folder)
    assert again["request"].clip.sha256 == sha256_of(clips["tiny"])
