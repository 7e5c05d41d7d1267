"""Layouts of new takes: the picture's columns in another order, for diverse generation.

The paper starts from the coarsest level plus noise. What a take will be is decided on the few
coarsest levels, so here it is drawn outright: a layout cuts the picture into few upright pieces and
puts them in another order, some of them mirrored. Every column is there exactly once, so nothing of
the source is left out from the start, and few long pieces leave things whole.

A layout is drawn by a seed and a name. The name of a draft is its number, such as "17". "17.2" is
the second variation of draft 17: it has the order of its pieces, and cuts near to theirs.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from vgpnn.codes import decode

PIECES = (2, 4)  # least and most pieces of a layout
LEAST_PIECE = 0.1  # width of the narrowest piece, in widths of the picture
SMALL_PAN = (0.05, 0.2)  # a pan that leaves one large thing whole, in widths of the picture
FITTED_DRAWS = 24  # orders of which the one is taken whose joins fit best
CUT_SHIFT = 0.12  # a cut of a variation is at most so far from the one before, in widths
MOST_PARTS = 8  # numbers in the name of a draft: itself, its variation, a variation of that, ...
LONGEST_NAME = 10 * MOST_PARTS  # characters
UNCHANGED_COLUMNS = 2  # [px] a layout all of whose columns are as near to their places is a copy


@dataclass(frozen=True)
class Piece:
    """Source columns from `start` to before `stop` [px], from right to left if it is mirrored."""

    start: int
    stop: int
    mirrored: bool = False

    @property
    def columns(self) -> list[int]:
        """The source columns in the order in which they are shown."""
        columns = list(range(self.start, self.stop))
        return columns[::-1] if self.mirrored else columns


@dataclass(frozen=True)
class Layout:
    """Pieces of the picture from left to right; together they hold every source column once.

    kind: a key of `KINDS`, how it was drawn.
    """

    kind: str
    pieces: tuple[Piece, ...]

    @property
    def columns(self) -> list[int]:
        """For every column of the result the source column that is put there."""
        return [column for piece in self.pieces for column in piece.columns]

    @property
    def is_copy(self) -> bool:
        """Whether all columns are so near to their own places that the take would be a copy."""
        return all(
            abs(column - place) <= UNCHANGED_COLUMNS for place, column in enumerate(self.columns)
        )


def arranged(source: torch.Tensor, layout: Layout) -> torch.Tensor:
    """A source (T, H, W, C) with its columns in the order of a layout of W columns."""
    return source[:, :, layout.columns]


def draw(source: torch.Tensor, seed: int, name: str) -> Layout | None:
    """The layout of a draft, or None where it would be a copy of the source.

    source: (T, H, W, 3) uint8 codes of the coarsest level, in whose columns the pieces are cut.
    name: "17", or "17.2" for a variation. Raises ValueError for a text that is no name.
    """
    number, *variations = parts(name)
    width, kind = source.shape[2], IN_TURN[number % len(IN_TURN)]
    chance = random.Random(f"{seed} {number}")
    if width < 2:
        return None
    layout = Layout(kind, KINDS[kind](source, chance))
    for depth in range(1, len(variations) + 1):
        if layout.is_copy:
            return None
        inner = ".".join(map(str, (number, *variations[:depth])))
        layout = varied(layout, width, random.Random(f"{seed} {inner}"))
    return None if layout.is_copy else layout


def parts(name: str) -> list[int]:
    """The numbers of a draft's name: [17, 2] of "17.2". Raises ValueError for another text."""
    words = str(name)[: LONGEST_NAME + 1].split(".")
    if len(words) > MOST_PARTS:
        raise ValueError(
            f"A draft is a variation of a variation at most {MOST_PARTS} deep: start from another."
        )
    if not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ValueError(
            'A draft is a number, or a number of it such as "17.2", '
            f"not {str(name)[:LONGEST_NAME]!r}."
        )
    return [int(word) for word in words]


def cut(width: int, chance: random.Random, count: int) -> list[tuple[int, int]]:
    """Cut a width [px] at random into at most `count` pieces, none narrower than LEAST_PIECE.

    Returns the start and the stop of every piece, from left to right.
    """
    least = max(1, round(LEAST_PIECE * width))
    count = max(1, min(count, width // least))
    room = width - count * least  # what is shared out at random beyond the least widths
    cuts = sorted(round(chance.random() * room) for _ in range(count - 1))
    edges = [0, *(place + least * number for number, place in enumerate(cuts, 1)), width]
    return list(zip(edges, edges[1:]))


def in_another_order(source: torch.Tensor, chance: random.Random) -> tuple[Piece, ...]:
    """A few pieces in any order."""
    low, high = PIECES
    pieces = cut(source.shape[2], chance, low + int(chance.random() * (high - low + 1)))
    return tuple(Piece(*piece) for piece in shuffled(pieces, chance))


def fitted(source: torch.Tensor, chance: random.Random) -> tuple[Piece, ...]:
    """Of some orders, the one in which neighbours at the joins look most like going on."""
    costs = join_costs(source)
    drawn = [in_another_order(source, chance) for _ in range(FITTED_DRAWS)]
    changed = [pieces for pieces in drawn if not Layout("", pieces).is_copy]
    return min(changed or drawn, key=lambda pieces: join_cost(pieces, costs))


def panned(source: torch.Tensor, chance: random.Random) -> tuple[Piece, ...]:
    """The camera turned to one side: what leaves the picture comes in at the other side."""
    return around(source.shape[2], LEAST_PIECE + (1 - 2 * LEAST_PIECE) * chance.random())


def slightly_panned(source: torch.Tensor, chance: random.Random) -> tuple[Piece, ...]:
    """A pan of a few per cent to either side, for clips with one large thing."""
    low, high = SMALL_PAN
    share = low + (high - low) * chance.random()
    return around(source.shape[2], share if chance.random() < 0.5 else 1 - share)


def mirrored(source: torch.Tensor, chance: random.Random) -> tuple[Piece, ...]:
    """The whole picture seen in a mirror, and panned: large things stay whole."""
    pieces = around(source.shape[2], chance.random())
    return tuple(replace(piece, mirrored=True) for piece in pieces[::-1])


KINDS: dict[str, Callable[[torch.Tensor, random.Random], tuple[Piece, ...]]] = {
    "order": in_another_order,
    "pan": panned,
    "fitted": fitted,
    "mirror": mirrored,
    "small pan": slightly_panned,
}
# The kind of draft 0, of draft 1 and so on, again and again, so that drafts differ in kind.
IN_TURN = ("order", "pan", "fitted", "mirror", "order", "small pan")


def around(width: int, share: float) -> tuple[Piece, ...]:
    """Two pieces in the other order: the picture turned by a share of its width, in [0, 1]."""
    column = min(width, round(share * width))
    pieces = Piece(column, width), Piece(0, column)
    return tuple(piece for piece in pieces if piece.start < piece.stop)


def shuffled(items: list, chance: random.Random) -> list:
    """The items in an order other than their own, where there are two or more."""
    while True:
        # By random numbers alone, because how `random.shuffle` uses them may change.
        order = sorted(range(len(items)), key=[chance.random() for _ in items].__getitem__)
        if order != sorted(order) or len(items) < 2:
            return [items[number] for number in order]


def varied(layout: Layout, width: int, chance: random.Random) -> Layout:
    """A layout with the same order of its pieces, and every cut moved a little."""
    stops = sorted(piece.stop for piece in layout.pieces)[:-1]
    moved = {0: 0, width: width}
    for stop in stops:
        shift = round((2 * chance.random() - 1) * CUT_SHIFT * width)
        moved[stop] = min(width - 1, max(1, stop + shift))
    places = sorted(moved)
    ordered = dict(zip(places, sorted(moved.values())))  # cuts do not pass each other
    pieces = [
        replace(piece, start=ordered[piece.start], stop=ordered[piece.stop])
        for piece in layout.pieces
    ]
    if not stops:  # a mirrored whole has no cuts: pan it
        turn = 1 + int(chance.random() * (width - 1))
        pieces = [Piece(0, turn, True), Piece(turn, width, True)]
    return replace(layout, pieces=tuple(p for p in pieces if p.start < p.stop))


def join_costs(source: torch.Tensor) -> torch.Tensor:
    """(W, W): what it costs to put column q at the right of column p, in row p and column q.

    source: (T, H, W, 3) codes. The cost is the mean squared difference, in values, of q to the
    column that follows p in the source, and of p to the one before q. Where the picture ends there
    is no such column, and p and q are compared with each other.
    """
    columns = decode(source.cpu()).permute(2, 0, 1, 3).flatten(1)
    difference = torch.cdist(columns, columns).square() / columns.shape[1]
    following, before = torch.zeros_like(difference), torch.zeros_like(difference)
    following[:-1], before[:, 1:] = difference[1:], difference[:, :-1]
    following[-1], before[:, 0] = before[-1], following[:, 0]
    following[-1, 0] = before[-1, 0] = difference[-1, 0]
    return (following + before) / 2


def join_cost(pieces: tuple[Piece, ...], costs: torch.Tensor) -> float:
    """The cost of all joins of a layout, per column. costs: see `join_costs`."""
    pairs = zip(pieces, pieces[1:])
    return sum(costs[a.columns[-1], b.columns[0]].item() for a, b in pairs) / len(costs)
