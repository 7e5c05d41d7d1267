"""Features of C3D (Tran et al. 2015, Learning Spatiotemporal Features with 3D Convolutional
Networks) for SVFID.

SVFID (Gur et al. 2020, HP-VAE-GAN) is SIFID with C3D in place of Inception. Its authors published
no code for it, so the rest follows what it builds on. The layer is the one that SIFID (Shaham et
al. 2019, SinGAN) names: the last before the second pooling. The frames are as C3D was trained on
them, blue, green and red from 0 to 255 less the mean of Sports-1M, in their own size and number:
nothing up to that layer is fully connected. Published figures may rest on another layer or scale;
compare those of this program with each other.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F

from vgpnn.tasks.flow import HUB_SECONDS

# Channels, and the pooling before: frames, rows and columns that become one.
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
LAYER = "conv2"
REACH = 2  # frames to either side that a feature of it depends on
SLAB_VOXELS = 2_000_000
# What known copies call these layers: c3d.pickle of c3d-pytorch, OpenMMLab's, c3d-pretrained.pth.
LAYOUTS = (
    tuple(LAYERS),
    tuple(f"{name if name[-1] in 'ab' else name + 'a'}.conv" for name in LAYERS),
    tuple(f"features.{number}" for number in (0, 3, 6, 8, 11, 13, 16, 18)),
)
MEAN = 90.25, 97.66, 101.41  # of Sports-1M: blue, green, red
WEIGHTS = "VGPNN_C3D_WEIGHTS"  # environment variable: a file, or OWNER/NAME:FILE on the Hub
ON_HUB = re.compile(r"([\w.-]+/[\w.-]+):(.+)")
# OpenMMLab's names end with the first digits of the hash.
OPENMMLAB, OPENMMLAB_SHA256 = "c3d_sports1m_pretrain_20201016-dcc47ddc.pth", "dcc47ddc"
INSTEAD = f"name another file, or OWNER/NAME:FILE on the Hugging Face Hub, in {WEIGHTS}"

Layer = tuple[torch.Tensor, torch.Tensor]


def features(video: torch.Tensor, layer: str = LAYER) -> torch.Tensor:
    """Features of every place of a video, (N, D), 0 or more.

    video: (T, H, W, 3) in [-1, 1]. layer: of `LAYERS`, after its ReLU; conv2 has D = 128 channels
    at N = T (H // 2) (W // 2) places.
    Raises ValueError with one sentence where the weights cannot be had or the video is too small.
    """
    network = _network(os.environ.get(WEIGHTS, ""), layer)
    maps = ((video.flip(-1) + 1) * 127.5 - torch.tensor(MEAN)).permute(3, 0, 1, 2)
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
    """`features` of a few frames at a time, whose maps are 256 bytes per voxel."""
    frames = max(1, SLAB_VOXELS // (video.shape[1] * video.shape[2]))
    for first in range(0, len(video), frames):
        before = min(first, REACH)
        found = features(video[first - before : first + frames + REACH])
        places = (video.shape[1] // 2) * (video.shape[2] // 2)
        yield found[before * places :][: min(frames, len(video) - first) * places]


@lru_cache(maxsize=1)
def _network(name: str, layer: str) -> list[Layer]:
    """Weight (D', D, 3, 3, 3) and bias (D',) of every layer up to one. name: as in `WEIGHTS`."""
    if not name:
        raise ValueError(
            "SVFID needs C3D's weights of Sports-1M, of which no copy on the Hugging Face Hub is "
            f"known: name a file of them, or OWNER/NAME:FILE on the Hub, in {WEIGHTS}."
        )
    try:
        file = _file(name)
        digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.name == OPENMMLAB else ""
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the Hub, the disk or the file has to say
        reach = "let this machine reach the Hugging Face Hub, or " if ON_HUB.fullmatch(name) else ""
        raise ValueError(
            f"C3D's weights could not be loaded from {name} ({type(error).__name__}): "
            f"{reach}{INSTEAD}."
        ) from None
    if digest and not digest.startswith(OPENMMLAB_SHA256):
        raise ValueError(f"{name} is not OpenMMLab's file: fetch it again, or {INSTEAD}.")
    layers = _layers(state, list(LAYERS).index(layer) + 1)
    if layers is None:
        raise ValueError(f"{name} does not hold C3D's weights: {INSTEAD}.")
    return layers


def _file(name: str) -> Path:
    """The file of that name; fetched once where it is on the Hub."""
    if Path(name).is_file() or not (place := ON_HUB.fullmatch(name)):
        return Path(name)
    import huggingface_hub as hub

    if not isinstance(hub.try_to_load_from_cache(*place.groups()), str):
        # Says at once that there is no network; a download would try for half a minute.
        hub.get_session().head(hub.hf_hub_url(*place.groups()), timeout=HUB_SECONDS)
    return Path(hub.hf_hub_download(*place.groups()))


def _layers(state: object, count: int) -> list[Layer] | None:
    """The first layers of a saved state in one of `LAYOUTS`, or None where it has none."""
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        return None
    state = {str(key).removeprefix("backbone."): value for key, value in state.items()}
    widths = [3, *(width for width, _ in LAYERS.values())]
    for layout in LAYOUTS:
        found = [
            (state.get(f"{name}.weight"), state.get(f"{name}.bias")) for name in layout[:count]
        ]
        shapes = [tuple(getattr(one, "shape", ())) for pair in found for one in pair]
        pairs = zip(widths, widths[1 : count + 1])
        if shapes == [shape for d, e in pairs for shape in ((e, d, 3, 3, 3), (e,))]:
            return [(weight.float(), bias.float()) for weight, bias in found]
    return None
