"""Layouts: pieces of the picture in another order."""

import random

import pytest
import torch
from helpers.clips import codes, drifting_texture

from vgpnn.tasks import layouts
from vgpnn.tasks.layouts import Layout, Piece

SOURCE = codes((3, 15, 27), 0)
NAMES = [str(number) for number in range(36)]


@pytest.mark.parametrize("width", [7, 15, 27, 40])
def test_every_column_is_there_once(width):
    source = codes((3, 9, width), 0)
    drawn = [layouts.draw(source, seed, name) for seed in (0, 1) for name in NAMES]
    assert sum(layout is not None for layout in drawn) > len(drawn) / 2
    for layout in filter(None, drawn):
        assert sorted(layout.columns) == list(range(width))


def test_pieces_are_few_and_not_narrow():
    for name in NAMES:
        layout = layouts.draw(SOURCE, 3, name)
        if layout is None or layout.kind in ("mirror", "small pan"):
            continue
        assert layouts.PIECES[0] <= len(layout.pieces) <= layouts.PIECES[1]
        least = round(layouts.LEAST_PIECE * 27)
        assert min(piece.stop - piece.start for piece in layout.pieces) >= least


def test_the_same_seed_and_name_draw_the_same_layout_and_others_draw_others():
    drawn = {name: layouts.draw(SOURCE, 3, name) for name in NAMES}
    assert drawn == {name: layouts.draw(SOURCE, 3, name) for name in NAMES}
    assert len({layout.pieces for layout in filter(None, drawn.values())}) > len(NAMES) / 2
    assert drawn != {name: layouts.draw(SOURCE, 4, name) for name in NAMES}


def test_kinds_come_in_turn():
    kinds = [layouts.draw(SOURCE, 1, name) for name in NAMES]
    for number, layout in enumerate(kinds):
        assert layout is None or layout.kind == layouts.IN_TURN[number % len(layouts.IN_TURN)]
    assert {layout.kind for layout in filter(None, kinds)} == set(layouts.KINDS)


def test_a_layout_without_a_change_is_a_copy_and_is_not_drawn(monkeypatch):
    whole = Layout("", (Piece(0, 27),))
    nearly = Layout("", (Piece(1, 27), Piece(0, 1)))
    assert whole.is_copy and not nearly.is_copy  # one column has gone to the other side
    assert Layout("", (Piece(0, 3, True), Piece(3, 27))).is_copy
    monkeypatch.setitem(layouts.KINDS, "order", lambda source, chance: whole.pieces)
    assert layouts.draw(SOURCE, 0, "0") is None and layouts.draw(SOURCE, 0, "0.1") is None


def test_a_clip_of_one_column_has_no_layout():
    assert layouts.draw(codes((3, 9, 1), 0), 0, "0") is None


def test_columns_are_put_where_the_layout_says():
    source = torch.arange(6).reshape(1, 1, 6, 1)
    layout = Layout("", (Piece(4, 6), Piece(0, 3, True), Piece(3, 4)))
    assert layouts.arranged(source, layout).flatten().tolist() == [4, 5, 2, 1, 0, 3]


def test_a_variation_keeps_the_order_and_moves_the_cuts():
    for name in NAMES:
        parent = layouts.draw(SOURCE, 5, name)
        if parent is None or len(parent.pieces) < 2:
            continue
        variations = [layouts.draw(SOURCE, 5, f"{name}.{number}") for number in range(8)]
        assert len({each and each.pieces for each in variations}) > 1
        for each in filter(None, variations):
            assert sorted(each.columns) == list(range(27)) and each.kind == parent.kind
            if len(each.pieces) == len(parent.pieces):
                assert order(each) == order(parent)
                for one, other in zip(each.pieces, parent.pieces):
                    assert one.mirrored == other.mirrored
                    assert abs(one.start - other.start) <= 2 * layouts.CUT_SHIFT * 27 + 1


def order(layout):
    starts = [piece.start for piece in layout.pieces]
    return [sorted(starts).index(start) for start in starts]


def test_a_variation_of_a_variation_depends_on_its_whole_name():
    assert layouts.draw(SOURCE, 5, "3.1.2") == layouts.draw(SOURCE, 5, "3.1.2")
    pieces = {name: layouts.draw(SOURCE, 5, name) for name in ("3.1.2", "3.2.2", "9.1.2")}
    assert len({each.pieces for each in pieces.values()}) == 3


@pytest.mark.parametrize("name", ["", "-1", "1.", "1.x", "one", "1..2", "²"])
def test_another_text_is_no_name(name):
    with pytest.raises(ValueError, match="A draft is a number, or a number of it such as"):
        layouts.draw(SOURCE, 0, name)


def test_joins_cost_nothing_where_the_source_goes_on():
    costs = layouts.join_costs(SOURCE)
    following = torch.arange(26)
    assert costs.shape == (27, 27)
    assert costs[following, following + 1].abs().max() < 1e-6
    assert costs[26, 0] > 0.01 and costs[3, 20] > 0.01
    assert layouts.join_cost((Piece(0, 9), Piece(9, 27)), costs) < 1e-6
    wrapped = layouts.join_cost((Piece(9, 27), Piece(0, 9)), costs)
    assert wrapped == pytest.approx(costs[26, 0].item() / 27)


def test_fitted_pieces_have_cheaper_joins_than_any_others():
    source = drifting_texture((3, 15, 27), 0)
    costs = layouts.join_costs(source)
    fitted, free = (
        sum(layouts.join_cost(make(source, random.Random(n)), costs) for n in range(10))
        for make in (layouts.fitted, layouts.in_another_order)
    )
    assert fitted < 0.8 * free
