"""How fast everything in a video moves: the length of its optical flow.

There are two ways to compute it. Dense inverse search (Kroeger et al. 2016; OpenCV) needs no
weights. RAFT (Teed and Deng 2020) needs torchvision and weights from the Hugging Face Hub.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import torch

from vgpnn import pyramid
from vgpnn.codes import decode, encode
from vgpnn.machine import weights
from vgpnn.machine.threads import thread_count, torch_threads

STILL = 0.02  # [px per frame] what moves less stands still
MOVING_SHARE = 0.002  # of the voxels that must move for a video to count as moving
DIS_SIDE = 48  # [px] smaller frames are enlarged first, so that its image pyramid fits
RAFT_SIDE = 128  # [px] the same for RAFT
RAFT_LONGEST = 384  # [px] larger frames are scaled down: its memory grows with pixels squared
RAFT_UNIT = 8  # [px] the sides of its frames are multiples of this
RAFT_UPDATES = 12  # iterations that refine the flow of a pair of frames
# A copy of torchvision's file on the Hub; the hash shows that it is unchanged.
RAFT_WEIGHTS = "hr16/RAFT-v2", "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
RAFT_SHA256 = "ff5fadd56d26b40647388883af1547351ea17868b765c05b27231e72dd16a322"
RAFT_FILE = "VGPNN_RAFT_WEIGHTS"  # environment variable that names a file to take instead

Flow = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # from a frame to the next, see `_dis`


def raft_installed() -> bool:
    """Whether torchvision is installed; whether it fits torch shows only when it is used."""
    return find_spec("torchvision") is not None


def flow_magnitude(
    video: torch.Tensor, flow: str = "dis", checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """Length of the optical flow from every frame to the next one [px], (T, H, W, 1).

    The last frame, which has no next one, gets the lengths of the frame before it.

    video: (T, H, W, 3) in [-1, 1]. flow: "dis" or "raft".
    checkpoint: called after every frame; may raise to cancel.
    Raises ValueError with one sentence for a video in which nothing moves, and where RAFT cannot
    be loaded.
    """
    nothing_moves = "Nothing moves in this clip: choose one with motion."
    if len(video) < 2:
        raise ValueError(nothing_moves)
    lengths = list(_lengths(video, _raft() if flow == "raft" else _dis, checkpoint))
    magnitude = torch.stack([*lengths, lengths[-1]])[..., None]
    if (magnitude > STILL).double().mean() < MOVING_SHARE:
        raise ValueError(nothing_moves)
    return magnitude


def mean_length(codes: torch.Tensor) -> float:
    """Mean length of the optical flow by dense inverse search [px per frame]; 0 for one frame.

    codes: (T, H, W, 3) uint8. Only two frames at a time are decoded.
    """
    pairs = zip(codes, codes[1:])
    lengths = [
        _dis(decode(frame), decode(following)).norm(dim=-1).mean() for frame, following in pairs
    ]
    return torch.stack(lengths).mean().item() if lengths else 0.0


def _lengths(
    video: torch.Tensor, flow: Flow, checkpoint: Callable[[], None]
) -> Iterator[torch.Tensor]:
    """Length of the flow [px], (H, W), for every pair of neighbouring frames."""
    for frame, next_frame in zip(video, video[1:]):
        checkpoint()
        yield flow(frame, next_frame).norm(dim=-1)


def _dis(frame: torch.Tensor, next_frame: torch.Tensor) -> torch.Tensor:
    """Flow from one (H, W, 3) frame to the next, (H, W, 2) [px], by dense inverse search."""
    return torch.from_numpy(
        dis_flow(*(encode(rgb.mean(-1)).numpy() for rgb in (frame, next_frame)))
    )


def dis_flow(frame: np.ndarray, next_frame: np.ndarray) -> np.ndarray:
    """Flow from one (H, W) uint8 frame to the next by dense inverse search.

    Returns (H, W, 2) float32, how far each pixel goes in x and in y [px].
    """
    height, width = frame.shape
    scale = max(1.0, DIS_SIDE / min(height, width))
    size = round(width * scale), round(height * scale)
    grey = [frame, next_frame]
    if scale > 1:
        grey = [cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC) for picture in grey]
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = cv2.resize(search.calc(*grey, None), (width, height))
    return flow / np.array([size[0] / width, size[1] / height], np.float32)


def _raft() -> Flow:
    """The flow by RAFT; its weights are loaded once."""
    return partial(_raft_flow, _raft_network(os.environ.get(RAFT_FILE, "")))


def _raft_flow(
    network: torch.nn.Module, frame: torch.Tensor, next_frame: torch.Tensor
) -> torch.Tensor:
    """Flow from one (H, W, 3) frame to the next, (H, W, 2) [px], by RAFT."""
    height, width = frame.shape[:2]
    scale = max(RAFT_SIDE / min(height, width), min(1.0, RAFT_LONGEST / max(height, width)))
    size = [max(RAFT_SIDE, round(n * scale / RAFT_UNIT) * RAFT_UNIT) for n in (height, width)]
    pair = [
        pyramid.resize(rgb[None], (1, *size)).permute(0, 3, 1, 2) for rgb in (frame, next_frame)
    ]
    with torch.inference_mode(), torch_threads(thread_count()):  # large enough to be worth it
        flow = network(*pair, num_flow_updates=RAFT_UPDATES)[-1]  # (1, 2, H', W')
    flow = pyramid.resize(flow.permute(0, 2, 3, 1).clone(), (1, height, width))[0]
    return flow * torch.tensor([width / size[1], height / size[0]])


@lru_cache(maxsize=1)
def _raft_network(path: str) -> torch.nn.Module:
    """RAFT with weights from a file, or from the Hub where none is named."""
    instead = "or take the flow 'dis'"
    try:
        from torchvision.models.optical_flow import raft_large
    except Exception:  # a torchvision built for another torch raises what it likes
        raise ValueError(
            f"RAFT needs a torchvision that fits torch: install it, {instead}."
        ) from None
    network = raft_large()
    try:
        file = Path(path) if path else weights.fetch(*RAFT_WEIGHTS)
        if not path and not weights.has_sha256(file, RAFT_SHA256):
            raise ValueError("another file")
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    except Exception as error:  # whatever the Hub, the disk or the file has to say
        raise ValueError(
            f"RAFT's weights could not be loaded ({type(error).__name__}): let this machine reach "
            f"the Hugging Face Hub, name a file of them in {RAFT_FILE}, {instead}."
        ) from None
    return network.eval()
