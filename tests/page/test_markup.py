"""Pieces of HTML: what a user named is text in them, and nothing else."""

from __future__ import annotations

import pytest

from vgpnn.page import markup

EVIL = "<img src=x onerror=alert(1)>'\""


@pytest.mark.parametrize(
    "piece",
    [
        markup.problem(ValueError(EVIL)),
        markup.hint(EVIL),
        markup.player(EVIL, EVIL, EVIL, (9, 16)),
        markup.table(Input=EVIL),
    ],
    ids=["problem", "hint", "player", "table"],
)
def test_markup_in_a_name_is_text(piece):
    assert "<img" not in piece and "&lt;img" in piece
    assert "x'" not in piece.replace("'\">", "")  # no attribute ends early


def test_a_table_has_a_row_for_each_name():
    assert markup.table(Input="5 s", Time="1 s").count("<dt>") == 2
