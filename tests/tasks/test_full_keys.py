"""Keys in full keep what a result keeps out, between frames, too."""

import torch
from helpers.clips import codes

import vgpnn
from vgpnn.tasks.full_keys import enlarged_region, usable_keys

CPU = torch.device("cpu")


def test_the_region_of_a_frame_in_between_is_that_of_both_its_neighbours():
    region = torch.zeros(2, 2, 4, dtype=torch.bool)
    region[0, 0, 1] = region[1, 0, 2] = True
    enlarged = enlarged_region(region, (4, 2, 8))
    rows = enlarged[:, 0].int().tolist()
    assert rows[0] == [0, 0, 1, 1, 0, 0, 0, 0] and rows[1] == [0, 0, 1, 1, 1, 1, 0, 0]
    assert rows[2] == rows[3] == [0, 0, 0, 0, 1, 1, 0, 0]
    assert not enlarged[:, 1].any()


def test_keys_touch_nothing_that_is_forbidden():
    forbidden = torch.zeros(4, 16, 20, dtype=torch.bool)
    forbidden[:, 4:6, 8:11] = True
    result = vgpnn.generate(
        codes((4, 16, 20), 1),
        preference=vgpnn.Preference(none=forbidden),
        settings=vgpnn.preset("generate", "fast"),
    )
    usable = usable_keys(result, (4, 32, 40), (3, 7, 7), CPU, lambda: None)
    assert tuple(usable.shape) == (2, 26, 34)
    assert not usable[:, 2:12, 10:22].any() and usable[:, 12:].all() and usable[:, :, 22:].all()


def test_all_keys_may_be_used_where_nothing_is_kept_out():
    result = vgpnn.generate(codes((3, 16, 20), 1), settings=vgpnn.preset("generate", "fast"))
    assert usable_keys(result, (3, 32, 40), (3, 7, 7), CPU, lambda: None) is None
