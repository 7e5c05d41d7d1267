"""The Triton kernels of the search on a GPU, and the functions that they call.

Coordinates are (t, y, x) in three variables each, as Triton has no short vectors: b_ is the best
match so far, c_ a candidate, n_ a neighbour and d_ the offset of a neighbour. Rows and columns of
the query grid are i and j.
"""

from __future__ import annotations

import triton
import triton.language as tl

from vgpnn.search.packing import VIDEO_SIZES

NO_DISTANCE = tl.constexpr(2**31 - 1)  # stands for the distance of a patch without a match


# See `packing.VIDEO_SIZES`.
LAUNCH_SIZES = [
    "seed_low",
    "seed_high",
    "count",
    "is_first",
    "neighbours",
    "jump",
    "near_jump",
    "randoms",
    "reach",
    "launch",
]


@triton.jit(do_not_specialize=VIDEO_SIZES + LAUNCH_SIZES)
def improve(
    query,
    key,
    slack,
    query_stride,
    key_stride,
    slack_stride,
    q_t,
    q_y,
    q_x,
    end_y,
    end_x,
    stride,
    shift,
    k_t,
    k_y,
    k_x,
    query_height,
    query_width,
    key_height,
    key_width,
    guess,
    field,
    new_field,
    distance,
    new_distance,
    seeds,
    seed_low,
    seed_high,
    count,
    is_first,
    neighbours,
    jump,
    near_jump,
    randoms,
    reach,
    launch,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    WORDS: tl.constexpr,
    LANES: tl.constexpr,
    HAS_PTX: tl.constexpr,
    HELD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Try candidates for every query patch, and write the best matches and their distances.

    One program owns BLOCK query patches of one sample. It tries for all of them at once either the
    match of the patch itself in `guess` (neighbours = 1, jump = 0), or the matches of the first
    `neighbours` of twelve neighbours, each moved by the step from the neighbour to the patch; then
    `randoms` matches around the best one.

    query: (S or 1, T - t + 1, query_height, query_width, WORDS) int32, from `packing.pack`.
    key: (S or 1, T' - t + 1, key_height, key_width, WORDS) int32, from `packing.pack`.
    slack: (S or 1, k_t, k_y, k_x) float64, 1 / w_j, or None where all weights are 1.
    query_stride, key_stride, slack_stride: elements of the first word of `query` and `key`, and of
        `slack`, from one sample to the next.
    q_t, q_y, q_x: the counts of the query grid. end_y, end_x: how many patches the query has along
        y and x. stride, shift: of the query grid, see `query_grid`.
    guess: (S, q_t, q_y, q_x, 3) int16; a negative one is no match.
    field, new_field: (S, q_t, q_y, q_x, 3) int16, read and written.
    distance, new_distance: (S, q_t, q_y, q_x) int32, read and written.
    seeds: (S,) int64, to which the seed with the words seed_low and seed_high is added.
    count: number of query patches of a sample. is_first: whether there is no match yet, so that
        what `field` and `distance` hold means nothing.
    jump, near_jump: how far the first six neighbours are, and the others [patches].
    reach: how far the first random match may be from the best one, along each axis; the next one
        half as far, but at least 1.
    launch: number of the launch; with the seed and the patch it decides the random matches.
    HELD: whether the query patches stay in registers, for which large ones are too large.
    """
    # Within a sample 32 bits are enough for an index, up to 700 million patches; in a batch not.
    sample = tl.program_id(1).to(tl.int64)
    query += sample * query_stride * WORDS  # a multiple of WORDS, so that loads stay aligned
    key += sample * key_stride * WORDS
    guess += sample * count * 3
    field += sample * count * 3
    new_field += sample * count * 3
    distance += sample * count
    new_distance += sample * count
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = n < count
    t, i, j = n // (q_y * q_x), n // q_x % q_y, n % q_x
    y = place_along(i, q_y, end_y, stride, shift * (t & 1))
    x = place_along(j, q_x, end_x, stride, shift * (t & 1))
    begins = is_first != 0  # what is loaded means nothing then
    b_t = tl.where(begins, 0, tl.load(field + n * 3, mask=exists, other=0).to(tl.int32))
    b_y = tl.where(begins, 0, tl.load(field + n * 3 + 1, mask=exists, other=0).to(tl.int32))
    b_x = tl.where(begins, 0, tl.load(field + n * 3 + 2, mask=exists, other=0).to(tl.int32))
    best = tl.where(begins, NO_DISTANCE, tl.load(distance + n, mask=exists, other=0))
    cost = best.to(tl.float32)
    if slack is not None:
        slack += sample * slack_stride
        cost *= weight_of(slack + (b_t * k_y + b_y) * k_x + b_x, exists)
    cost = tl.where(best == NO_DISTANCE, float("inf"), cost)
    first = (t * query_height + y) * query_width + x  # pixel of each query patch
    # The query patches are loaded once and stay in registers for all candidates.
    query_pixels = ()
    if HELD:
        for step in tl.static_range((P_Y * P_X + LANES - 1) // LANES):
            a = _pixels(query, first, query_width, exists, step, P_Y, P_X, WORDS, LANES)
            query_pixels += (a,)
    # Random bits are a function of seed, patch and launch, so the order of programs is no matter.
    seed = (seed_high.to(tl.int64) << 32) + (seed_low.to(tl.int64) & 0xFFFFFFFF)
    seed += tl.load(seeds + sample)
    # 32 bits are enough for one coordinate of two random matches.
    bits = tl.philox(seed, n, n * 0 + launch, n * 0, n * 0)
    more_bits = tl.philox(seed, n, n * 0 + launch, n * 0 + 1, n * 0)
    for number in range(neighbours + randoms):
        if number < neighbours:
            # 0 and 1 are the neighbours along t, 2 and 3 along y, 4 and 5 along x, and then nearer.
            offset = (number % 2 * 2 - 1) * tl.where(number < 6, jump, near_jump)
            axis = number // 2 % 3
            d_t = tl.where(axis == 0, offset, 0)
            n_t = t + d_t
            n_i = i + tl.where(axis == 1, offset, 0)
            n_j = j + tl.where(axis == 2, offset, 0)
            active = exists & (n_t >= 0) & (n_t < q_t) & (n_i >= 0) & (n_i < q_y)
            active &= (n_j >= 0) & (n_j < q_x)
            d_y = place_along(n_i, q_y, end_y, stride, shift * (n_t & 1)) - y
            d_x = place_along(n_j, q_x, end_x, stride, shift * (n_t & 1)) - x
            entry = guess + ((n_t * q_y + n_i) * q_x + n_j) * 3
            c_t = tl.load(entry, mask=active, other=0).to(tl.int32) - d_t
            c_y = tl.load(entry + 1, mask=active, other=0).to(tl.int32) - d_y
            c_x = tl.load(entry + 2, mask=active, other=0).to(tl.int32) - d_x
            active &= (c_t >= 0) & (c_t < k_t) & (c_y >= 0) & (c_y < k_y)
            active &= (c_x >= 0) & (c_x < k_x)
        else:
            drawn = number - neighbours
            radius, half = tl.maximum(reach >> drawn, 1), drawn % 2 * 16
            c_t = _draw(tl.where(drawn < 2, bits[0], more_bits[0]) >> half, b_t, radius, k_t)
            c_y = _draw(tl.where(drawn < 2, bits[1], more_bits[1]) >> half, b_y, radius, k_y)
            c_x = _draw(tl.where(drawn < 2, bits[2], more_bits[2]) >> half, b_x, radius, k_x)
            active = exists
        # Nothing beats a distance of 0, and the best match need not be compared with itself.
        other = (c_t != b_t) | (c_y != b_y) | (c_x != b_x) | (best == NO_DISTANCE)
        active &= other & (best > 0)
        weight = tl.full([BLOCK], 1.0, tl.float32)
        if slack is not None:
            weight = weight_of(slack + (c_t * k_y + c_y) * k_x + c_x, active)
        corner = (c_t * key_height + c_y) * key_width + c_x
        squares = tl.zeros([BLOCK, LANES * WORDS], tl.int32)
        total = tl.zeros([BLOCK], tl.int32)
        any_active = tl.max(active.to(tl.int32), 0) > 0
        # The sum only grows, so a candidate that costs too much at a step is out. The weight of a
        # key that may not be used (slack 0) is infinity, which gives a cost of infinity or, times
        # 0, NaN: neither is less than anything.
        if HELD:
            for step in tl.static_range((P_Y * P_X + LANES - 1) // LANES):
                if any_active:  # the early exit: Triton has no `break`
                    b = _pixels(key, corner, key_width, active, step, P_Y, P_X, WORDS, LANES)
                    squares = add_squares(squares, query_pixels[step], b, HAS_PTX)
                    total = tl.sum(squares, 1)
                    active &= total.to(tl.float32) * weight < cost
                    any_active = tl.max(active.to(tl.int32), 0) > 0
        else:
            for step in range((P_Y * P_X + LANES - 1) // LANES):
                if any_active:
                    a = _pixels(query, first, query_width, active, step, P_Y, P_X, WORDS, LANES)
                    b = _pixels(key, corner, key_width, active, step, P_Y, P_X, WORDS, LANES)
                    squares = add_squares(squares, a, b, HAS_PTX)
                    total = tl.sum(squares, 1)
                    active &= total.to(tl.float32) * weight < cost
                    any_active = tl.max(active.to(tl.int32), 0) > 0
        best = tl.where(active, total, best)
        cost = tl.where(active, total.to(tl.float32) * weight, cost)
        b_t = tl.where(active, c_t, b_t)
        b_y = tl.where(active, c_y, b_y)
        b_x = tl.where(active, c_x, b_x)
    tl.store(new_field + n * 3, b_t.to(tl.int16), mask=exists)
    tl.store(new_field + n * 3 + 1, b_y.to(tl.int16), mask=exists)
    tl.store(new_field + n * 3 + 2, b_x.to(tl.int16), mask=exists)
    tl.store(new_distance + n, best, mask=exists)


@triton.jit
def weight_of(slack, wanted):
    """The weights w_j of keys, float32, from pointers to their slack; 1 where none is wanted.

    That of a slack of 0 is infinity.
    """
    return (1.0 / tl.load(slack, mask=wanted, other=1.0)).to(tl.float32)


@triton.jit
def place_along(index, count, end, stride, shift):
    """The place of a patch along an axis: the twin of the one in `query_grid`."""
    return tl.where(index == count - 1, end - 1, tl.maximum(index * stride - shift, 0))


@triton.jit
def _pixels(
    video,
    corner,
    width,
    wanted,
    step,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    WORDS: tl.constexpr,
    LANES: tl.constexpr,
):
    """The next LANES pixels of some patches, and 0 after their last: (BLOCK, LANES * WORDS) int32.

    video: (..., width, WORDS) int32, packed. corner: (BLOCK,) int32, indices of the patches' first
    pixels. wanted: (BLOCK,) bool, which patches to read. step: how many times LANES pixels came
    before.
    """
    element = tl.arange(0, LANES * WORDS)
    pixel = step * LANES + element // WORDS
    at = corner[:, None] + (pixel // P_X * width + pixel % P_X)[None, :]
    inside = wanted[:, None] & (pixel < P_Y * P_X)[None, :]
    # The words of a long video are more than 32 bits count.
    at = at.to(tl.int64) * WORDS + (element % WORDS)[None, :]
    return tl.load(video + at, mask=inside, other=0)


@triton.jit
def _draw(bits, centre, radius, size):
    """(BLOCK,) int32 coordinates from the lowest 16 of some random bits, (BLOCK,) uint32.

    They are uniform in that part of [centre - radius, centre + radius] that lies in [0, size).
    """
    low = tl.maximum(centre - radius, 0)
    # The span fits 16 bits, as fields are int16, so the product below fits 32 bits.
    span = tl.minimum(centre + radius, size - 1) - low + 1
    return low + ((bits & 0xFFFF) * span.to(tl.uint32) >> 16).to(tl.int32)


@triton.jit
def add_squares(total, a, b, HAS_PTX: tl.constexpr):
    """total + the squared differences of the four codes in each word of a and b, all int32.

    Two PTX instructions do what otherwise takes sixteen: absolute differences of four bytes, and
    the sum of four products of bytes.
    """
    if HAS_PTX:
        total = tl.inline_asm_elementwise(
            "{ .reg .b32 d; mov.b32 d, 0; vabsdiff4.u32.u32.u32 d, $2, $3, d;"
            " dp4a.u32.u32 $0, d, d, $1; }",
            "=r,r,r,r",
            [total, a, b],
            dtype=tl.int32,
            is_pure=True,
            pack=1,
        )
    else:
        for byte in tl.static_range(4):
            d = (a >> (8 * byte) & 255) - (b >> (8 * byte) & 255)
            total += d * d
    return total
