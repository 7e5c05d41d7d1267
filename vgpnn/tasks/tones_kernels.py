"""The kernels of `tones`: what seams ask for, and the change that is added to a frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from vgpnn.machine.kernels import helper_of, kernel_of


@lru_cache(maxsize=1)
def settling(reach: int) -> Callable:
    """The kernel that tells of which piece every voxel is. reach: [px] that are looked at."""
    rows_beside, columns_beside = (0, 0, 1, -1, 1, 1, -1, -1), (1, -1, 0, 0, 1, -1, 1, -1)

    @helper_of(reach)
    def distance(codes, row, column, source, t, y, x):
        """How far the codes of a voxel are from those of a place in the source."""
        off = 0
        for channel in range(3):
            there = np.int32(source[t, y, x, channel])
            off += abs(np.int32(codes[row, column, channel]) - there)
        return off

    @kernel_of(reach)
    def settle(out, codes, places, source, _, start, stop):
        """out: (H, W, 3) int16, overwritten. The other arrays are those of `tones.settled`.
        start, stop: rows of the frame."""
        height, width = codes.shape[:2]
        for row in range(start, stop):
            above, below = max(row - reach, 0), min(row + reach, height - 1)
            for column in range(width):
                left, right = max(column - reach, 0), min(column + reach, width - 1)
                t, y, x = places[row, column]
                out[row, column, 0], out[row, column, 1], out[row, column, 2] = t, y, x
                off = places[row, left, 2] - left + column - x
                off |= places[row, right, 2] - right + column - x
                off |= places[above, column, 1] - above + row - y
                off |= places[below, column, 1] - below + row - y
                off |= (places[row, left, 0] - t) | (places[row, right, 0] - t)
                off |= (places[above, column, 0] - t) | (places[below, column, 0] - t)
                if off == 0:  # there is no seam nearby
                    continue
                nearest = distance(codes, row, column, source, t, y, x)
                for far in range(1, reach + 1):
                    if nearest == 0:
                        break
                    for direction in range(8):
                        there = row + far * rows_beside[direction]
                        beside = column + far * columns_beside[direction]
                        if not (0 <= there < height and 0 <= beside < width):
                            continue
                        t = places[there, beside, 0]
                        y = places[there, beside, 1] + row - there
                        x = places[there, beside, 2] + column - beside
                        if not (0 <= y < source.shape[1] and 0 <= x < source.shape[2]):
                            continue
                        away = distance(codes, row, column, source, t, y, x)
                        if away < nearest:
                            nearest = away
                            out[row, column, 0], out[row, column, 1], out[row, column, 2] = t, y, x

    return settle


@lru_cache(maxsize=1)
def pulling(limit: float) -> Callable:
    """The kernel of `tones._pull`, for a frame. limit: up to which a difference counts [codes]."""
    limit, nothing, one, two = (np.float32(number) for number in (limit, 0, 1, 2))

    @helper_of(3)
    def clipped(place, count):
        return min(max(place, 0), count - 1)

    @kernel_of(3)
    def pull_at_seams(pull, small, key, moved, number, _, rows):
        """The arrays are those of `tones._pull`. number: of the frame. rows: all that it has."""
        columns = moved.shape[2]
        beyond = np.empty(3, np.float32)
        for row in range(rows):
            for column in range(columns):
                own = moved[number, row, column]
                for down, right in ((0, 1), (1, 0)):
                    y, x = row + down, column + right
                    if y == rows or x == columns:
                        continue
                    other = moved[number, y, x]
                    if own[0] == other[0] and own[1] == other[1] and own[2] == other[2]:
                        continue
                    # The source of both cells, and what lies there beside it across the seam. At
                    # its border nothing does, and colours would not change there.
                    last = len(key) - 1
                    t = min(max(number + own[0], 0), last)
                    v = min(max(number + other[0], 0), last)
                    a, b = clipped(row + own[1], rows), clipped(column + own[2], columns)
                    c, d = clipped(y + other[1], rows), clipped(x + other[2], columns)
                    has_onward = a + down < rows and b + right < columns
                    has_back = c - down >= 0 and d - right >= 0
                    size = nothing
                    for channel in range(3):
                        wanted = nothing
                        if has_onward:
                            wanted += key[t, a + down, b + right, channel] - key[t, a, b, channel]
                        if has_back:
                            wanted += key[v, c, d, channel] - key[v, c - down, d - right, channel]
                        if has_onward and has_back:
                            wanted *= np.float32(0.5)
                        there = small[number, y, x, channel] - small[number, row, column, channel]
                        beyond[channel] = wanted - there
                        size = max(size, abs(beyond[channel]))
                    share = min(max(two - size / limit, nothing), one)
                    for channel in range(3):
                        pull[number, y, x, channel] += share * beyond[channel]
                        pull[number, row, column, channel] -= share * beyond[channel]

    return pull_at_seams


def _gathering(alike: float) -> Callable:
    """A helper of the kernel below: what the cells around a voxel add to it."""
    alike, nothing = np.float32(alike), np.float32(0.0)

    @helper_of(3)
    def gathered(change, moved, frame, y, x, reach, asked, by):
        """The sum of weights of the cells around a place, by their nearness, and the weighted sums
        of their changes. asked: whether only cells count that were moved as the voxel was, `by`."""
        rows, columns = change.shape[1:3]
        first_row, first_column = int(np.floor(y)) - reach, int(np.floor(x)) - reach
        support = np.float32(1 + reach)
        weights = red = green = blue = nothing
        for cell_row in range(first_row, first_row + 2 * reach + 2):
            row = min(max(cell_row, 0), rows - 1)
            in_row = support - abs(np.float32(cell_row) - y)
            for cell_column in range(first_column, first_column + 2 * reach + 2):
                column = min(max(cell_column, 0), columns - 1)
                off = max(
                    abs(moved[frame, row, column, 0] - by[0]),
                    abs(moved[frame, row, column, 1] - by[1]),
                    abs(moved[frame, row, column, 2] - by[2]),
                )
                if asked and off > alike:
                    continue
                weight = in_row * (support - abs(np.float32(cell_column) - x))
                weights += weight
                red += weight * change[frame, row, column, 0]
                green += weight * change[frame, row, column, 1]
                blue += weight * change[frame, row, column, 2]
        return weights, red, green, blue

    return gathered


@lru_cache(maxsize=1)
def adding(alike: float, least: float, dark: float) -> Callable:
    """The kernel that adds a change to rows of a frame; see the constants of `tones`."""
    dark = np.float32(dark)
    nothing, half, one, highest = (np.float32(number) for number in (0, 0.5, 1, 255))
    gathered = _gathering(alike)

    @kernel_of(3)
    def add(codes, places, change, moved, acts, number, rate, box, _, start, stop):
        """codes, places: of the frame. change, moved, acts: see `Tones`. number, rate: see
        `Tones.add`. box: top, bottom, left and right of the picture [px]. start, stop: rows."""
        top, bottom, left, right = box
        frames, rows, columns = change.shape[:3]
        down, across = np.float32(rows / (bottom - top)), np.float32(columns / (right - left))
        when = np.float32(number) / rate
        early = min(int(when), frames - 1)
        late = min(early + 1, frames - 1)
        later = min(when - np.float32(early), np.float32(late - early))
        for row in range(max(start, top), min(stop, bottom)):
            y = (np.float32(row - top) + half) * down - half
            for column in range(left, right):
                x = (np.float32(column - left) + half) * across - half
                at = min(int(y + half), rows - 1), min(int(x + half), columns - 1)
                if acts[early, at[0], at[1]] + acts[late, at[0], at[1]] == 0:
                    continue
                by = (
                    np.float32(places[row, column, 0] - number) / rate,
                    np.float32(places[row, column, 1] - row) * down,
                    np.float32(places[row, column, 2] - column) * across,
                )
                red, green, blue = nothing, nothing, nothing
                for frame in range(early, late + 1):
                    share = later if frame > early else one - later
                    if share <= 0:
                        continue
                    # Cells of the own piece around the voxel, or farther away, or else any.
                    sums = gathered(change, moved, frame, y, x, 0, True, by)
                    if sums[0] < least:
                        sums = gathered(change, moved, frame, y, x, 1, True, by)
                    if sums[0] < least:
                        sums = gathered(change, moved, frame, y, x, 0, False, by)
                    share /= sums[0]
                    red += share * sums[1]
                    green += share * sums[2]
                    blue += share * sums[3]
                # Where there is no light, there is none to change: black bars stay black.
                brightest = max(codes[row, column, 0], codes[row, column, 1], codes[row, column, 2])
                share = min(one, np.float32(brightest) / dark)
                for channel, added in enumerate((red, green, blue)):
                    value = np.rint(np.float32(codes[row, column, channel]) + share * added)
                    codes[row, column, channel] = np.uint8(min(max(value, nothing), highest))

    return add
