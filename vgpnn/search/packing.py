"""The layout of videos that the GPU kernels read."""

from __future__ import annotations

import torch


def pack(video: torch.Tensor, frames: int) -> torch.Tensor:
    """Put the codes that a patch of so many frames has at a pixel side by side.

    video: (S, T, H, W, C) uint8 codes.
    Returns (S or 1, T - frames + 1, H, W, words) int32: pixel (t, y, x) holds the codes of (y, x)
    in the frames t to t + frames - 1, four codes in a word, and zeros up to a power of two, so that
    loads of up to 16 bytes are aligned. One row of a patch, with all its frames and channels, is
    then a single run of bytes. Samples that share their memory are packed once (see `shared`).
    Raises TypeError for codes of another type.
    """
    if video.dtype != torch.uint8:
        raise TypeError(f"The kernels read uint8 codes, not {video.dtype}.")
    video = shared(video)
    samples, length, height, width, channels = video.shape
    size = max(4, 1 << (frames * channels - 1).bit_length())
    packed = video.new_zeros(samples, length - frames + 1, height, width, size)
    for frame in range(frames):
        codes = video[:, frame : frame + packed.shape[1]]
        packed[..., frame * channels : (frame + 1) * channels] = codes
    return packed.view(torch.int32)


def shared(batch: torch.Tensor) -> torch.Tensor:
    """A batch of a single sample if all samples are views of the same memory, else the batch."""
    return batch[:1] if batch.stride(0) == 0 else batch
