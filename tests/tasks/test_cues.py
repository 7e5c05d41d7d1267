"""Cues: what is painted on some frames becomes a region and colours on all of them."""

import time
from fractions import Fraction

import numpy as np
import pytest
import torch
from helpers.clips import codes, drifting_texture
from helpers.sentences import is_one_sentence
from PIL import Image

from vgpnn import video
from vgpnn.codes import decode
from vgpnn.tasks import cues

SHAPE = (6, 40, 56)


def picture(y, x, colour=(0, 0, 0), side=6):
    """A painted picture, (H, W, 4) uint8, with one square of paint."""
    layer = np.zeros((*SHAPE[1:], 4), np.uint8)
    layer[y : y + side, x : x + side] = (*colour, 255)
    return layer


def has_cue(colours):
    """Where there is a cue, (T, H, W) bool."""
    return colours[..., 3] > 0


def test_cues_move_between_painted_frames():
    region, colours = cues.from_pictures({0: picture(4, 4), 4: picture(24, 36)}, SHAPE, 0, 5)
    middles = [has_cue(colours)[k].nonzero().double().mean(0) for k in range(6)]
    start, end = torch.tensor([6.5, 6.5]).double(), torch.tensor([26.5, 38.5]).double()
    for k in range(5):
        assert torch.allclose(middles[k], start + (end - start) * k / 4, atol=1)
    assert torch.equal(colours[5], colours[4])  # after the last painted frame they stay
    assert (region >= has_cue(colours)).all()


def test_cues_hold_from_a_frame_to_a_frame():
    region, colours = cues.from_pictures({0: picture(4, 4, (255, 0, 0))}, SHAPE, 2, 3)
    assert region.flatten(1).any(1).tolist() == [False, False, True, True, False, False]
    assert colours[2, 5, 5].tolist() == [1, -1, -1, 1]
    assert torch.equal(has_cue(colours).flatten(1).any(1), region.flatten(1).any(1))


def test_each_colour_moves_by_itself():
    before = np.maximum(picture(4, 4, (250, 0, 0)), picture(24, 40, (0, 0, 250)))
    after = np.maximum(picture(24, 4, (250, 0, 0)), picture(4, 40, (0, 0, 250)))
    _, colours = cues.from_pictures({0: before, 2: after}, SHAPE, 0, 2)
    red, blue = (colours[1, ..., channel] > 0.9 for channel in (0, 2))
    assert red[14:20, 4:10].float().mean() > 0.8 and not red[:, 20:].any()
    assert blue[14:20, 40:46].float().mean() > 0.8 and not blue[:, :30].any()


def test_the_region_is_larger_than_the_paint_by_the_margin():
    tight, _ = cues.from_pictures({0: picture(10, 20)}, SHAPE, 0, 0, margin=0)
    assert torch.equal(tight[0], torch.from_numpy(cues.painted(picture(10, 20))))
    wide, _ = cues.from_pictures({0: picture(10, 20)}, SHAPE, 0, 0, margin=0.5)
    rows, columns = (wide[0].any(1 - axis).nonzero() for axis in (0, 1))
    assert (rows.min(), rows.max()) == (7, 18) and (columns.min(), columns.max()) == (17, 28)


def test_paint_to_remove_is_no_cue():
    region, colours = cues.from_pictures({0: picture(4, 4, cues.REMOVE)}, SHAPE, 0, 5)
    assert region.flatten(1).any(1).all() and not has_cue(colours).any()


def test_a_checkpoint_is_called_for_every_frame():
    calls = []
    cues.from_pictures({0: picture(4, 4)}, SHAPE, 1, 4, checkpoint=lambda: calls.append(0))
    assert len(calls) >= 4


def test_a_colour_that_is_common_keeps_its_values():
    pictures = {k: picture(4, 4 + k, (k, 2 * k, 0), side=20) for k in range(6)}
    _, colours = cues.from_pictures(pictures, SHAPE, 0, 5)
    assert (colours[5, 6, 15] == torch.tensor([5 / 127.5 - 1, 10 / 127.5 - 1, -1, 1])).all()


def test_soft_edges_do_not_make_new_colours():
    soft = picture(4, 4, (200, 30, 30))
    soft[4, 4:10, :3] = (190, 40, 41)
    assert cues.colours_of(soft) == {(200, 30, 30), (190, 40, 41)}
    assert cues.colours_of(cues.in_few_colours(soft)) == {(200, 30, 30)}
    two = np.maximum(picture(4, 4, (200, 30, 30)), picture(20, 20, (30, 200, 30)))
    assert cues.colours_of(cues.in_few_colours(two)) == {(200, 30, 30), (30, 200, 30)}
    assert np.array_equal(cues.painted(cues.in_few_colours(soft)), cues.painted(soft))


def naively_in_few_colours(picture):
    """The same, one colour after the other."""
    paint = picture[cues.painted(picture)][:, :3].astype(int)
    values, counts = np.unique(paint, axis=0, return_counts=True)
    common = []
    for value in values[np.argsort(-counts, kind="stable")]:
        is_new = all(np.abs(value - other).max() > cues.SAME_COLOUR for other in common)
        if is_new and len(common) < cues.MOST_COLOURS:
            common.append(value)
    result = picture.copy()
    for place in np.argwhere(cues.painted(picture)):
        own = picture[tuple(place)][:3].astype(int)
        result[tuple(place)][:3] = min(common, key=lambda other: np.abs(own - other).sum())
    return result


@pytest.mark.parametrize("spread", [3, 40, 120, 256])
@pytest.mark.parametrize("seed", range(3))
def test_colours_are_reduced_as_if_one_after_the_other(seed, spread):
    random = np.random.default_rng(seed)
    noise = random.integers(0, spread, (20, 30, 4)) + random.integers(0, 257 - spread)
    if seed:
        noise = noise // 30 * 30  # so that many colours are equally common
    noise[..., 3] = random.integers(0, 256, (20, 30))
    noise = noise.clip(0, 255).astype(np.uint8)
    assert np.array_equal(cues.in_few_colours(noise), naively_in_few_colours(noise))
    colours = {tuple(map(int, value[:3])) for value in noise[cues.painted(noise)]}
    assert cues.colours_of(noise) == colours


def test_a_picture_of_noise_is_read_at_once():
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 4), np.uint8)
    noise[..., 3] = 255
    began = time.thread_time()
    assert len(cues.colours_of(cues.in_few_colours(noise))) == cues.MOST_COLOURS
    assert time.thread_time() - began < 2


def test_one_painted_picture_is_paired_with_nothing(monkeypatch):
    monkeypatch.setattr(cues, "Morph", None)
    region, _ = cues.from_pictures({2: picture(4, 4)}, SHAPE, 0, 5)
    assert region.flatten(1).any(1).all()


def test_paint_that_is_nearly_see_through_does_not_count():
    faint = picture(4, 4)
    faint[..., 3] = np.where(faint[..., 3] > 0, cues.OPAQUE_ALPHA - 1, 0)
    assert not cues.painted(faint).any() and cues.colours_of(faint) == set()


@pytest.mark.parametrize(
    ("pictures", "first", "last", "says"),
    [
        ({}, 0, 5, "Nothing is painted: paint on at least one frame."),
        (
            {0: np.zeros((40, 56, 4), np.uint8)},
            0,
            5,
            "Nothing is painted: paint on at least one frame.",
        ),
        (
            {0: picture(4, 4)},
            4,
            2,
            "The paint holds from frame 4 to 2: choose frames from 0 to 5, the first not after "
            "the last.",
        ),
        (
            {0: picture(4, 4)},
            0,
            6,
            "The paint holds from frame 0 to 6: choose frames from 0 to 5, the first not after "
            "the last.",
        ),
        (
            {0: picture(4, 4)[:20]},
            0,
            5,
            "The painted picture is 56 x 20, the clip 56 x 40: paint on a frame of the clip.",
        ),
    ],
    ids=["no picture", "no paint", "first after last", "after the end", "other size"],
)
def test_bad_paint_is_one_sentence(pictures, first, last, says):
    with pytest.raises(ValueError) as error:
        cues.from_pictures(pictures, SHAPE, first, last)
    assert str(error.value) == says and is_one_sentence(says)


def test_an_image_is_resized_to_the_clip(tmp_path):
    path = tmp_path / "cue.png"
    Image.fromarray(picture(4, 4).repeat(2, 0).repeat(2, 1)).save(path)
    (layer,) = cues.read(path, SHAPE).values()
    assert np.array_equal(layer, picture(4, 4))


def test_an_image_lies_on_the_frame_that_is_named(tmp_path):
    path = tmp_path / "cue.png"
    Image.fromarray(picture(4, 4)).save(path)
    assert [*cues.read(path, SHAPE)] == [0] and [*cues.read(path, SHAPE, painted_on=5)] == [5]
    for number in (-1, 6):
        with pytest.raises(ValueError) as error:
            cues.read(path, SHAPE, painted_on=number)
        says = f"The paint is on frame {number}: choose one from 0 to 5, the last."
        assert str(error.value) == says


def test_a_video_has_paint_where_it_differs_from_the_key_colour(tmp_path):
    on_green = torch.full((*SHAPE, 3), -1.0)
    on_green[..., 1] = 1
    on_green[:, 10:20, 10:20] = 1
    video.write(tmp_path / "cue.mp4", on_green, 10)
    layers = cues.read(tmp_path / "cue.mp4", SHAPE, key=(0, 255, 0))
    assert sorted(layers) == list(range(6))
    assert cues.painted(layers[3])[12:18, 12:18].all()
    assert not cues.painted(layers[3])[30:, 30:].any()


def test_the_alpha_of_a_folder_of_images_is_kept(tmp_path):
    folder = tmp_path / "cues"
    folder.mkdir()
    for k in range(2):
        Image.fromarray(picture(4 + k, 4, (10, 200, 30))).save(folder / f"{k}.png")
    layers = cues.read(folder, SHAPE)
    for k in range(2):
        assert np.array_equal(cues.painted(layers[k]), cues.painted(picture(4 + k, 4)))
    assert np.abs(layers[1][6, 6, :3].astype(int) - (10, 200, 30)).max() <= 1


def test_a_damaged_picture_is_one_sentence(tmp_path):
    path = tmp_path / "cue.png"
    Image.fromarray(picture(4, 4)).save(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError) as error:
        cues.read(path, SHAPE)
    assert str(error.value) == "The painted picture is damaged: save it again as PNG."


def test_the_palette_has_the_main_colours_the_most_common_first():
    frames = drifting_texture((3, 20, 24), 0)
    frames[:, :, :14] = torch.tensor([255, 0, 0], dtype=torch.uint8)
    names = cues.palette(decode(frames))
    assert names[0] == "#ff0000" and 2 <= len(names) <= 5 and len(set(names)) == len(names)
    assert all(cues.colour(name) for name in names)


def test_the_palette_of_one_colour_is_that_colour():
    assert cues.palette(decode(torch.full((2, 16, 16, 3), 204, dtype=torch.uint8))) == ["#cccccc"]


@pytest.mark.parametrize("text", ["#0a64FF", "0a64ff"])
def test_a_colour_is_read_from_its_digits(text):
    assert cues.colour(text) == (10, 100, 255)


@pytest.mark.parametrize("text", ["red", "12345", "#gg0000", "", "#1234567"])
def test_a_bad_colour_is_one_sentence(text):
    with pytest.raises(ValueError) as error:
        cues.colour(text)
    assert str(error.value) == f"A colour is six hexadecimal digits, RRGGBB, not {text!r}."


def test_a_clip_is_painted_over_by_its_region_and_its_cues():
    clip = video.Video(codes(SHAPE, 0), Fraction(25))
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[1:, 10:20, 10:30] = True
    colours = torch.full((*SHAPE, 4), -1.0)
    colours[1:, 12:15, 12:20] = torch.tensor([0.0, 1.0, -1.0, 1.0])
    shown = cues.painted_over(clip, region, colours)
    assert shown.fps == 25 and torch.equal(shown.codes[~region], clip.codes[~region])
    assert shown.codes[2, 13, 15].tolist() == [128, 255, 0]
    tinted = region & ~has_cue(colours)
    magenta = torch.tensor([255.0, 0.0, 255.0])
    expected = (1 - cues.TINT) * clip.codes[tinted] + cues.TINT * magenta
    assert (shown.codes[tinted] - expected).abs().max() <= 0.51
