"""Words of a visitor paint on the board, and sort the drafts of a run."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.jobs import job_of, request_of
from helpers.marked import discs, paint_on
from helpers.sentences import is_one_sentence
from helpers.word_models import ColourModel

import vgpnn
from vgpnn import words
from vgpnn.pictures import film_strip
from vgpnn.service import files, wording
from vgpnn.service.inputs import wanted_of
from vgpnn.tasks.marking import COLOURS
from vgpnn.tasks.paint import Paint
from vgpnn.words import loading

SIZE = (144, 240)  # [px] of the board: twice the clip's


@pytest.fixture(autouse=True)
def model(monkeypatch, tmp_path):
    """A stand-in for the model, and folders of the service for this test alone."""
    model = ColourModel()
    monkeypatch.setattr(words, "loaded", lambda checkpoint: model)
    monkeypatch.setattr(words, "is_installed", lambda: True)
    for name, folder in (("BASE", ""), ("UPLOADS", "uploads"), ("RECORDS", "records")):
        monkeypatch.setattr(files, name, tmp_path / folder)
    return model


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A clip of discs as a file, and where the red ones are."""
    path, (codes, red) = tmp_path_factory.mktemp("discs") / "discs.mp4", discs(9)
    vgpnn.video.write(path, vgpnn.Video(codes, 12))
    return path, red


def painted(request, kind="less", text="red discs", room=60_000, checkpoint=lambda: None):
    said = []
    paint = wording.painted(request, kind, text, SIZE, room, said.append, checkpoint)
    return paint, said


def test_words_paint_every_fourth_frame_with_the_brush(clip):
    path, red = clip
    paint, said = painted(request_of(path, frames=9, height=72))
    assert [*paint] == [0, 4, 8]
    for number in paint:
        picture = paint[number]
        assert picture.shape == (*SIZE, 4)
        covered = picture[..., 3] > 0
        assert np.unique(picture[covered], axis=0).tolist() == [[*COLOURS["less"], 255]]
        inside = red[number].repeat_interleave(2, 0).repeat_interleave(2, 1).numpy()
        assert (covered & inside).sum() > 0.85 * (covered | inside).sum()
    assert said == [
        wording.LOADING,
        *(f"Looking for red discs: frame {k} of 3." for k in (1, 2, 3)),
    ]


def test_where_there_is_little_room_fewer_frames_are_painted(clip):
    request = request_of(clip[0], frames=9, height=72)
    texts = painted(request)[0].texts
    room = sum(map(len, texts.values())) - 1
    assert [*painted(request, room=room)[0]] == [0, 8]
    one = len(texts["0"])
    assert [*painted(request, room=one)[0]] == [0]
    with pytest.raises(ValueError) as error:
        painted(request, room=one - 1)
    assert str(error.value) == wording.TOO_MUCH and is_one_sentence(wording.TOO_MUCH)


@pytest.mark.parametrize(
    ("kind", "text"), [("more", "zebras"), ("eraser", "red discs"), ("more", "x" * 99)]
)
def test_words_that_cannot_be_painted_are_one_sentence(clip, kind, text):
    with pytest.raises(ValueError) as error:
        painted(request_of(clip[0], frames=3, height=72), kind, text)
    assert is_one_sentence(str(error.value))


def test_painting_can_be_stopped(clip, model):
    calls = []

    def checkpoint():
        calls.append(0)
        if model.looked == 1:
            raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        painted(request_of(clip[0], frames=9, height=72), checkpoint=checkpoint)
    assert model.looked == 1 and calls


def test_the_source_of_an_analogy_is_painted(clip, clips):
    path, red = clip
    request = request_of(clips["tiny"], "analogy", {"style": request_of(path).clip})
    paint, _ = painted(request)
    assert 0 in paint and (paint[0][..., 3] > 0).mean() == pytest.approx(
        red[0].float().mean().item(), rel=0.2
    )


def test_words_and_masks_become_marks_of_a_request(clip):
    path, red = clip
    plain = request_of(path, frames=9, height=72)
    request = wording.with_words(plain, {"none": "green discs"}, lambda said: None, lambda: None)
    assert request.options["alike"] is False and [*request.options["marks"]] == [0, 4, 8]
    assert request.expected_seconds() >= plain.expected_seconds()
    wanted = wanted_of(request, vgpnn.Video(discs(9)[0], 12))
    assert wanted.masks.keys() == {"none"} and (wanted.none & red).sum() < 0.02 * red.sum()
    mask = Paint.of({0: paint_on(red[0], "more")})
    marked = request_of(path, frames=9, height=72, options={"marks": mask, "alike": True})
    both = wording.with_words(marked, {"none": "green discs"}, lambda said: None, lambda: None)
    colours = np.unique(both.options["marks"][0].reshape(-1, 4), axis=0).tolist()
    assert [*COLOURS["none"], 255] in colours and [*COLOURS["more"], 255] in colours
    assert both.options["alike"] is True


@pytest.mark.parametrize("given", [[], {}, "x", {"much": "x"}, {"more": 3}, {"more": ""}], ids=str)
def test_other_words_by_kind_are_refused(given):
    with pytest.raises(ValueError) as error:
        wording.checked_words(given)
    assert is_one_sentence(str(error.value))


def test_without_the_extra_words_are_refused(monkeypatch):
    assert wording.checked_words(None) == {}
    assert wording.checked_words({"more": " red  discs "}) == {"more": "red discs"}
    monkeypatch.setattr(words, "is_installed", lambda: False)
    with pytest.raises(ValueError) as error:
        wording.checked_words({"more": "red discs"})
    assert loading.EXTRA in str(error.value)


def test_drafts_are_sorted_by_their_strips(clip):
    """The more of the picture is red, the better it fits."""
    job, (codes, red) = job_of(clip[0], lambda job: None), discs(9)
    drafts = []
    for name, share in (("4", 0), ("7", 120), ("7.1", 40)):
        video = codes.clone()
        video[:, :, share:][red[:, :, share:]] = 120
        jpeg, count, size = film_strip(video)
        (job.folder / f"draft-{name}.jpg").write_bytes(jpeg)
        drafts.append({"name": name, "count": count, "size": list(size)})
    job.show(drafts=drafts)
    said = []
    names = wording.sorted_names(job, "red discs", said.append, lambda: None)
    assert names == ["7", "7.1", "4"]
    assert said[1:] == [f"Looking at draft {k} of 3." for k in (1, 2, 3)]
    (job.folder / "draft-7.jpg").unlink()
    for gone in (job, None):
        with pytest.raises(ValueError, match="no longer kept"):
            wording.sorted_names(gone, "red discs", said.append, lambda: None)
