"""Drafts: takes that are begun, chosen from and finished."""

import pytest
import torch
from helpers.clips import clip as moving_blobs
from helpers.sentences import is_one_sentence

import vgpnn
from vgpnn.settings import Settings

FAST = Settings(passes=2, last_levels=3)


@pytest.fixture(scope="module")
def clip():
    return moving_blobs(6, 48, 64)


@pytest.fixture(scope="module")
def four(clip):
    return list(vgpnn.drafts(clip, 4, 3, FAST))


def test_drafts_have_scores_a_layout_and_a_small_video(clip, four):
    assert len({draft.name for draft in four}) == len(four) == 4
    for draft in four:
        assert draft.seed == 3 and draft.error >= 0 and draft.change > 0
        assert sorted(draft.layout.columns) == list(range(len(draft.layout.columns)))
        assert draft.video.codes.dtype == torch.uint8
        seconds = draft.video.shape[0] / draft.video.fps
        assert seconds == clip.shape[0] / clip.fps


def test_the_video_of_a_large_clip_is_small():
    (draft,) = vgpnn.drafts(moving_blobs(8, 160, 220), 1, 0, FAST.with_changes(passes=1))
    assert 72 <= draft.video.shape[1] < 120 and draft.video.shape[0] < 8


def test_seams_of_a_draft_are_blended_as_those_of_its_take_are():
    noise = torch.Generator().manual_seed(0)
    ramp = torch.arange(96)[:, None] // 2  # a sky that becomes brighter to the right
    sky = (90 + ramp + torch.randint(0, 9, (5, 48, 96, 3), generator=noise)).to(torch.uint8)
    options = (FAST.with_changes(seams=seams) for seams in ("leave", "blend"))
    left, blended = (list(vgpnn.drafts(sky, 3, 3, each)) for each in options)
    assert [draft.name for draft in left] == [draft.name for draft in blended]
    steps = [
        max(draft.video.codes.float().mean((0, 1, 3)).diff().abs().max() for draft in drafts)
        for drafts in (left, blended)
    ]
    assert steps[1] < 0.7 * steps[0]


def test_drafts_come_one_by_one(clip, monkeypatch):
    drafts = vgpnn.drafts(clip, 50, 3, FAST)
    assert next(drafts).name == next(vgpnn.drafts(clip, 1, 3, FAST)).name


def test_the_same_seed_gives_the_same_drafts_and_skip_gives_others(clip, four):
    names = [draft.name for draft in four]
    assert [draft.name for draft in vgpnn.drafts(clip, 2, 3, FAST)] == names[:2]
    assert [draft.name for draft in vgpnn.drafts(clip, 2, 3, FAST, skip=2)] == names[2:]
    again = list(vgpnn.drafts(clip, 4, 3, FAST))
    assert all(torch.equal(a.video.codes, b.video.codes) for a, b in zip(four, again))


def test_a_finished_draft_is_what_generate_makes_of_its_name(clip):
    draft = list(vgpnn.drafts(clip, 3, 3, FAST))[2]
    steps = []
    result = vgpnn.finish(draft, steps.append)
    assert result.draft == draft.name and result.video.shape == clip.shape
    assert steps[-1].fraction == pytest.approx(1) and steps[0].level == 1
    alone = vgpnn.generate(clip, 3, FAST, draft=draft.name)
    assert torch.equal(result.video.codes, alone.video.codes)
    *_, last = vgpnn.finish_steps(draft)  # a second time
    assert torch.equal(last.result.video.codes, alone.video.codes)


def test_the_first_draft_is_the_one_that_generate_finishes(clip, four):
    assert vgpnn.generate(clip, 3, FAST).draft == four[0].name


def test_variations_are_like_their_draft_and_can_be_made_again(clip, four):
    parent = four[0]
    like = list(vgpnn.variations(parent, 3))
    assert len(like) == 3 and all(each.name.startswith(f"{parent.name}.") for each in like)
    assert [draft.name for draft in vgpnn.variations(parent, 1, skip=1)] == [like[1].name]
    for each in like:
        assert each.layout != parent.layout and each.layout.kind == parent.layout.kind
    again = vgpnn.named_draft(clip, like[1].name, 3, FAST)
    assert again.layout == like[1].layout and again.error == like[1].error
    assert torch.equal(again.video.codes, like[1].video.codes)
    assert torch.equal(vgpnn.finish(again).video.codes, vgpnn.finish(like[1]).video.codes)


@pytest.mark.parametrize("changes", [{"layout": "noise"}, {"sigma": 2.0}], ids=str)
def test_noise_has_no_drafts(clip, changes):
    with pytest.raises(ValueError) as error:
        vgpnn.drafts(clip, 2, 3, FAST, **changes)
    assert is_one_sentence(str(error.value))
    with pytest.raises(ValueError) as error:
        vgpnn.generate(clip, 3, FAST, draft="1", **changes)
    assert is_one_sentence(str(error.value))


def test_a_name_that_is_none_is_one_sentence(clip):
    for make in (vgpnn.generate, vgpnn.named_draft):
        with pytest.raises(ValueError) as error:
            if make is vgpnn.generate:
                make(clip, 3, FAST, draft="best")
            else:
                make(clip, "best", 3, FAST)
        assert is_one_sentence(str(error.value))


def test_a_narrow_clip_has_fewer_drafts_than_are_asked_for():
    assert list(vgpnn.drafts(torch.zeros(3, 20, 1, 3, dtype=torch.uint8), 5)) == []


def test_drafts_can_be_cancelled(clip):
    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    with pytest.raises(Stopped):
        list(vgpnn.drafts(clip, 2, 3, FAST, checkpoint=stop))
