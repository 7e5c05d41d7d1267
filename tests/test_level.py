"""What a task gives to the loop at one level."""

import torch
from helpers.clips import codes

from vgpnn.codes import encode
from vgpnn.level import Level, shapes_of

SOURCE, SHAPE = (4, 9, 11), (3, 7, 8)


def structured(colours: bool) -> tuple[Level, torch.Tensor, torch.Tensor]:
    """A level with dynamic structure of the query, (T, H, W, 1), and of the key."""
    generator = torch.Generator().manual_seed(0)
    wanted, known = (torch.rand(*shape, 1, generator=generator) for shape in (SHAPE, SOURCE))
    return Level(codes(SOURCE, 0), SHAPE, (wanted, known), colours), wanted, known


def test_samples_share_one_piece_of_keys():
    level = Level(codes(SOURCE, 0), SHAPE)
    guess = torch.stack([codes(SHAPE, 1), codes(SHAPE, 2)])
    query, key = level.compared(guess, level.source)
    assert torch.equal(query, guess)
    assert key.shape == (2, *SOURCE, 3) and key.stride(0) == 0
    assert torch.equal(key[1], level.source)


def test_structure_is_a_fourth_channel():
    level, wanted, known = structured(colours=True)
    guess = torch.stack([codes(SHAPE, 1), codes(SHAPE, 2)])
    query, key = level.compared(guess, level.source)
    assert torch.equal(query[..., :3], guess) and torch.equal(key[1, ..., :3], level.source)
    assert torch.equal(query[1, ..., 3:], encode(wanted))
    assert torch.equal(key[1, ..., 3:], encode(known))


def test_without_colours_structure_alone_is_compared():
    level, wanted, known = structured(colours=False)
    query, key = level.compared(codes(SHAPE, 1)[None], level.source)
    assert not query[..., :3].any() and not key[..., :3].any()
    assert torch.equal(query[0, ..., 3:], encode(wanted))
    assert torch.equal(key[0, ..., 3:], encode(known))


def test_outside_the_region_the_source_is_put_back():
    source, guess = codes(SOURCE, 0), codes(SOURCE, 1)[None]
    region = torch.zeros(SOURCE, dtype=torch.bool)
    region[1:3, 2:5, 3:7] = True
    made = Level(source, SOURCE, region=region).with_source_outside(guess)
    assert torch.equal(made[0][region], guess[0][region])
    assert torch.equal(made[0][~region], source[~region])
    assert Level(source, SOURCE).with_source_outside(guess) is guess


def test_shapes_are_those_of_source_and_result():
    assert shapes_of([Level(codes(SOURCE, 0), SHAPE)]) == [(SOURCE, SHAPE)]


def test_a_level_says_which_keys_are_usable():
    source, patch = codes(SOURCE, 0), (3, 5, 5)
    assert Level(source, SOURCE).usable_keys(patch) is None
    region, unknown = torch.zeros(SOURCE, dtype=torch.bool), torch.zeros(SOURCE)
    region[:, :, 10:], unknown[:, :, :1] = True, 1.0
    outside = Level(source, SOURCE, region=region).usable_keys(patch)
    known = Level(source, SOURCE, unknown=unknown).usable_keys(patch)
    assert not outside[:, :, 6:].any() and outside[:, :, :6].all()
    assert not known[:, :, :1].any() and known[:, :, 1:].all()
    both = Level(source, SOURCE, region=region, unknown=unknown).usable_keys(patch)
    assert torch.equal(both, outside & known)
    tolerant = Level(source, SOURCE, unknown=unknown, tolerance=0.2).usable_keys(patch)
    assert tolerant.all()
