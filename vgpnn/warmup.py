"""What is done before somebody waits: kernels are compiled, or loaded from Numba's cache, and the
speed of the machine is measured."""

from __future__ import annotations

import itertools
from functools import partial

import torch

from vgpnn import fields, search, vote
from vgpnn.fields import FieldShape
from vgpnn.machine import speed
from vgpnn.machine.devices import device_of
from vgpnn.patches import grid
from vgpnn.presets import PRESETS
from vgpnn.pyramid import resize, resize_all
from vgpnn.query_grid import SPARSE_STRIDE, QueryGrid
from vgpnn.search import cpu
from vgpnn.settings import Shape
from vgpnn.source_map import identity
from vgpnn.tasks.labelling import labels
from vgpnn.tasks.tones import blended
from vgpnn.tasks.video_texture import SCHEDULES


def warm_up() -> None:
    """Run every CPU kernel that the presets use once, on a few voxels."""
    for settings in PRESETS.values():
        for patch in {settings.patch, settings.large_patch}:
            shape = [side + 2 for side in patch]
            tiny = torch.randint(0, 256, (*shape, 3), dtype=torch.uint8)
            field, distance = cpu.nearest(tiny, tiny.flip(2), patch, None, (), 0, lambda: None, 2)
            cpu.exact(tiny, tiny, patch, None, lambda: None)
            slack = torch.ones(distance.shape, dtype=torch.float64)
            cpu.nearest(tiny, tiny, patch, slack, (field,) * 2, 0, lambda: None, 2)
            quality = vote.match_quality(distance[None])
            voters = QueryGrid(tuple(shape), patch)
            vote.vote(tiny, field[None], voters, settings.vote, quality)
            resize(tiny, patch)
    sky = torch.arange(64, dtype=torch.uint8).reshape(1, 1, 64, 1).repeat(1, 2, 1, 3)
    blended(sky.roll(32, 2), identity((1, 2, 64)).roll(32, 2), sky)
    costs, pairs = torch.zeros(2, 2, SCHEDULES), torch.zeros(2, 1, SCHEDULES, SCHEDULES)
    labels(costs, pairs, pairs.transpose(0, 1))


def measure_speed() -> None:
    """Find out how fast the CPU is, for the cost model, by a search in a small video that is always
    the same. It takes less than a tenth of a second; `warm_up` has to come before."""
    coarse = torch.randint(0, 256, (3, 9, 12, 3), generator=torch.Generator().manual_seed(0))
    video = resize(coarse.to(torch.uint8), (3, 14, 24))
    patch, sweeps = PRESETS["generate"].patch, 4
    search_again = partial(
        cpu.nearest, video, video.flip(0), patch, None, (), 0, lambda: None, sweeps
    )
    speed.measure(search_again)


def warm_up_gpu(device: str = "auto") -> None:
    """Run every GPU kernel that the presets use once, so that it is compiled, or taken from
    Triton's cache. Nothing is done where the device is a CPU. device: see `devices.device_of`.
    """
    where = device_of(device)
    if where.type == "cpu":
        return
    for patch in {patch for s in PRESETS.values() for patch in (s.patch, s.large_patch)}:
        for channels, stride in itertools.product((3, 4), (1, SPARSE_STRIDE)):
            _run_gpu_kernels(patch, channels, stride, where)


def _run_gpu_kernels(patch: Shape, channels: int, stride: int, device: torch.device) -> None:
    """Search, vote, resample and carry a few voxels. channels: 4 with the dynamic structure."""
    shape = tuple(side + 2 for side in patch)
    videos = torch.randint(0, 256, (1, *shape, channels), dtype=torch.uint8, device=device)
    queries = QueryGrid(shape, patch, stride, stride // 2)
    slack = torch.ones(1, *grid(shape, patch), dtype=torch.float64, device=device)
    for weights, backend in itertools.product((None, slack), ("auto", "gpu")):
        match = search.nearest(videos, videos, patch, weights, backend=backend, queries=queries)
    if channels == 3:
        larger = tuple(side + 1 for side in shape)
        # Frames alone, pictures alone, or both, as from level to level.
        for sizes in ((larger[0], *shape[1:]), (shape[0], *larger[1:]), larger):
            for source in (videos, videos.float()):
                resize_all(source, sizes)
        coarse = FieldShape(queries, shape)
        fields.upscale(match.field, coarse, FieldShape(QueryGrid(larger, patch), larger))
        fields.inverse(match.field, coarse)
        quality = torch.ones_like(match.distance, dtype=torch.uint8)
        for mode in {settings.vote for settings in PRESETS.values()}:
            vote.vote(videos[0], match.field, queries, mode, quality)
