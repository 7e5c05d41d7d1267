"""Which patches are keys where parts of a source are a guess."""

import pytest
import torch

from vgpnn.known_keys import known_keys
from vgpnn.patches import unfold

PATCH = (3, 5, 5)


@pytest.mark.parametrize("patch", [(1, 1, 1), (2, 3, 4), (3, 7, 5)], ids=str)
def test_a_strict_rule_allows_no_voxel_of_a_guess(patch):
    unknown = (torch.rand(6, 12, 15, generator=torch.Generator().manual_seed(0)) < 0.02).float()
    touched = unfold(unknown[..., None], patch).sum(1) > 0
    assert torch.equal(known_keys(unknown, patch).flatten(), ~touched)


def test_a_patch_is_known_that_has_no_more_of_a_guess_than_it_may():
    unknown = torch.zeros(4, 9, 12)
    unknown[:, :, 8:] = 1
    strict = known_keys(unknown, PATCH)
    assert strict[:, :, :4].all() and not strict[:, :, 4:].any()
    half = known_keys(unknown, PATCH, tolerance=0.5)
    assert half[:, :, :6].all() and not half[:, :, 6:].any()


def test_where_nothing_is_known_the_best_known_patches_are_keys():
    unknown = torch.full((4, 9, 12), 0.9)
    unknown[:, :, :5] = 0.3
    usable = known_keys(unknown, PATCH)
    assert usable[:, :, 0].all() and not usable[:, :, 1:].any()
    assert known_keys(torch.ones(4, 9, 12), PATCH).all()
