"""The endpoint /generate, for gradio_client and other programs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import gradio as gr
from gradio.processing_utils import get_upload_folder

import vgpnn
from vgpnn.settings import PRESETS

from . import files, request, work
from .jobs import RUNNER, Job

D = PRESETS["generate"]


async def generate(
    video: gr.FileData,
    start: float = 0.0,
    frames: int = request.FRAMES,
    height: int = request.HEIGHT,
    samples: int = 1,
    seed: int = 0,
    alpha: float | None = D.alpha,
    complete_levels: float = D.complete_levels,
    sigma: float | None = D.sigma,
    fps: float | None = None,
    patch: list[int] = list(D.patch),  # noqa: B006 (Gradio publishes it; nobody changes it)
    space_factor: float = D.space_factor,
    time_factor: float = D.time_factor,
    min_side: int = D.min_side,
    min_frames: int = D.min_frames,
    passes: int = D.passes,
    coarsest_passes: int = D.coarsest_passes,
    vote: str = D.vote,
    large_voxels: int = D.large_voxels,
    large_patch: list[int] = list(D.large_patch),  # noqa: B006
    large_passes: int = D.large_passes,
) -> tuple[list[gr.FileData], dict]:
    """New versions of one short video (diverse generation), without training.

    Args:
        video: the file; `handle_file(path)` in gradio_client.
        start: where the working clip begins in the file, in seconds.
        frames: length of the working clip, in frames.
        height: height of the working clip in pixels; a smaller video keeps its size.
        samples: how many different results; sample k (from 0) uses seed + k.
        seed: a whole number; the same seed and settings give the same bytes.
        alpha: completeness in units of squared error per element, smaller is stronger; null is off.
        complete_levels: share of the levels, from the coarsest, on which alpha acts.
        sigma: standard deviation of the noise on the coarsest level; null chooses it, 0 is none.
        fps: frames per second of the working clip; null keeps the file's own rate.
        patch: size of a patch in frames, rows and columns.
        space_factor: size of a pyramid level relative to the next finer one.
        time_factor: length of a pyramid level relative to the next finer one.
        min_side: smaller side of the coarsest level, in pixels.
        min_frames: length of the coarsest level, in frames.
        passes: search and vote passes per level (J).
        coarsest_passes: the same at the coarsest level.
        vote: "median" or "mean" of overlapping patches.
        large_voxels: levels above this many voxels use large_patch and large_passes.
        large_patch: size of a patch there.
        large_passes: passes there.

    Returns:
        The MP4 files, one per sample, and the settings that make them again.
    """
    given = {k: v for k, v in locals().items() if k in D.__dataclass_fields__}
    job = None
    try:
        chosen = request.settings(**given)
        path = _path(video)
        try:
            info = await asyncio.to_thread(vgpnn.video.probe, path)
        except ValueError:
            files.forget_upload(path)
            raise
        clip = request.Clip(path, str(video.get("orig_name") or path.name), info)
        asked = request.request(clip, start, frames, height, samples, seed, fps, chosen)
        job = RUNNER.submit(Job(asked, work.generate, work.first_view(asked)))
        async for _ in job.watch():
            pass
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from None
    finally:
        if job is not None:  # a client that went away wants no more work done
            job.stop()
    if job.error or job.shown["phase"] != "done":
        raise gr.Error(job.error or "The job was stopped.", print_exception=False)
    return [gr.FileData(path=str(p), orig_name=p.name) for p in job.results], job.settings


def _path(video) -> Path:
    """The uploaded file, and no other file of the server."""
    path = Path(str(video.get("path") or "") if isinstance(video, dict) else "")
    if Path(get_upload_folder()).resolve() not in path.resolve().parents:
        raise ValueError("video must be an uploaded file: use handle_file(path) of gradio_client.")
    return path
