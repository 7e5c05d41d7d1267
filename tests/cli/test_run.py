"""`python -m vgpnn run`: the bytes are those that the page has made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.jobs import FAST, clip_of, real_job

import vgpnn
from vgpnn import recipe
from vgpnn.cli.main import main
from vgpnn.recipe import Recipe, Take
from vgpnn.service import files, work
from vgpnn.service.recipes import recipe_of
from vgpnn.tasks.paint import Paint


@pytest.fixture(autouse=True)
def base(tmp_path, monkeypatch):
    """A folder of the service's own."""
    folder = tmp_path / "service"
    folder.mkdir()
    for name, path in {"BASE": "", "UPLOADS": "uploads", "RECORDS": "records"}.items():
        monkeypatch.setattr(files, name, folder / path)


def painted() -> dict:
    """Blue paint, twice as large as the clip, on a part of the frames."""
    picture = np.zeros((96, 128, 4), np.uint8)
    picture[30:60, 40:80] = 0, 0, 255, 255
    paint = {"pictures": Paint.of({1: picture, 99: picture}), "first": 1, "last": 50}
    return paint | {"margin": 0.5, "remove": (255, 0, 255)}


def run(job, tmp_path, *words: object) -> list[bytes]:
    """What the command makes of a job's recipe: the bytes of its files, in their order."""
    path, out = tmp_path / "recipe.json", tmp_path / "out"
    path.write_text(recipe.to_json(recipe_of(job)))
    assert main([str(word) for word in ("run", path, *words, out)]) == 0
    return [each.read_bytes() for each in sorted(out.iterdir())]


CASES = {
    "chosen automatically": ("generate", {}, {"samples": 3}),
    "offered": ("generate", {"offered": 4}, {"samples": 2}),
    "named": ("generate", {"drafts": ("2", "1.3")}, {"samples": 2}),
    "noise": ("generate", {}, {"samples": 2, "noise": True}),
    "resized": ("resize", {"width_scale": 1.5}, {"fps": 7.5}),
    "a longer loop": ("retime", {"duration_scale": 2.0, "loop": True}, {}),
    "painted": ("inpaint", painted(), {"start": 0.1}),
    "painted, and it follows": ("inpaint", painted() | {"follow": True}, {}),
    "an analogy": ("analogy", {}, {"fps": 7.5}),
    "a sketch": ("sketch", {}, {}),
    "in full": ("generate", {}, {"size": "full", "frames": 3, "clip": "slow"}),
    "an analogy in full": ("analogy", {}, {"size": "full", "frames": 3}),
    "with sound": ("generate", {}, {"clip": "heard", "start": 0.25}),
    "a loop with sound": ("retime", {"loop": True}, {"clip": "heard", "frames": 12}),
    "without its sound": ("resize", {"width_scale": 1.5}, {"clip": "heard", "sound": False}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_takes_of_the_page_come_again_to_the_byte(clips, tmp_path, case):
    task, options, numbers = CASES[case]
    numbers, settings = dict(numbers), dict(FAST)
    if numbers.pop("noise", False):
        settings |= {"layout": "noise"}
    style = []
    if task in ("analogy", "sketch"):
        options, style = {"style": clip_of(clips["slow"])}, ["--style", clips["slow"]]
    clip = clips[numbers.pop("clip", "tiny")]
    job = real_job(clip, task, options=options, settings=settings, **numbers)
    work.make_samples(job)
    made = [path.read_bytes() for path in job.results]
    assert len(made) == numbers.get("samples", 1)
    assert run(job, tmp_path, clip, *style) == made
    if "size" in numbers:
        assert job.results[0].stem.endswith("-full")


def test_a_stopped_run_comes_again_as_far_as_it_was(clips, tmp_path):
    job = real_job(clips["tiny"], samples=3, settings=FAST)
    work.make_samples(job)
    made = [path.read_bytes() for path in job.results]
    del job.results[2:]
    assert run(job, tmp_path, clips["tiny"]) == made[:2]


def written(tmp_path, clip: Path, **changes) -> Path:
    """A recipe of one quick take of a clip."""
    settings = vgpnn.PRESETS["generate"].with_changes(**FAST)
    sha256 = recipe.sha256_of(clip)
    known = Recipe("0.2.0", "generate", sha256, 0.0, 3, 64, None, (Take(7),), settings)
    path = tmp_path / "recipe.json"
    path.write_text(recipe.to_json(replace(known, **changes)))
    return path


def test_another_clip_is_refused_unless_any_will_do(clips, tmp_path, capsys):
    path, out = written(tmp_path, clips["tiny"]), tmp_path / "out"
    words = ["run", str(path), str(clips["slow"]), str(out)]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "'slow.mp4' is another one" in said and said.count("\n") == 1 and not out.exists()
    assert main([*words, "--any-clip"]) == 0
    assert vgpnn.video.probe(out / "take1.mp4").frames == 3


def test_another_version_is_said(clips, tmp_path, capsys):
    path = written(tmp_path, clips["tiny"], version="0.0.1")
    assert main(["run", str(path), str(clips["tiny"]), str(tmp_path / "out")]) == 0
    assert "made by version 0.0.1" in capsys.readouterr().err


def test_what_cannot_be_used_is_one_sentence(clips, tmp_path, capsys):
    path = written(tmp_path, clips["tiny"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "take1.mp4").write_bytes(b"mine")
    (tmp_path / "no.json").write_text(json.dumps({"seed": 7}))
    clip = str(clips["tiny"])
    wrong = {
        "not empty": [path, clip, tmp_path / "full"],
        "is no recipe": [tmp_path / "no.json", clip],
        "'none.json' cannot be read": [tmp_path / "none.json", clip],
        "leave --style out": [path, clip, "--style", clip],
    }
    for sentence, words in wrong.items():
        assert main(["run", *map(str, words)]) == 1
        said = capsys.readouterr().err
        assert sentence in said and said.count("\n") == 1, said
    assert (tmp_path / "full" / "take1.mp4").read_bytes() == b"mine"
