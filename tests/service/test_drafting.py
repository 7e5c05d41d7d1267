"""Drafts that a run offers: their names, what follows an offer, and their files."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from helpers.jobs import FAST, request_of
from PIL import Image

import vgpnn
from vgpnn.service import drafting, sampling
from vgpnn.service.drafting import OfferedDraft
from vgpnn.service.executors import streaming
from vgpnn.service.inputs import read_inputs
from vgpnn.tasks.marking import COLOURS
from vgpnn.tasks.paint import Paint


def offer(clips, samples: int = 2, **options):
    options = {"offered": 4} | options
    return request_of(clips["tiny"], samples=samples, settings=FAST, options=options)


def drafts_of(request) -> list[vgpnn.Draft]:
    return list(drafting.begun(request, read_inputs(request), lambda: None))


@pytest.mark.parametrize("names", [None, "3", [], ["1"] * 4, ["x"], [["1"]]])
def test_names_that_are_none_get_one_sentence(names):
    with pytest.raises(ValueError, match=r"^[^\n]*\.$"):
        drafting.draft_names(names, 3)


def test_names_are_texts():
    assert drafting.draft_names(["10", "3.2"], 2) == ("10", "3.2")


def test_the_drafts_are_those_of_the_library(clips):
    video = read_inputs(offer(clips)).video
    settings = offer(clips).settings
    expected = [draft.name for draft in vgpnn.drafts(video, 6, seed=7, settings=settings)]
    assert [draft.name for draft in drafts_of(offer(clips))] == expected[:4]
    assert [draft.name for draft in drafts_of(offer(clips, offered=2, skip=4))] == expected[4:]


def test_variations_have_the_name_of_their_draft(clips):
    names = [draft.name for draft in drafts_of(offer(clips, like="1"))]
    assert names and all(name.startswith("1.") for name in names)


def test_an_offer_is_followed_by_its_first_drafts(clips):
    request = drafting.after_offer(offer(clips), ["5", "3", "8", "0"])
    assert request.options == {"drafts": ("5", "3")} and request.seeds == [7, 7]
    assert not request.offers_drafts and request.begun


def test_a_clip_without_drafts_has_one_take(clips):
    request = drafting.after_offer(offer(clips), [])
    assert request.samples == 1 and request.options == {} and request.seeds == [7]


def test_takes_go_on_from_the_drafts_that_were_offered(clips):
    """They are the results of these drafts by name, as another run makes them."""
    request = offer(clips)
    updates = list(sampling.samples(request, read_inputs(request), 0, checkpoint=lambda: None))
    shown = [update for update in updates if isinstance(update, OfferedDraft)]
    assert [draft.number for draft in shown] == [1, 2, 3, 4]
    results = [u.result for u in updates if not isinstance(u, OfferedDraft) and u.result]
    assert [result.draft for result in results] == [draft.name for draft in shown[:2]]
    named = drafting.after_offer(request, [draft.name for draft in shown])
    again = sampling.samples(named, read_inputs(named), 1, checkpoint=lambda: None)
    (second,) = [update.result for update in again if update.result is not None]
    assert second.video.codes.equal(results[1].video.codes)


def test_an_offer_alone_makes_no_takes(clips):
    request = offer(clips, samples=0)
    updates = list(sampling.samples(request, read_inputs(request), 0, checkpoint=lambda: None))
    assert len(updates) == 4 and all(isinstance(update, OfferedDraft) for update in updates)


def test_a_draft_is_saved_as_a_film_strip(clips, tmp_path):
    request = offer(clips, skip=2)
    draft = drafting.offered(request, drafts_of(request)[1], 1)
    view = drafting.saved(draft, tmp_path)
    assert (view["name"], view["number"]) == (draft.name, 4)
    with Image.open(tmp_path / f"draft-{draft.name}.jpg") as strip:
        width, height = view["size"]
        assert strip.size == (width, height * view["count"])
    assert draft.scores.keys() == {"draft", "error", "change"}


def test_a_draft_crosses_to_another_process(clips):
    request = offer(clips)
    draft = drafting.offered(request, drafts_of(request)[0], 0)
    again = pickle.loads(streaming.pack(draft))
    assert again.scores == draft.scores and again.number == 1
    assert again.video.fps == draft.video.fps and again.video.codes.equal(draft.video.codes)


def test_marks_reach_the_drafts_and_what_follows_them(clips):
    """A clip of which the left half is wanted less has other drafts of the same names."""
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[:, :20] = *COLOURS["less"], 255
    marks = {"marks": Paint.of({0: picture}), "alike": False}
    plain, steered = drafts_of(offer(clips)), drafts_of(offer(clips, **marks))
    assert [draft.name for draft in plain] == [draft.name for draft in steered]
    pairs = zip(plain, steered)
    assert any(not torch.equal(a.video.codes, b.video.codes) for a, b in pairs)
    request = drafting.after_offer(offer(clips, **marks), [draft.name for draft in steered])
    assert request.options["marks"] == marks["marks"] and request.options["alike"] is False
    assert request.steered and not offer(clips, **marks).steered
    assert (
        request.expected_seconds()
        > drafting.after_offer(offer(clips), request.options["drafts"]).expected_seconds()
    )
