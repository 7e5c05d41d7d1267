"""The model that knows words: CLIPSeg (Lüddecke and Ecker 2022, Image Segmentation Using Text and
Image Prompts), and CLIP (Radford et al. 2021), which is a part of it.

CLIPSeg reads CLIP's features of a picture and of a text, and says of each pixel how likely the text
means it. CLIP itself stayed as it was when CLIPSeg was trained, so that one file serves both.

The code is that of the package transformers, which is imported when the model is loaded. It runs on
the CPU, one picture at a time, and one model is kept in the process; the one that is named here has
0.6 GB of weights.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from importlib.util import find_spec
from pathlib import Path

from vgpnn.machine import weights
from vgpnn.words.model import WordModel

# The model, as the Hub's own pages show it. REVISION is a commit, and SHA256 is the hash that the
# Hub shows for this file. No file could be fetched where this was written: that the hash belongs to
# this commit is concluded from the history of the file, whose last change is an older commit.
REPOSITORY = "CIDAS/clipseg-rd64-refined"
REVISION = "583b388deb98a04feb3e1f816dcdb8f3062ee205"
WEIGHTS = "pytorch_model.bin"
SHA256 = "dd9308225b8314bb7236f207e6ea72b22db5d90dba03fe3dc7d654f54dcfd08a"

MODEL = "VGPNN_WORDS_MODEL"  # environment variable: a folder, or OWNER/NAME[@REVISION] on the Hub
ON_HUB = re.compile(r"([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?")
CONFIG, PICTURES = "config.json", "preprocessor_config.json"
SMALL_FILES = (CONFIG, PICTURES, "tokenizer_config.json", "vocab.json", "merges.txt")
WEIGHT_FILES = ("model.safetensors", WEIGHTS)  # of a model of somebody's own, the first one that is

POLL_SECONDS = 0.1  # [s] between two checkpoints while the model is loaded
EXTRA = 'pip install "vgpnn[words]"'
NOT_INSTALLED = f"Words need the package transformers: run {EXTRA}."
INSTEAD = f"name the folder of another CLIPSeg model, or OWNER/NAME on the Hub, in {MODEL}"

Checkpoint = Callable[[], None]  # called several times a second; may raise to cancel


def is_installed() -> bool:
    """Whether the package is there that the extra brings. It is not imported."""
    return find_spec("transformers") is not None


def is_at_hand() -> bool:
    """Whether words can be used: the extra is installed, and the model is on this machine or the
    Hub answers for it. Nothing is loaded; it takes seconds at most."""
    if not is_installed():
        return False
    source = os.environ.get(MODEL, "")
    if source and Path(source).is_dir():
        return True
    on_hub = ON_HUB.fullmatch(source or f"{REPOSITORY}@{REVISION}")
    if on_hub is None or not weights.can_be_had(on_hub[1], CONFIG, on_hub[2]):
        return False
    names = WEIGHT_FILES if source else (WEIGHTS,)
    return any(weights.can_be_had(on_hub[1], name, on_hub[2]) for name in names)


_loading: dict[str, Future] = {}  # the one model that is kept or loaded, by its source
_lock = threading.Lock()


def loaded(checkpoint: Checkpoint = lambda: None) -> WordModel:
    """The model, which is downloaded and loaded at the first call.

    checkpoint: called several times a second meanwhile. If it raises, the model is loaded to its
        end by itself, so that the next call finds it.
    Raises ValueError with one sentence where the model cannot be had.
    """
    if not is_installed():
        raise ValueError(NOT_INSTALLED)
    source = os.environ.get(MODEL, "")
    with _lock:
        future = _loading.get(source)
        if future is None or future.done() and future.exception() is not None:
            _loading.clear()
            future = _loading[source] = Future()
            threading.Thread(target=_load, args=(future, source), daemon=True).start()
    while not wait([future], POLL_SECONDS).done:
        checkpoint()
    return future.result()


def _load(future: Future, source: str) -> None:
    try:
        future.set_result(load(source))
    except BaseException as error:
        future.set_exception(error)


def load(source: str = "") -> WordModel:
    """The model of a source: what the environment variable MODEL may hold, or "" for the model that
    is named here. Raises ValueError with one sentence where it cannot be had."""
    name = source or REPOSITORY
    try:
        folder, weight_file = _files(source)
        path = folder / weight_file
        is_other = not _is_expected(path, source)
    except Exception as error:  # The Hub, the network and the disk raise many kinds.
        raise ValueError(
            f"The model for words could not be fetched from {name} ({type(error).__name__}): let "
            f"this machine reach the Hugging Face Hub, or {INSTEAD}."
        ) from None
    if is_other:
        raise ValueError(
            f"{weight_file} of {name} is not the file that was expected: fetch it again, or "
            f"{INSTEAD}."
        )
    try:
        from vgpnn.words.clipseg import ClipSeg
    except Exception as error:  # transformers imports torchvision, which may be made for another
        raise ValueError(
            f"transformers cannot be loaded ({type(error).__name__}): run {EXTRA} again, and take "
            "a torchvision that fits torch, or none."
        ) from None
    try:
        return ClipSeg(folder, weight_file, json.loads((folder / PICTURES).read_text()))
    except Exception as error:  # transformers raises many kinds.
        raise ValueError(
            f"The files of {name} are no CLIPSeg model ({type(error).__name__}): {INSTEAD}."
        ) from None


def _files(source: str) -> tuple[Path, str]:
    """The folder of a model's files, which are fetched if need be, and which of them has the
    weights. Raises whatever the Hub's client, the network or the disk raises."""
    if source and Path(source).is_dir():
        folder = Path(source)
        name = next((name for name in WEIGHT_FILES if (folder / name).is_file()), WEIGHTS)
        return folder, name
    if not source:
        part, names = (REPOSITORY, REVISION), (WEIGHTS,)
    elif on_hub := ON_HUB.fullmatch(source):
        part, names = on_hub.groups(), WEIGHT_FILES
    else:
        raise FileNotFoundError(source)
    for name in SMALL_FILES:
        folder = weights.fetch(part[0], name, part[1]).parent
    return folder, weights.fetch_first(part[0], names, part[1]).name


def _is_expected(path: Path, source: str) -> bool:
    """Whether the weights are those that are named here or that the Hub says they are."""
    if not source:
        return weights.has_sha256(path, SHA256)
    digits = weights.hub_sha256(path)  # None for a folder of somebody's own
    return digits is None or weights.has_sha256(path, digits)
