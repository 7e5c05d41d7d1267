"""Keys that may be used, and fields that are kept out of a region."""

import torch

from vgpnn import fields, outside
from vgpnn.outside import keys_outside, moved_outside, usable_slack
from vgpnn.patches import corners

PATCH = (3, 5, 5)


def test_keys_outside_touch_no_voxel_of_the_region():
    region = torch.rand(5, 12, 14, generator=torch.Generator().manual_seed(1)) > 0.97
    usable = keys_outside(region, PATCH)
    for t, y, x in corners(region.shape, PATCH).reshape(-1, 3).tolist():
        touches = region[t : t + 3, y : y + 5, x : x + 5].any()
        assert usable[t, y, x] == ~touches
    assert usable.any() and not usable.all()


def test_matches_are_moved_to_the_usable_key_before():
    usable = torch.tensor([[[False, True, False, False, True, False]]])
    field = corners((1, 1, 6), (1, 1, 1)).short()
    moved = moved_outside(field[None], usable)
    assert moved[0, 0, 0, :, 2].tolist() == [1, 1, 1, 1, 4, 4]


def test_a_gpu_takes_all_frames_at_once(monkeypatch):
    region = torch.rand(5, 12, 14, generator=torch.Generator().manual_seed(1)) > 0.97
    usable = keys_outside(region, PATCH)
    field = fields.identity(2, region.shape, PATCH, torch.device("cpu"))
    moved = moved_outside(field, usable)
    monkeypatch.setattr(outside, "_slabs", lambda frames: [slice(0, len(frames))])
    assert torch.equal(keys_outside(region, PATCH), usable)
    assert torch.equal(moved_outside(field, usable), moved)


def test_the_usable_slack_is_zero_where_a_key_may_not_be_used():
    usable = torch.tensor([[[True, False], [True, True]]])
    slack = torch.rand(2, 1, 2, 2, dtype=torch.double) + 0.1
    assert usable_slack(None, None, 2) is None
    assert usable_slack(slack, None, 2) is slack
    weighted = usable_slack(slack, usable, 2)
    assert torch.equal(weighted == 0, ~usable.expand(2, 1, 2, 2))
    assert torch.equal(weighted[:, usable], slack[:, usable])
    assert torch.equal(usable_slack(None, usable, 2), usable.double().expand(2, 1, 2, 2))
