"""Conditional inpainting, its cues and what moves between them."""

import cv2
import numpy as np
import pytest
import torch
from helpers.clips import drifting_texture
from PIL import Image

from vgpnn import tasks, video
from vgpnn.codes import decode, encode
from vgpnn.presets import PRESETS
from vgpnn.tasks import cues, inpainting, morph

SHAPE = (6, 40, 56)


@pytest.fixture(scope="module")
def sky():
    """A grey sky with dark and with light spots."""
    frames = torch.full((*SHAPE, 3), 0.1)
    for k in range(6):
        for y, x, value in ((8, 6, -0.9), (28, 14, -0.9), (14, 40, 0.9), (32, 44, 0.9)):
            frames[k, y : y + 5, x + k // 2 : x + 5 + k // 2] = value
    return frames


def box(y, x, size=5):
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[:, y - 3 : y + size + 3, x - 3 : x + size + 3] = True
    paint = torch.full((*SHAPE, 4), -1.0)
    paint[:, y : y + size, x : x + size, 3] = 1
    return region, paint


@pytest.mark.parametrize("value", [-1.0, 1.0], ids=["dark", "light"])
def test_a_cue_becomes_what_has_its_colour(sky, value):
    region, paint = box(18, 24)
    paint[..., :3] = value
    result = tasks.inpaint(sky, region, paint).video.frames
    inside = result[:, 15:26, 21:32]
    assert (inside.amin() < -0.7) if value < 0 else (inside.amax() > 0.7)


def test_outside_the_region_nothing_changes_by_a_bit(sky):
    noisy = sky + 0.01 * torch.rand(sky.shape, generator=torch.Generator().manual_seed(0))
    region, paint = box(18, 24)
    result = tasks.inpaint(noisy, region, paint)
    assert torch.equal(result.video.codes[~region], encode(noisy)[~region])
    places = result.source_map[~region]
    assert torch.equal(places.long(), region.logical_not().nonzero())


def test_no_voxel_inside_comes_from_the_region(sky):
    region, paint = box(18, 24)
    result = tasks.inpaint(sky, region, paint)
    t, y, x = result.source_map[region].long().unbind(-1)
    assert not region[t, y, x].any()


def test_without_a_cue_a_thing_is_removed(sky):
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[:, 11:22, 37:50] = True
    result = tasks.inpaint(sky, region).video.frames
    assert result[:, 12:21, 38:48].amax() < 0.4


def test_an_empty_region_changes_nothing(sky):
    result = tasks.inpaint(sky, torch.zeros(SHAPE, dtype=torch.bool))
    assert torch.equal(result.video.codes, encode(sky))


def test_too_large_a_region_is_one_sentence(sky):
    with pytest.raises(ValueError, match="paint less"):
        tasks.inpaint(sky, torch.ones(SHAPE, dtype=torch.bool))
    with pytest.raises(ValueError, match="bool tensor of shape"):
        tasks.inpaint(sky, torch.zeros(2, 2, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="cues must be"):
        tasks.inpaint(sky, *[torch.zeros(SHAPE, dtype=torch.bool)] * 2)


def test_the_coarsest_level_makes_a_cue_as_large_as_a_patch():
    region = torch.zeros(4, 280, 420, dtype=torch.bool)
    region[:, 100:128, 200:228] = True
    assert inpainting.coarsest_side(region, None, PRESETS["inpaint"]) == 70  # 28 px become 7


def picture(y, x, colour=(0, 0, 0), size=6):
    layer = np.zeros((40, 56, 4), np.uint8)
    layer[y : y + size, x : x + size] = (*colour, 255)
    return layer


def test_cues_move_between_painted_frames():
    region, paint = cues.from_pictures({0: picture(4, 4), 4: picture(24, 36)}, SHAPE, 0, 5)
    middles = [(paint[k, ..., 3] > 0).nonzero().double().mean(0) for k in range(6)]
    assert torch.allclose(middles[2], torch.tensor([16.5, 22.5]).double(), atol=1)
    assert torch.equal(paint[5], paint[4])
    assert (region >= (paint[..., 3] > 0)).all()


def test_cues_hold_from_a_frame_to_a_frame():
    region, paint = cues.from_pictures({0: picture(4, 4, (255, 0, 0))}, SHAPE, 2, 3)
    assert region.flatten(1).any(1).tolist() == [False, False, True, True, False, False]
    assert paint[2, 5, 5].tolist() == [1, -1, -1, 1]


def test_a_speck_does_not_change_the_scale():
    speck = picture(4, 4, size=20)
    speck[38, 50] = (0, 0, 0, 255)
    assert cues.smallest_piece(cues.painted(speck)) == 20
    many = {k: picture(4, 4 + k, (k, 2 * k, 0), size=20) for k in range(6)}
    region, paint = cues.from_pictures(many, SHAPE, 0, 5)
    assert (paint[5, 6, 15] == torch.tensor([5 / 127.5 - 1, 10 / 127.5 - 1, -1, 1])).all()


def test_paint_to_remove_is_no_cue():
    region, paint = cues.from_pictures({0: picture(4, 4, cues.REMOVE)}, SHAPE, 0, 5)
    assert region.any() and not (paint[..., 3] > 0).any()


def test_soft_edges_do_not_make_new_colours():
    soft = picture(4, 4, (200, 30, 30))
    soft[4, 4:10, :3] = (190, 40, 41)
    assert cues.colours_of(cues.in_few_colours(soft)) == {(200, 30, 30)}


@pytest.mark.parametrize(
    ("pictures", "first", "last", "says"),
    [
        ({}, 0, 5, "Nothing is painted"),
        ({0: np.zeros((40, 56, 4), np.uint8)}, 0, 5, "Nothing is painted"),
        ({0: picture(4, 4)}, 4, 2, "choose frames from 0 to 5"),
        ({0: picture(4, 4)}, 0, 6, "choose frames from 0 to 5"),
        ({0: picture(4, 4)[:20]}, 0, 5, "paint on a frame of the clip"),
    ],
)
def test_bad_paint_is_one_sentence(pictures, first, last, says):
    with pytest.raises(ValueError, match=says):
        cues.from_pictures(pictures, SHAPE, first, last)


def test_cues_are_read_from_an_image_and_from_a_video(tmp_path):
    path = tmp_path / "cue.png"
    Image.fromarray(picture(4, 4).repeat(2, 0).repeat(2, 1)).save(path)
    (found,) = cues.read(path, SHAPE).values()
    assert np.array_equal(found, picture(4, 4))
    on_green = torch.full((*SHAPE, 3), -1.0)
    on_green[..., 1] = 1
    on_green[:, 10:20, 10:20] = 1
    video.write(tmp_path / "cue.mp4", on_green, 10)
    found = cues.read(tmp_path / "cue.mp4", SHAPE, key=(0, 255, 0))
    assert len(found) == 6 and cues.painted(found[3])[12:18, 12:18].all()
    assert not cues.painted(found[3])[30:, 30:].any()


def test_alpha_of_a_folder_of_images_is_kept(tmp_path):
    folder = tmp_path / "cues"
    folder.mkdir()
    for k in range(2):
        Image.fromarray(picture(4 + k, 4, (10, 200, 30))).save(folder / f"{k}.png")
    found = cues.read(folder, SHAPE)
    assert np.array_equal(cues.painted(found[1]), cues.painted(picture(5, 4)))
    assert np.abs(found[1][6, 6, :3].astype(int) - (10, 200, 30)).max() <= 1


def test_shapes_turn_into_each_other():
    one, other = (cues.painted(picture(y, x)) for y, x in ((4, 4), (24, 36)))
    way = morph.Morph(one, other)
    assert np.array_equal(way.at(0), one) and np.array_equal(way.at(1), other)
    assert way.at(0.5).sum() == pytest.approx(36, abs=8)
    assert np.array_equal(morph.Morph(one, np.zeros_like(one)).at(0.5), one)


def test_thin_strokes_stay_in_one_piece():
    """Half-way between two strokes in other places there is one stroke of about their length."""
    drawn = np.zeros((2, 60, 100), np.uint8)
    cv2.line(drawn[0], (10, 10), (10, 50), 1, 3)
    cv2.line(drawn[1], (60, 15), (85, 50), 1, 3)
    for share in (0.25, 0.5, 0.75):
        middle = morph.Morph(*(drawn > 0)).at(share)
        pieces, _ = cv2.connectedComponents(middle.astype(np.uint8))
        assert pieces == 2  # the paper and the stroke
        assert 0.5 < middle.sum() / drawn[0].sum() < 1.6


@pytest.mark.parametrize("place", [200, 203, 207])
def test_a_thin_stroke_beside_a_large_shape_moves_whole(place):
    drawn = np.zeros((2, 160, 260), np.uint8)
    for k in range(2):
        cv2.rectangle(drawn[k], (20 + 10 * k, 20), (120 + 10 * k, 120), 1, -1)
        cv2.line(drawn[k], (place + 10 * k, 20), (place + 10 * k, 140), 1, 2)
    middle = morph.Morph(*(drawn > 0)).at(0.5)
    line, block = middle[:, 180:].sum(), middle[:, :180].sum()
    assert 0.8 < line / drawn[0, :, 180:].sum() < 1.4
    assert 0.9 < block / drawn[0, :, :180].sum() < 1.1
    assert cv2.connectedComponents(middle.astype(np.uint8))[0] == 3


def test_the_number_of_paired_points_is_bounded():
    """A nearly full frame turns into a bar: the time grows with the cube of the points."""
    full, bar = np.ones((240, 426), bool), np.zeros((240, 426), bool)
    bar[100:103] = True
    way = morph.Morph(full, bar)
    assert len(way._begin) <= morph.POINTS
    assert way.at(0.5).any()


def test_the_palette_has_the_main_colours():
    frames = drifting_texture((3, 20, 24), 0)
    frames[:, :, :12] = torch.tensor([255, 0, 0], dtype=torch.uint8)
    found = cues.palette(decode(frames))
    assert "#ff0000" in found and 2 <= len(found) <= 5


@pytest.mark.parametrize("text", ["red", "12345", "#gg0000", ""])
def test_bad_colours_are_one_sentence(text):
    with pytest.raises(ValueError, match="six hexadecimal digits"):
        cues.colour(text)
