"""Features of C3D (Tran et al. 2015, Learning Spatiotemporal Features with 3D Convolutional
Networks) for SVFID.

SVFID (Gur et al. 2020, HP-VAE-GAN) is SIFID with C3D in place of Inception. Its authors published
no code for it, so the rest follows what it builds on. The layer is the one that SIFID (Shaham et
al. 2019, SinGAN) names: the last one before the second pooling. The frames are prepared as for the
training of C3D: blue, green and red from 0 to 255, less the mean of Sports-1M. They keep their size
and number, because no layer up to that one is fully connected. Published figures may rest on
another layer or scale, so compare figures of this program with each other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F

from vgpnn.machine import weights

# The output channels of each layer, and the pooling before it: how many frames, rows and columns
# become one.
LAYERS = {
    "conv1": (64, (1, 1, 1)),
    "conv2": (128, (1, 2, 2)),
    "conv3a": (256, (2, 2, 2)),
    "conv3b": (256, (1, 1, 1)),
    "conv4a": (512, (2, 2, 2)),
    "conv4b": (512, (1, 1, 1)),
    "conv5a": (512, (2, 2, 2)),
    "conv5b": (512, (1, 1, 1)),
}
LAYER = "conv2"  # the layer of SVFID
REACH = 2  # [frames] before and after a feature of it on which the feature depends
SLAB_VOXELS = 2_000_000  # of which the features are computed at once
# What known files call these layers: c3d.pickle of c3d-pytorch, OpenMMLab's file, and
# c3d-pretrained.pth.
LAYOUTS = (
    tuple(LAYERS),
    tuple(f"{name if name[-1] in 'ab' else name + 'a'}.conv" for name in LAYERS),
    tuple(f"features.{number}" for number in (0, 3, 6, 8, 11, 13, 16, 18)),
)
MEAN = 90.25, 97.66, 101.41  # of Sports-1M: blue, green, red
WEIGHTS = "VGPNN_C3D_WEIGHTS"  # environment variable: a file, or OWNER/NAME:FILE on the Hub
ON_HUB = re.compile(r"([\w.-]+/[\w.-]+):(.+)")
# OpenMMLab's file names end with the first digits of the hash.
OPENMMLAB, OPENMMLAB_SHA256 = "c3d_sports1m_pretrain_20201016-dcc47ddc.pth", "dcc47ddc"
INSTEAD = f"name another file, or OWNER/NAME:FILE on the Hugging Face Hub, in {WEIGHTS}"

Layer = tuple[torch.Tensor, torch.Tensor]


def features(video: torch.Tensor, layer: str = LAYER) -> torch.Tensor:
    """Features at all places of a video, (N, D), 0 or more.

    video: (T, H, W, 3) in [-1, 1]. layer: a name of `LAYERS`; features are taken after its ReLU.
    For conv2, D is 128 and there are N = T (H // 2) (W // 2) places.
    Raises ValueError with one sentence where the weights are not to be had or the video is too
    small.
    """
    network = _network(os.environ.get(WEIGHTS, ""), layer)
    maps = ((video.flip(-1) + 1) * 127.5 - torch.tensor(MEAN)).permute(3, 0, 1, 2)  # (3, T, H, W)
    with torch.inference_mode():
        for (weight, bias), (_, pool) in zip(network, LAYERS.values()):
            if any(n < size for n, size in zip(maps.shape[1:], pool)):
                shape = " x ".join(map(str, video.shape[:3]))
                raise ValueError(f"A video of {shape} is too small for C3D: give a larger one.")
            if max(pool) > 1:
                maps = F.max_pool3d(maps[None], pool)[0]
            maps = F.conv3d(maps[None], weight, bias, padding=1)[0].relu_()
    return maps.flatten(1).T


def feature_slabs(video: torch.Tensor) -> Iterator[torch.Tensor]:
    """The `features` of a video, (N, D) for a few frames at a time.

    The maps of all frames together would need 256 bytes per voxel.
    """
    frames = max(1, SLAB_VOXELS // (video.shape[1] * video.shape[2]))
    places = (video.shape[1] // 2) * (video.shape[2] // 2)  # of one frame
    for first in range(0, len(video), frames):
        before = min(first, REACH)
        slab = features(video[first - before : first + frames + REACH])
        yield slab[before * places :][: min(frames, len(video) - first) * places]


@lru_cache(maxsize=1)
def _network(source: str, layer: str) -> list[Layer]:
    """Weight (D', D, 3, 3, 3) and bias (D',) of every layer up to `layer`.

    source: what the environment variable `WEIGHTS` holds.
    Raises ValueError with one sentence.
    """
    if not source:
        raise ValueError(
            "SVFID needs C3D's weights of Sports-1M, of which no copy on the Hugging Face Hub is "
            f"known: name a file of them, or OWNER/NAME:FILE on the Hub, in {WEIGHTS}."
        )
    on_hub = None if os.path.isfile(source) else ON_HUB.fullmatch(source)
    try:
        path = weights.fetch(*on_hub.groups()) if on_hub else Path(source)
        is_other = path.name == OPENMMLAB and not weights.has_sha256(path, OPENMMLAB_SHA256)
        state = None if is_other else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # The Hub, the disk and torch raise many kinds.
        reach = "let this machine reach the Hugging Face Hub, or " if on_hub else ""
        raise ValueError(
            f"C3D's weights could not be loaded from {source} ({type(error).__name__}): "
            f"{reach}{INSTEAD}."
        ) from None
    if is_other:
        raise ValueError(f"{source} is not OpenMMLab's file: fetch it again, or {INSTEAD}.")
    layers = _layers(state, list(LAYERS).index(layer) + 1)
    if layers is None:
        raise ValueError(f"{source} does not hold C3D's weights: {INSTEAD}.")
    return layers


def _layers(state: object, count: int) -> list[Layer] | None:
    """The first `count` layers of a saved state, or None where no layout of `LAYOUTS` fits."""
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        return None
    state = {str(key).removeprefix("backbone."): value for key, value in state.items()}
    widths = [3, *(width for width, _ in LAYERS.values())]
    expected = []  # the shapes of all weights and biases
    for width_in, width_out in zip(widths, widths[1 : count + 1]):
        expected += [(width_out, width_in, 3, 3, 3), (width_out,)]
    for layout in LAYOUTS:
        layers = [
            (state.get(f"{name}.weight"), state.get(f"{name}.bias")) for name in layout[:count]
        ]
        shapes = [tuple(getattr(value, "shape", ())) for layer in layers for value in layer]
        if shapes == expected:
            return [(weight.float(), bias.float()) for weight, bias in layers]
    return None
