"""How often a tile is shown."""

import pytest

from vgpnn.service.wall import wall_of


@pytest.mark.parametrize(("axes", "wall"), [("x", [1, 2]), ("y", [2, 1]), ("both", [2, 2])])
def test_a_tile_is_shown_twice_along_what_repeats(axes, wall):
    assert wall_of("tile", {"axes": axes}) == {"wall": wall}


def test_other_tasks_have_no_wall():
    assert wall_of("resize", {"axes": "x"}) == {}
