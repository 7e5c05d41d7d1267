"""Small clips for tests, made from random numbers."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import torch

import vgpnn
from helpers.sounds import Track, clicks, flashes, write_clip
from vgpnn.pyramid import resize


def codes(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (*shape, 3), generator=generator, dtype=torch.uint8)


def drifting_texture(shape, seed):
    """Smooth noise that moves to the right: neighbouring patches match neighbouring patches."""
    t, h, w = shape
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, h // 3, (w + t) // 3, 3, generator=generator)
    wide = resize(coarse, (1, h, w + t))[0].clamp(0, 1)
    frames = torch.stack([wide[:, t - k : t - k + w] for k in range(t)])
    return (frames * 255).to(torch.uint8)


def clip(frames: int, height: int, width: int, seed: int = 0) -> vgpnn.Video:
    """Smooth moving blobs of colour."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, frames, 4, 5, generator=generator) * 2 - 1
    smooth = torch.nn.functional.interpolate(
        coarse, (frames, height, width), mode="trilinear", align_corners=True
    )
    return vgpnn.Video(smooth[0].permute(1, 2, 3, 0).contiguous(), Fraction(10))


def write_clips(folder: Path) -> dict[str, Path]:
    """tiny: 5 frames of 48x64. slow: minutes of work at the page's settings. heard: a second of
    64x96, with a flash and a click at its beginning and in its middle."""
    paths = {name: folder / f"{name}.mp4" for name in ("tiny", "slow", "heard")}
    vgpnn.video.write(paths["tiny"], clip(5, 48, 64))
    vgpnn.video.write(paths["slow"], clip(24, 240, 320, seed=1))
    write_clip(paths["heard"], flashes(12, 6), 12, Track(clicks(1, 0.5)))
    return paths


def write_examples(folder: Path) -> Path:
    """Two examples of 5 frames."""
    folder.mkdir()
    index = []
    for k, name in enumerate(("dawn", "dusk")):
        vgpnn.video.write(folder / f"{name}.mp4", clip(5, 48, 64, seed=2 + k))
        vgpnn.video.write(folder / f"{name}_result.mp4", clip(5, 48, 64, seed=4 + k))
        index.append(
            {
                "name": name,
                "title": name.title(),
                "video": f"{name}.mp4",
                "result": f"{name}_result.mp4",
                "seed": k,
                "note": f"The note on {name}.",
            }
        )
    (folder / "index.json").write_text(json.dumps(index))
    return folder
