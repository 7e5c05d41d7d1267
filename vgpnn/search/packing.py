"""The layout of videos that the GPU kernels read, and what these are told of videos and grids."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
import triton
import triton.language as tl
from torch.utils.weak import WeakIdKeyDictionary

from vgpnn.machine.threads import KERNEL_OPTIONS, launched
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape

BLOCK = 1024  # words of one program
# The numbers of `described`, which change from level to level. Triton compiles a kernel anew for
# some values of integers, such as 1 and multiples of 16, unless it is told which are not special.
VIDEO_SIZES = [
    "query_stride",
    "key_stride",
    "slack_stride",
    "q_t",
    "q_y",
    "q_x",
    "end_y",
    "end_x",
    "stride",
    "shift",
    "k_t",
    "k_y",
    "k_x",
    "query_height",
    "query_width",
    "key_height",
    "key_width",
]

# What was packed, as long as the video exists: both searches of a pass read the same two videos.
_packed = WeakIdKeyDictionary()


def pack(
    video: torch.Tensor, frames: int, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """Put the codes that a patch of so many frames has at a pixel side by side.

    video: (S, T, H, W, C) uint8 codes.
    Returns (S or 1, T - frames + 1, H, W, words) int32: pixel (t, y, x) holds the codes of (y, x)
    in the frames t to t + frames - 1, four codes in a word, and zeros up to a power of two, so that
    loads of up to 16 bytes are aligned. One row of a patch, with all its frames and channels, is
    then a single run of bytes. Samples that share their memory are packed once (see `shared`).
    checkpoint: called while the kernel is compiled; may raise to cancel.
    Raises TypeError for codes of another type.
    """
    if video.dtype != torch.uint8:
        raise TypeError(f"The kernels read uint8 codes, not {video.dtype}.")
    if video.is_inference():  # whether it has changed since is not known
        return _newly_packed(shared(video).contiguous(), frames, checkpoint)
    known = _packed.get(video)
    if known is not None and known[0] == (video._version, frames):
        return known[1]
    packed = _newly_packed(shared(video).contiguous(), frames, checkpoint)
    _packed[video] = (video._version, frames), packed
    return packed


def _newly_packed(video: torch.Tensor, frames: int, checkpoint: Callable[[], None]) -> torch.Tensor:
    """See `pack`. video: (S, T, H, W, C) uint8, contiguous."""
    samples, length, height, width, channels = video.shape
    words = max(4, 1 << (frames * channels - 1).bit_length()) // 4
    firsts = length - frames + 1
    packed = torch.empty(
        samples, firsts, height, width, words, dtype=torch.int32, device=video.device
    )
    area = height * width
    launch = partial(
        pack_kernel[(-(-area * words // BLOCK), firsts, samples)],
        video,
        packed,
        length,
        firsts,
        area,
        frames,
        channels,
        words,
        BLOCK,
        **KERNEL_OPTIONS,
    )
    launched(launch, ("pack", frames, channels), checkpoint)
    return packed


def shared(batch: torch.Tensor) -> torch.Tensor:
    """A batch of a single sample if all samples are views of the same memory, else the batch."""
    return batch[:1] if batch.stride(0) == 0 else batch


def described(
    query: torch.Tensor,
    key: torch.Tensor,
    query_pixels: torch.Tensor,
    key_pixels: torch.Tensor,
    slack: torch.Tensor | None,
    queries: QueryGrid,
    key_grid: Shape,
) -> tuple:
    """What both kernels are told of the videos and grids, in the order of their parameters."""
    slack = None if slack is None else shared(slack).contiguous()
    return (
        query_pixels,
        key_pixels,
        slack,
        sample_stride(query_pixels[..., 0]),
        sample_stride(key_pixels[..., 0]),
        0 if slack is None else sample_stride(slack),
        *queries.counts,
        *queries.all[1:],
        queries.stride,
        queries.shift,
        *key_grid,
        *query.shape[2:4],
        *key.shape[2:4],
    )


def has_ptx(video: torch.Tensor) -> bool:
    """Whether a kernel may use PTX, the assembler of NVIDIA's GPUs.

    Neither AMD's GPUs nor Triton's interpreter know it.
    """
    return video.is_cuda and torch.version.hip is None


def sample_stride(batch: torch.Tensor) -> int:
    """Number of elements from one sample to the next, 0 where a single one serves all."""
    return math.prod(batch.shape[1:]) if len(batch) > 1 else 0


@triton.jit(do_not_specialize=["length", "firsts", "area"])
def pack_kernel(
    video,
    packed,
    length,
    firsts,
    area,
    FRAMES: tl.constexpr,
    CHANNELS: tl.constexpr,
    WORDS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Write BLOCK words of one frame of one sample; see `pack`.

    video: (S, length, area, CHANNELS) uint8. packed: (S, firsts, area, WORDS) int32, written.
    """
    # Within a frame 32 bits are enough for an index.
    frame, sample = tl.program_id(1).to(tl.int64), tl.program_id(2).to(tl.int64)
    video += (sample * length + frame) * area * CHANNELS
    packed += (sample * firsts + frame) * area * WORDS
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = n < area * WORDS
    pixel, word = n // WORDS, n % WORDS
    total = tl.zeros([BLOCK], tl.int32)
    for byte in tl.static_range(4):
        code = word * 4 + byte  # of those that lie side by side
        at = code // CHANNELS * area.to(tl.int64) * CHANNELS + pixel * CHANNELS + code % CHANNELS
        is_code = exists & (code < FRAMES * CHANNELS)
        total |= tl.load(video + at, mask=is_code, other=0).to(tl.int32) << (8 * byte)
    tl.store(packed + n, total, mask=exists)
