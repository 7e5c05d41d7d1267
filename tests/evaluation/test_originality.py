"""Pieces of source maps whose pieces are known, and maps that are found by searching."""

import zlib

import numpy as np
import pytest
import scipy.sparse
import torch
from helpers.textures import generator, texture

from vgpnn.evaluation.originality import nnf_diversity, originality, search_map
from vgpnn.source_map import identity


@pytest.mark.parametrize(
    "source_map", [identity((4, 10, 12)), identity((4, 10, 15))[:, :, 3:]], ids=["same", "shifted"]
)
def test_a_copy_is_one_piece(source_map):
    result = originality(source_map)
    assert result.share == 0 and result.sizes.tolist() == [480]
    assert result.largest == result.median == 1


def test_a_random_map_has_small_pieces():
    result = originality(torch.randint(0, 100, (4, 10, 12, 3), generator=generator()))
    assert result.share > 0.99 and result.largest < 0.01 and result.sizes.sum() == 480


def test_a_single_voxel_is_a_copy():
    assert originality(identity((1, 1, 1))).share == 0


def test_a_seam_divides_a_video_into_two_pieces():
    source_map = identity((4, 10, 12))
    source_map[:, :, 9:] += torch.tensor([0, 2, 0], dtype=torch.int16)
    result = originality(source_map)
    pairs = 3 * 480 - 120 - 48 - 40
    assert result.share == pytest.approx(4 * 10 / pairs)
    assert result.sizes.tolist() == [360, 120]
    assert result.largest == 0.75 and result.median == 0.75


def test_a_mirrored_video_is_one_piece_per_column():
    assert originality(identity((4, 10, 12)).flip(2)).sizes.tolist() == [40] * 12


def test_pieces_are_connected_components():
    shape = (4, 9, 11)
    blocks = torch.randint(0, 3, (4, 3, 4), generator=generator())
    shift = blocks.repeat_interleave(3, 1).repeat_interleave(3, 2)[:, :, :11]
    index = np.arange(4 * 9 * 11).reshape(shape)
    edges = []
    for axis in range(3):
        inside = np.diff(shift.numpy(), axis=axis) == 0
        ends = np.split(index, [1], axis)[1], np.split(index, [-1], axis)[0]
        edges.append(np.stack([end[inside] for end in ends]))
    row, column = np.concatenate(edges, 1)
    graph = scipy.sparse.coo_array((np.ones(len(row)), (row, column)), shape=(index.size,) * 2)
    _, label = scipy.sparse.csgraph.connected_components(graph, directed=False)
    expected = sorted(np.bincount(label).tolist(), reverse=True)
    assert len(expected) > 5
    assert originality(identity(shape) + shift[..., None]).sizes.tolist() == expected


def test_the_source_of_a_shifted_copy_is_found():
    source = texture((5, 24, 34))
    assert torch.equal(search_map(source, source[1:, :, 4:]), identity((5, 24, 34))[1:, :, 4:])


@pytest.mark.parametrize(
    "source_map",
    [torch.zeros(4, 8, 8, 3), torch.zeros(4, 8, 8, 2, dtype=torch.int16), identity((4, 8, 8))[0]],
    ids=["float", "two coordinates", "one frame"],
)
def test_a_tensor_that_is_no_source_map_is_refused(source_map):
    with pytest.raises(ValueError, match="whole numbers, not .* give what --source-map saved"):
        originality(source_map)


def test_a_clip_smaller_than_a_patch_is_refused():
    clip = torch.zeros(4, 48, 48, 3)
    with pytest.raises(ValueError, match="smaller than a patch"):
        search_map(clip, clip[:2])


def test_nnf_diversity_is_least_for_copies_and_near_one_for_a_field_without_order():
    shape = 6, 24, 40
    places = identity(shape)
    shifted = places + torch.tensor([0, 0, 5], dtype=torch.int16)
    halves = places.clone()
    halves[:, :, 20:] -= torch.tensor([0, 0, 20], dtype=torch.int16)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(-(2**15), 2**15, (*shape, 3), generator=generator).to(torch.int16)
    found = [nnf_diversity(each) for each in (places, shifted, halves, noise)]
    assert 0 < found[0] <= found[1] < found[2] < 0.1 < 0.95 < found[3] < 1.01


def test_nnf_diversity_counts_bytes_of_a_compressed_field():
    places = identity((2, 3, 4)) + torch.arange(24, dtype=torch.int16).reshape(2, 3, 4, 1)
    moved = np.repeat(np.arange(24, dtype="<i2")[None], 3, 0).tobytes()
    assert nnf_diversity(places) == len(zlib.compress(moved, 9)) / len(moved)
