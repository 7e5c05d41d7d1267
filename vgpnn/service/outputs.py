"""The files of a job: source, results, source maps, and videos to compare with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import torch

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.service import explanation, files
from vgpnn.settings import Shape
from vgpnn.sound import Sound
from vgpnn.sound import read as read_sound

Checkpoint = Callable[[], None]  # called several times a second; may raise to cancel


def save_videos(
    videos: dict[str, vgpnn.Video], folder: Path, checkpoint: Checkpoint = lambda: None
) -> list[dict]:
    """Write videos to a folder. Returns `title`, `video` (the address) and `size`, [T, H, W], of
    each, in the same order."""
    cells = []
    for number, (title, video) in enumerate(videos.items()):
        path = folder / f"beside-{number}.mp4"
        vgpnn.video.write(path, video, checkpoint=checkpoint)
        cells.append({"title": title, "video": files.url(path), "size": list(video.shape)})
    return cells


def save_source(video: vgpnn.Video, folder: Path, checkpoint: Checkpoint = lambda: None) -> dict:
    """Write the working clip to a folder. Returns `video` (the address) and `size`, [T, H, W]."""
    path = folder / "source.mp4"
    vgpnn.video.write(path, video, checkpoint=checkpoint)
    return {"video": files.url(path), "size": list(video.shape)}


def save_source_colours(
    source: Shape, fps: Fraction, folder: Path, checkpoint: Checkpoint = lambda: None
) -> str:
    """Write the video of the colours that stand for the places of a source of shape (T, H, W).

    Returns its address."""
    path = folder / "source-map.mp4"
    _write_map(path, vgpnn.source_map.identity(source), source, fps, checkpoint)
    return files.url(path)


def save_result(
    result: vgpnn.Result,
    folder: Path,
    name: str,
    checkpoint: Checkpoint = lambda: None,
    sound: Sound | None = None,
) -> tuple[Path, dict]:
    """Write the MP4 of a result, with its sound, to a folder; its name begins with `name`.

    Returns its path, and what the page needs to play it: the address `video`, and `sound`, whether
    it has some.
    """
    mp4 = folder / f"{name}.mp4"
    vgpnn.video.write(mp4, result.video, checkpoint=checkpoint, sound=sound)
    return mp4, {"video": files.url(mp4), "sound": sound is not None}


def save_maps(
    result: vgpnn.Result, folder: Path, name: str, checkpoint: Checkpoint = lambda: None
) -> dict:
    """Write where the voxels of a result came from to a folder; the names begin with `name`.

    Returns what the page needs: the address `map` of a video in colours, and `places` (see
    `explanation.save_places`).
    """
    colours = folder / f"{name}-map.mp4"
    _write_map(colours, result.source_map, result.source, result.video.fps, checkpoint)
    checkpoint()
    places = explanation.save_places(
        result.source_map, result.source, folder / f"{name}-places.bin"
    )
    return {"map": files.url(colours), "places": places}


def save_as(mp4: Path, kind: str, checkpoint: Checkpoint = lambda: None) -> Path:
    """Make another format of a result from its MP4, beside it, unless it is there.

    kind: "gif" or "webm". Returns the path."""
    path = mp4.with_suffix(f".{kind}")
    if not path.is_file():
        video = vgpnn.video.read(mp4, checkpoint=checkpoint)
        if kind == "gif":
            vgpnn.video.write_gif(path, video, checkpoint=checkpoint)
        else:
            sound = sound_of(mp4, video, checkpoint)
            vgpnn.video.write(path, video, checkpoint=checkpoint, sound=sound)
    return path


def sound_of(mp4: Path, video: vgpnn.Video, checkpoint: Checkpoint = lambda: None) -> Sound | None:
    """The sound beside a video that was read from an MP4 of ours, however long it is, or None."""
    seconds = len(video.codes) / video.fps
    limits = replace(LIMITS, sound_seconds=float(seconds) + 1)
    return read_sound(mp4, 0, seconds, limits, checkpoint)


def save_full(
    video: vgpnn.Video,
    folder: Path,
    name: str,
    checkpoint: Checkpoint = lambda: None,
    sound: Sound | None = None,
) -> tuple[Path, dict]:
    """Write a result that is finished in full, with its sound. Returns the path of the MP4, and
    what the page needs: its address `video`, `size`, [T, H, W], and `fps`."""
    path = folder / f"{name}.mp4"
    vgpnn.video.write(path, video, checkpoint=checkpoint, sound=sound)
    return path, {"video": files.url(path), "size": list(video.shape), "fps": float(video.fps)}


def _write_map(
    path: Path, source_map: torch.Tensor, source: Shape, fps: Fraction, checkpoint: Checkpoint
) -> None:
    """Write a source map, (T, H, W, 3), as a video of colours."""
    colours = torch.empty(source_map.shape, dtype=torch.uint8)
    for places, frame in zip(source_map, colours):  # no more than one frame exists as floats
        checkpoint()
        frame.copy_(torch.from_numpy(vgpnn.source_map.colours(places, source)))
    vgpnn.video.write(path, vgpnn.Video(colours, fps), checkpoint=checkpoint)
