"""Finishing in full: copies stay copies, seams take their colours from the original frames."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn import source_map
from vgpnn.full_size import full_place
from vgpnn.presets import PRESETS
from vgpnn.pyramid import resize
from vgpnn.tasks import extending, finishing, retargeting
from vgpnn.tasks.finishing import finish_in_full
from vgpnn.tasks.result import Result

FPS = Fraction(10)


def result_of(codes: torch.Tensor, places: torch.Tensor, source, **changes) -> Result:
    """A result with these codes and this source map, of a source of that (t, h, w)."""
    settings = PRESETS["generate"]
    return Result(vgpnn.Video(codes, FPS), places, source, settings, 0, (), **changes)


def full_clip(shape, seed=0, fps=FPS) -> vgpnn.Video:
    return vgpnn.Video(drifting_texture(shape, seed), fps)


@pytest.mark.parametrize("window", [10**9, 1])
@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("small", [(40, 56), (27, 37), (18, 25)], ids=["1.5", "2.25", "3.3"])
def test_a_copy_becomes_the_source_itself(small, circular, window, monkeypatch):
    """At factors that are whole numbers and at others, and window by window."""
    monkeypatch.setattr(finishing, "WINDOW_VOXELS", window)
    full = full_clip((6, 60, 84))
    shape = 6, *small
    copy = result_of(
        resize(full.codes, shape), source_map.identity(shape), shape, circular=circular
    )
    finished = finish_in_full(copy, full)
    # Patches that reach over the seam of a loop vote for its first and its last two frames.
    frames = slice(2, 4) if circular else slice(None)
    assert finished.fps == FPS
    assert torch.equal(finished.codes[frames], full.codes[frames])


@pytest.mark.parametrize("sweeps", [0, 2])
def test_a_piece_that_was_copied_from_elsewhere_is_copied_in_full(sweeps):
    """A result that shows the source 6 px to the right, at twice the size 12 px."""
    full = full_clip((4, 48, 96))
    small = resize(full.codes, (4, 24, 48))
    places = source_map.identity((4, 24, 30)) + torch.tensor([0, 0, 6]).short()
    moved = result_of(small[:, :, 6:36].contiguous(), places, (4, 24, 48))
    finished = finish_in_full(moved, full, sweeps=sweeps)
    assert finished.shape == (4, 48, 60)
    # Near the borders enlarging saw other surroundings, so that other matches may be nearer.
    assert torch.equal(finished.codes[:, :, 8:52], full.codes[:, :, 20:64])


def test_frames_between_working_frames_come_from_the_source():
    full = full_clip((9, 36, 48), fps=2 * FPS)
    shape = 5, 24, 32
    copy = result_of(resize(full.codes[::2], shape), source_map.identity(shape), shape)
    finished = finish_in_full(copy, full)
    assert finished.fps == 2 * FPS and len(finished.codes) == 9  # no more than the source has
    assert torch.equal(finished.codes[:8], full.codes[:8])


def test_sharpness_is_that_of_the_source():
    """Of a new take; enlarged as it is, it has a small part of it."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(-30, 30, (5, 72, 108, 3), generator=generator)
    grained = (drifting_texture((5, 72, 108), 0).int() + noise).clamp(0, 255).to(torch.uint8)
    full = vgpnn.Video(grained, FPS)
    working = vgpnn.Video(resize(full.codes, (5, 32, 48)), FPS)
    take = vgpnn.generate(working, 1, PRESETS["generate"], sigma=2.0)

    def detail(codes):
        return codes.double().diff(dim=2).square().mean().item()

    finished = finish_in_full(take, full)
    assert 0.9 < detail(finished.codes) / detail(full.codes) < 1.1
    assert detail(resize(take.video.codes, finished.shape)) < 0.5 * detail(full.codes)


def test_outside_a_region_the_original_comes_back_and_inside_nothing_of_it():
    """The region hides a red box, of which no patch may be used."""
    full = full_clip((5, 64, 80))
    full.codes[..., 0] //= 2
    full.codes[:, 24:40, 30:50] = torch.tensor([255, 0, 0]).byte()
    working = vgpnn.Video(resize(full.codes, (5, 32, 40)), FPS)
    region = torch.zeros(5, 32, 40, dtype=torch.bool)
    region[:, 10:22, 13:27] = True
    filled = vgpnn.inpaint(working, region)
    finished = finish_in_full(filled, full)
    inside = region.repeat_interleave(2, 1).repeat_interleave(2, 2)
    assert torch.equal(finished.codes[~inside], full.codes[~inside])
    assert finished.codes[..., 0].amax() < 200


@pytest.mark.parametrize("frames", [1, 2])
def test_a_clip_of_a_frame_or_two_is_finished(frames):
    full, shape = full_clip((3, 40, 50)), (frames, 20, 25)
    still = vgpnn.Video(full.codes[:frames].clone(), FPS)
    copy = result_of(resize(still.codes, shape), source_map.identity(shape), shape)
    assert torch.equal(finish_in_full(copy, still).codes, still.codes)


def test_a_smaller_source_is_refused():
    shape = 4, 24, 30
    copy = result_of(drifting_texture(shape, 0), source_map.identity(shape), shape)
    with pytest.raises(ValueError, match="smaller than the one"):
        finish_in_full(copy, full_clip((4, 24, 28)))


def test_progress_ends_at_1_and_a_checkpoint_can_cancel():
    full, shape, seen = full_clip((5, 48, 60)), (5, 24, 30), []
    copy = result_of(resize(full.codes, shape), source_map.identity(shape), shape)
    finish_in_full(copy, full, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1

    def cancel():
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        finish_in_full(copy, full, checkpoint=cancel)


def test_the_same_result_is_finished_to_the_same_bytes(monkeypatch):
    full = full_clip((5, 60, 84))
    working = vgpnn.Video(resize(full.codes, (5, 30, 42)), FPS)
    take = vgpnn.generate(working, 2, sigma=2.0)
    first = finish_in_full(take, full)
    monkeypatch.setenv("VGPNN_THREADS", "1")
    again = finish_in_full(replace(take, notices=("said",)), full)
    assert torch.equal(first.codes, again.codes)


@pytest.mark.parametrize(
    ("full", "working", "sides"),
    [((480, 853), (144, 256), (1.5, 0, 0, 0)), ((405, 720), (144, 256), (0, 0, 1.05, 0))],
)
def test_a_clip_that_stays_lies_in_full_where_it_was_asked_for(full, working, sides):
    """The sizes of both are rounded."""
    shape, _ = extending.output_shape((8, *working), *sides)
    whole, corner = extending.output_shape((8, *full), *sides)
    sizes = extending.sizes_for(*sides)
    place = full_place(shape, (8, *working), (8, *full), 1, sizes)
    assert (place.shape, place.corner) == (whole, corner)
    assert all(end <= side for end, side in zip(place.kept_box((8, *full))[1], whole))


@pytest.mark.parametrize("sweeps", [0, 2])
@pytest.mark.parametrize(("scales", "frames"), [((0.6, 1, 1), 4), ((1.32, 0.75, 0.5), 2)])
def test_a_resized_result_has_the_size_that_was_asked_for_and_its_pieces_are_copies(
    scales, frames, sweeps
):
    """200 x 80 px in full, 48 x 20 at work: 0.6 of 48 is 28 or 30, and not 28.8."""
    full = full_clip((4, 80, 200), fps=FPS)
    working = vgpnn.Video(resize(full.codes, (4, 20, 48)), FPS)
    _, height, width = wanted = retargeting.output_shape(full.shape, *scales)
    at_work = retargeting.output_shape(working.shape, *scales)
    # The left part of the clip as it is: within the clip the result is the clip.
    places = source_map.identity(at_work).clamp(max=torch.tensor([3, 19, 47])).short()
    shown = working.codes[tuple(places.long().unbind(-1))]
    sizes = retargeting.sizes_for(*scales)
    take = result_of(shown, places, working.shape, sizes=sizes)
    finished = finish_in_full(take, full, sweeps=sweeps)
    assert finished.shape == wanted and finished.shape[0] == frames
    place = full_place(at_work, working.shape, full.shape, 1, sizes)
    assert place.first != (0, 0)
    part = finished.codes[:, 8 : height - 8, 8 : min(width, 200) - 8]
    y, x = (8 - each for each in place.first)
    right = full.codes[:frames, y : y + part.shape[1], x : x + part.shape[2]]
    assert torch.equal(part[:, : right.shape[1], : right.shape[2]], right)
