"""Extending: the clip stays to the bit, what is around it fits, and the seed decides the bytes."""

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.pyramid import resize
from vgpnn.settings import Settings
from vgpnn.tasks import around, extending
from vgpnn.tasks.finishing import finish_in_full

FAST = vgpnn.preset("extend", "fast")


def clip(shape=(6, 40, 36), seed=3) -> torch.Tensor:
    """Texture over a bright upper and a dark lower half."""
    codes = drifting_texture(shape, seed).float() / 4
    codes[:, : shape[1] // 2] += 150
    return codes.to(torch.uint8)


def kept(result, codes):
    t, y, x = result.corner
    return result.video.codes[t : t + len(codes), y : y + codes.shape[1], x : x + codes.shape[2]]


SIDES = {
    "right": {"right": 0.5},
    "above": {"top": 0.4},
    "all": {"left": 0.3, "right": 0.6, "top": 0.2, "bottom": 0.3},
}


@pytest.mark.parametrize("name", SIDES)
def test_the_clip_stays_to_the_bit(name):
    codes = clip()
    result = vgpnn.extend(codes, **SIDES[name], settings=FAST)
    shape, corner = extending.output_shape(tuple(codes.shape[:3]), **_all(SIDES[name]))
    assert result.video.shape == shape and result.corner == corner
    assert torch.equal(kept(result, codes), codes)
    # The map says so, too, and points into the clip everywhere.
    t, y, x = corner
    here = result.source_map[:, y : y + 40, x : x + 36]
    assert torch.equal(here, vgpnn.source_map.identity((6, 40, 36)))
    assert (result.source_map >= 0).all() and (result.source_map < torch.tensor([6, 40, 36])).all()


def _all(sides):
    return dict.fromkeys(extending.SIDES, 0.0) | sides


def test_the_border_is_no_line_and_a_tile_is_one():
    """The step from column to column at the border is within that of other columns."""
    codes = clip((8, 48, 48))
    video = vgpnn.extend(codes, right=0.6, seed=1).video.codes.float().mean(-1)
    steps = (video[:, :, 1:] - video[:, :, :-1]).abs().mean((0, 1))
    tiled = (codes[:, :, 0].float() - codes[:, :, -1].float()).abs().mean()
    assert steps[47] < 1.5 * steps.median() < tiled


def test_things_stay_at_their_height_unless_the_clip_is_seen_from_above():
    codes = clip((6, 48, 40))
    result = vgpnn.extend(codes, left=0.7, settings=FAST, seed=2)
    rows = result.source_map[:, :, : result.corner[2], 1].float()
    apart = (rows - torch.arange(48.0)[:, None]).abs().mean()
    anywhere = vgpnn.extend(codes, left=0.7, settings=FAST, seed=2, from_above=True)
    rows = anywhere.source_map[:, :, : anywhere.corner[2], 1].float()
    assert apart < (rows - torch.arange(48.0)[:, None]).abs().mean()


def test_a_seed_gives_the_same_bytes_alone_and_beside_others_and_others_differ():
    codes = vgpnn.Video(clip(), 10)
    pair = extending.problem(codes, right=0.7, seed=(4, 5), settings=FAST).batches()
    first, second = (batch.solve()[0].video.codes for batch in pair)
    alone = vgpnn.extend(codes, right=0.7, seed=5, settings=FAST).video.codes
    assert torch.equal(second, alone)
    assert not torch.equal(first, second)


def test_at_full_size_the_original_stays_to_the_bit_too():
    full = vgpnn.Video(clip((8, 80, 72)), 20)
    small = vgpnn.Video(resize(full.codes[::2].contiguous(), (4, 40, 36)), 10)
    result = vgpnn.extend(small, left=0.5, bottom=0.3, settings=FAST)
    finished = finish_in_full(result, full)
    y, x = (2 * side for side in result.corner[1:])
    assert finished.shape == (8, 2 * result.video.shape[1], 2 * result.video.shape[2])
    assert torch.equal(finished.codes[:, y : y + 80, x : x + 72], full.codes)


def test_weights_act_where_a_side_is_wide():
    assert extending.used_settings(Settings(), 0.4, 0.5, 0.0, 0.0).alpha is None
    assert extending.used_settings(Settings(), 0.0, 0.6, 0.0, 0.0).alpha == Settings().alpha


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [("16:9", (1.0802, 1.0802, 0, 0)), ("9:16", (0, 0, 0, 0)), ("1:2", (0, 0, 0.0625, 0.0625))],
)
def test_an_aspect_gives_the_sides(aspect, expected):
    assert extending.sides_for(aspect, 1080, 1920) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [{"aspect": "wide"}, {"aspect": "0:1"}, {"aspect": "90:1"}, {"aspect": "1e-300:1e300"}]
    + [{"left": 3.1}, {"top": -0.1}]
    + [{"aspect": "2:1", "left": 1}],
)
def test_other_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=r"^[^.]+\.$|must be"):
        vgpnn.extend(clip(), **wrong)


def test_sides_make_even_sizes_and_keep_what_does_not_change():
    assert extending.output_shape((5, 41, 37), 0.0, 0.0, 0.0, 0.0) == ((5, 41, 37), (0, 0, 0))
    (_, height, width), (_, y, x) = extending.output_shape((5, 41, 37), 0.5, 0.3, 0.1, 0.0)
    assert height % 2 == width % 2 == 0 and (y, x) == (5, 18)


def test_levels_keep_the_clip_where_it_will_lie():
    codes = clip((6, 60, 40))
    shape, corner = extending.output_shape((6, 60, 40), 0.7, 0.4, 0.0, 0.0)
    settings = vgpnn.PRESETS["extend"]
    levels = extending.levels_around(codes, shape, corner, settings, lambda: None)
    assert len(levels) > 4
    for level in levels:
        scale = level.shape[2] / shape[2]
        (_, _, left), (_, _, right) = level.known
        assert corner[2] * scale <= left < corner[2] * scale + 1
        assert (corner[2] + 40) * scale - 1 < right <= (corner[2] + 40) * scale
    assert torch.equal(levels[-1].kept.codes, codes) and levels[-1].kept.corner == corner


def test_blurred_sides_lie_around_the_clip():
    codes = clip()
    plain = extending.with_blurred_sides(vgpnn.Video(codes, 10), 0.5, 0.5, 0.0, 0.0)
    assert plain.shape == (6, 40, 72) and torch.equal(plain.codes[:, :, 18:54], codes)


def test_pieces_beside_a_clip_are_never_mirrored():
    """Every column of a guess goes on to the right with the column that follows it in the clip."""
    columns = torch.arange(40).to(torch.uint8)[None, None, :, None].expand(3, 4, 40, 3)
    for number in range(around.TRIES):
        for is_before in (True, False):
            piece = around.beside(columns, 30, is_before, number, "1 left")
            steps = (piece[0, 0, 1:, 0].int() - piece[0, 0, :-1, 0].int()).tolist()
            assert steps.count(1) >= 25 and piece.shape == (3, 4, 30, 3)
            assert steps.count(-1) <= 1


def test_pieces_above_come_from_near_the_edge():
    columns = torch.arange(40).to(torch.uint8)[None, None, :, None].expand(3, 4, 40, 3)
    for number in range(2, around.TRIES):
        assert around.along(columns, 16, True, number, "1 top").max() < 30
        assert around.along(columns, 16, False, number, "1 top").min() >= 10


def test_a_side_that_is_one_shifted_copy_is_seen():
    corners = torch.cartesian_prod(torch.arange(3), torch.arange(9), torch.arange(9))
    moved = corners + torch.tensor([1, 0, -5])
    assert around.copied(corners, moved) == 1
    random = torch.randint(0, 40, corners.shape, generator=torch.Generator().manual_seed(0))
    assert around.copied(corners, random) < 0.2
