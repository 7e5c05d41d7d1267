"""Masks on the command line."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.marked import discs, paint_on, share_of
from helpers.sentences import is_one_sentence
from helpers.word_models import ColourModel
from PIL import Image

import vgpnn
from vgpnn.cli.main import main
from vgpnn.cli.marks import MarkFlags
from vgpnn.words import loading, marking


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A clip, a mask of one of its red discs, and where all of them are."""
    folder, (codes, red) = tmp_path_factory.mktemp("marks"), discs()
    vgpnn.video.write(folder / "clip.mp4", vgpnn.Video(codes, 12))
    mask = red[2].clone()
    mask[:, 45:] = False
    Image.fromarray(paint_on(mask, "less")).save(folder / "mask.png")
    return folder, codes, red


def test_a_mask_is_completed_and_nothing_comes_from_it(files):
    folder, _, red = files
    words = ["generate", folder / "clip.mp4", folder / "out.mp4", "--none", folder / "mask.png"]
    words += ["--marked-on", 2, "--passes", 1, "--source-map", folder / "map.npy"]
    assert main([*map(str, words)]) == 0
    places = np.load(folder / "map.npy")
    inner = red & red.roll(1, 1) & red.roll(-1, 1) & red.roll(1, 2) & red.roll(-1, 2)
    assert inner.numpy()[tuple(np.moveaxis(places, -1, 0))].mean() < 0.01
    assert share_of(vgpnn.generate(vgpnn.video.read(folder / "clip.mp4"), passes=1), red) > 0.05


def test_what_is_kept_stays_on_every_frame(files):
    folder, *_ = files
    words = ["generate", folder / "clip.mp4", folder / "kept.mp4", "--keep", folder / "mask.png"]
    assert main([*map(str, [*words, "--passes", 1, "--source-map", folder / "map.npy"])]) == 0
    mask = np.array(Image.open(folder / "mask.png"))[..., 3] > 0
    places = np.load(folder / "map.npy")
    own = np.stack(np.indices(places.shape[:3]), -1)
    is_own = (places == own).all(-1)
    assert is_own[:, mask].all() and not is_own.all()


def test_without_masks_there_is_no_preference(files):
    clip = vgpnn.Video(files[1], 12)
    assert MarkFlags(None, None, None, 0, False).preference(clip) is None


@pytest.mark.parametrize("flag", ["--more", "--less"], ids=["shape", "missing"])
def test_a_mask_that_cannot_be_used_is_told(files, flag, capsys):
    folder, *_ = files
    words = ["retarget", folder / "clip.mp4", folder / "x.mp4", "--frames", 3, "--height", 40]
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(folder / "square.png")
    name = "square.png" if flag == "--more" else "missing.png"
    assert main([*map(str, [*words, flag, folder / name])]) == 1
    assert is_one_sentence(capsys.readouterr().err.removeprefix("vgpnn: ").strip())


def test_words_mark_beside_masks(files, monkeypatch):
    """What either of them marks is marked."""
    folder, codes, red = files
    monkeypatch.setattr(marking, "loaded", lambda checkpoint: ColourModel())
    clip = vgpnn.Video(codes, 12)
    named = MarkFlags(None, None, None, 0, False, None, "red discs", "green discs")
    named.check()
    wanted = named.preference(clip)
    assert wanted.masks.keys() == {"less", "none"}
    assert (wanted.less & red).sum() > 0.8 * red.sum()
    mask = str(folder / "mask.png")
    both = MarkFlags(None, mask, None, 2, True, None, "green discs").preference(clip)
    assert both.masks.keys() == {"less"} and not wanted.none.logical_and(~both.less).any()
    assert (both.less & red).any()


def test_a_take_has_nothing_of_what_words_name(files, monkeypatch, tmp_path):
    folder, _, red = files
    monkeypatch.setattr(marking, "loaded", lambda checkpoint: ColourModel())
    words = ["generate", folder / "clip.mp4", tmp_path / "out.mp4", "--none-words", "red discs"]
    words += ["--passes", 1, "--source-map", tmp_path / "map.npy"]
    assert main([*map(str, words)]) == 0
    places = np.load(tmp_path / "map.npy")
    inner = red & red.roll(1, 1) & red.roll(-1, 1) & red.roll(1, 2) & red.roll(-1, 2)
    assert inner.numpy()[tuple(np.moveaxis(places, -1, 0))].mean() < 0.01


@pytest.mark.parametrize("fault", ["extra", "long"])
def test_words_that_cannot_be_used_are_told_before_anything_is_read(fault, monkeypatch, capsys):
    text = "balloons" if fault == "extra" else "x" * 500
    monkeypatch.setattr(loading, "find_spec", lambda name: None if fault == "extra" else True)
    words = ["analogy", "missing.mp4", "missing.mp4", "x.mp4", "--more-words", text]
    assert main(words) == 1
    sentence = capsys.readouterr().err.removeprefix("vgpnn: ").strip()
    assert is_one_sentence(sentence)
    assert (loading.EXTRA if fault == "extra" else "80 characters") in sentence
