"""Closing a clip: its last column is made to lead into its first one, or its last row.

A moved copy of the clip lies over its two edges. Its own edges lie hidden under the clip, and
the two are joined along the lines of least difference, which are the same in all frames (image
quilting, Efros and Freeman 2001). What they differ by in brightness is spread over the picture
(Poisson image editing, Perez et al. 2003), because a tile repeats every step that is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from vgpnn import pyramid
from vgpnn.codes import decode, encode
from vgpnn.wrapping import Wraps

REACH = 0.25  # how far from the edge the copy may reach, in sides of the clip
BLUR = 3  # [px] side of the square over which differences are averaged
# Brightness over squares of such a share of the shorter side counts this much less: it is spread.
BROAD, BROAD_LESS = 0.15, 0.4
# What a copy costs that reaches as far as it may, in mean differences of a clip and its copies.
COPY_COST = 0.4
LARGE = 0.35  # of a difference of colours at a line, in values
SMALLEST = 8  # [px] side of a clip that can be cut
# Lines are looked for in a clip of at most this many rows or columns on its shorter side, and this
# many frames, which lie as far apart as they can.
SEARCHED_SIDE, SEARCHED_FRAMES = 96, 16


@dataclass(frozen=True)
class Closing:
    """How a clip is closed along one axis, for clips of any size.

    axis: 1 where the last row leads into the first, 2 for columns, of which the rest speaks.
    move: of the copy, in widths. turn: of the closed clip, in widths, so that its first column
        lies where little differs from the one before.
    before, after: (N,) for rows at equal distances the first column of the clip, and the first one
        of the copy after it, in widths.
    goes_round: whether rows go round already.
    """

    axis: int
    move: float
    turn: float
    before: np.ndarray
    after: np.ndarray
    goes_round: bool

    def is_copy(self, height: int, width: int) -> torch.Tensor:
        """(H, W) bool: where the copy is seen."""
        rows, columns = (height, width) if self.axis == 2 else (width, height)
        known = (np.arange(len(self.before)) + 0.5) / len(self.before)
        wanted = (np.arange(rows) + 0.5) / rows
        ends = [np.interp(wanted, known, line)[:, None] for line in (self.before, self.after)]
        middles = (np.arange(columns) + 0.5) / columns
        seen = torch.from_numpy((middles < ends[0]) | (middles >= ends[1]))
        return seen if self.axis == 2 else seen.T

    def turned(self, values: torch.Tensor) -> torch.Tensor:
        """What was closed, (H, W) and more, with its first column in its place."""
        axis = self.axis - 1
        return values.roll(round(self.turn * values.shape[axis]), axis)

    def closed(
        self, codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """(T, H, W, 3) codes, closed. checkpoint: called several times a frame; may raise to
        cancel."""
        is_copy, result = self.is_copy(*codes.shape[1:3]), torch.empty_like(codes)
        wraps = self.axis == 1 or self.goes_round, self.axis == 2 or self.goes_round
        for number, frame in enumerate(codes):
            checkpoint()
            clip = decode(frame)
            made = joined(clip, self.moved(clip), is_copy, wraps, checkpoint)
            result[number] = self.turned(encode(made))
        return result

    def moved(self, values: torch.Tensor) -> torch.Tensor:
        """The copy of what there is at each pixel, (H, W) and more."""
        axis = self.axis - 1
        return values.roll(round(self.move * values.shape[axis]), axis)

    def sources(self, places: torch.Tensor) -> torch.Tensor:
        """(H, W, 2): of each pixel the place (y, x) that it had before the clip was closed.

        places: those of each pixel of the clip.
        """
        is_copy = self.is_copy(*places.shape[:2])[..., None]
        return self.turned(torch.where(is_copy, self.moved(places), places))

    def with_lines(self, lines: torch.Tensor) -> torch.Tensor:
        """(H, W) bool: the pixels on either side of a line, of this closing or of those before.

        lines: where those before had one.
        """
        is_copy, axis = self.is_copy(*lines.shape), self.axis - 1
        lines = torch.where(is_copy, self.moved(lines), lines)
        beside = is_copy != is_copy.roll(1, axis)
        return self.turned(lines | beside | beside.roll(-1, axis))


def closings(
    codes: torch.Tensor, wraps: Wraps, checkpoint: Callable[[], None] = lambda: None
) -> tuple[Closing, ...]:
    """How a clip is closed, axis after axis. codes: (T, H, W, 3).

    An axis with less than SMALLEST pixels is left as it is.
    checkpoint: called several times a second; may raise to cancel.
    """
    frames, *size = codes.shape[:3]
    chosen = np.unique(np.linspace(0, frames - 1, min(frames, SEARCHED_FRAMES)).round())
    scale = min(1.0, SEARCHED_SIDE / min(size))
    shape = (len(chosen), *(max(1, round(side * scale)) for side in size))
    small, found = pyramid.resize(codes.cpu()[chosen.astype(int)], shape, checkpoint), []
    for axis in (2, 1):
        if wraps[axis - 1] and small.shape[axis] >= SMALLEST:
            found.append(_closing(decode(small), axis, bool(found), checkpoint))
            small = found[-1].closed(small, checkpoint)
    return tuple(found)


def _closing(
    frames: torch.Tensor, axis: int, goes_round: bool, checkpoint: Callable[[], None]
) -> Closing:
    """The closing whose lines cost least. frames: (T, H, W, 3) values."""
    across = frames if axis == 2 else frames.transpose(1, 2)
    width = across.shape[2]
    reach = int(REACH * width)
    moves = range(reach, width - reach + 1)
    fine, costs = without_broad(across), []
    for move in moves:
        checkpoint()
        each = difference(fine, fine.roll(move, 2))
        costs.append(each[:, 1:] + each[:, :-1])  # of a line before column 1, 2 ...
    costs = torch.stack(costs)  # (M, H, W - 1)
    costs /= costs.mean().clamp(min=1e-6)
    far = COPY_COST * torch.arange(1, reach) / reach
    firsts, first = least_lines(costs[..., : reach - 1] + far, goes_round, checkpoint)
    lasts, last = least_lines(costs[..., 1 - reach :] + far.flip(0), goes_round, checkpoint)
    best = int((first + last).argmin())
    move, lines = moves[best], (firsts[best] + 1, lasts[best] + width - reach + 1)
    before, after = (line.double().numpy() / width for line in lines)
    found = Closing(axis, move / width, 0.0, before, after, goes_round)
    checkpoint()
    closed = found.closed(encode(frames), checkpoint)
    return replace(found, turn=quiet_turn(closed if axis == 2 else closed.transpose(1, 2)))


def quiet_turn(codes: torch.Tensor) -> float:
    """The turn, in widths, that puts the first column where it differs least from the one before.

    codes: (T, H, W, 3), closed along the columns.
    """
    width = codes.shape[2]
    steps = (codes.float() - codes.roll(1, 2).float()).abs().mean((0, 1, 3))
    steps = (2 * steps + steps.roll(1, 0) + steps.roll(-1, 0)) / 4
    turns = torch.arange(-int(REACH * width), int(REACH * width) + 1)
    return int(turns[steps[-turns].argmin()]) / width


def without_broad(frames: torch.Tensor) -> torch.Tensor:
    """Frames, (T, H, W, 3), with most of their broad differences of brightness taken away."""
    side = 2 * int(BROAD * min(frames.shape[1:3]) / 2) + 1
    pictures = frames.movedim(3, 1)
    broad = F.avg_pool2d(pictures, side, 1, side // 2, count_include_pad=False)
    return (pictures - BROAD_LESS * broad).movedim(1, 3)


def difference(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """(H, W): how different two clips are at each pixel, over all frames. Both (T, H, W, 3)."""
    apart = (one - other).norm(dim=-1).mean(0)
    return F.avg_pool2d(apart[None], BLUR, 1, BLUR // 2, count_include_pad=False)[0]


def least_lines(
    costs: torch.Tensor, goes_round: bool = False, checkpoint: Callable[[], None] = lambda: None
) -> tuple[torch.Tensor, torch.Tensor]:
    """(K, H) int64: in K pictures a column for every row, at most one from that of the row above,
    such that they cost least together; and (K,), the mean cost of a row.

    costs: (K, H, N). goes_round: whether the last row leads into the first.
    """
    height, turns = costs.shape[1], costs
    if goes_round:  # the middle one of three turns
        turns = costs.repeat(1, 3, 1)
    total, came_from = turns[:, 0], []
    for row in turns.unbind(1)[1:]:
        checkpoint()
        least, step = F.pad(total, (1, 1), value=torch.inf).unfold(1, 3, 1).min(2)
        came_from.append(step - 1)
        total = least + row
    column = total.argmin(1, keepdim=True)
    columns = [column]
    for step in reversed(came_from):
        column = column + step.gather(1, column)
        columns.append(column)
    found = torch.cat(columns[::-1], 1)
    if goes_round:
        found = found[:, height : 2 * height]
    return found, costs.gather(2, found[..., None])[..., 0].mean(1)


def joined(
    clip: torch.Tensor,
    copy: torch.Tensor,
    is_copy: torch.Tensor,
    wraps: Wraps,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Two pictures joined along lines, such that no difference of brightness is left there.

    clip, copy: (H, W, 3) values. is_copy: (H, W) bool. wraps: whether rows, and columns, go round.
    The steps between pixels are those of the one or the other picture, and at a line the mean of
    both, as nearly as they can be; the mean of the whole stays. A difference that is LARGE stays,
    too: there a thing ends at the line, and its brightness would flow out.
    """
    height, width = is_copy.shape
    # Where a picture does not go round it is mirrored, so that there is no step at its edge.
    rows, columns = (
        torch.minimum(places := torch.arange(n * (2 - on)), 2 * n - 1 - places)
        for n, on in zip((height, width), wraps)
    )
    one, other = (picture[rows][:, columns] for picture in (clip, copy))
    weight = is_copy[rows][:, columns, None].to(clip.dtype)
    wanted = torch.zeros_like(one)  # the sum of the steps away from each pixel
    hard = torch.where(weight > 0, other, one)
    for axis in (0, 1):
        checkpoint()
        share = (weight + weight.roll(-1, axis)) / 2
        steps = (one.roll(-1, axis) - one).lerp(other.roll(-1, axis) - other, share)
        apart = hard.roll(-1, axis) - hard - steps  # 0 but at a line
        large = (apart.norm(dim=-1, keepdim=True) / LARGE) ** 4
        steps += apart * (1 - torch.exp(-large))
        wanted += steps.roll(1, axis) - steps
    high, wide = (2 - 2 * (2 * torch.pi * torch.arange(n) / n).cos() for n in wanted.shape[:2])
    del one, other, hard, weight, steps, apart, large, share
    laplace = high[:, None] + wide[: wanted.shape[1] // 2 + 1]
    laplace[0, 0] = 1.0
    solved = torch.empty_like(clip)
    for channel in range(3):  # one after the other: they are large
        checkpoint()
        waves = torch.fft.rfft2(wanted[..., channel]) / laplace
        waves[0, 0] = 0.0
        checkpoint()
        inverse = torch.fft.irfft2(waves, s=wanted.shape[:2])
        solved[..., channel] = inverse[:height, :width]
    mean = torch.where(is_copy[..., None], copy, clip).mean((0, 1))
    return (solved - solved.mean((0, 1)) + mean).clamp(-1, 1)
