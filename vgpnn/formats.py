"""What the name of a result means: which format its ending stands for, and whether it can be used.

A name that ends in .mp4, .mov, .webm or .gif is that of a file, and one without an ending, or with
a slash at its end, that of a folder of PNG images.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import torch

from vgpnn.checks import shown
from vgpnn.decoding.messages import VideoError
from vgpnn.encoding import encode_gif, encode_images, encode_mp4, encode_webm
from vgpnn.sound import Sound

Encode = Callable[[str, torch.Tensor, Fraction, int, Callable[[], None], Sound | None], None]


@dataclass(frozen=True)
class Format:
    """A way to write a video.

    encode: takes a path, (T, H, W, 3) codes, a rate, a quality, a checkpoint and sound or None,
        which GIFs and images do not have; see `encoding`.
    is_even: whether odd sizes grow by one. keeps_rate: whether the exact rate can be read again.
    has_sound: whether sound is written.
    """

    encode: Encode
    is_even: bool = True
    keeps_rate: bool = True
    has_sound: bool = True


def _gif(
    path: str, codes: torch.Tensor, rate: Fraction, _: int, checkpoint: Callable, __: Sound | None
) -> None:
    encode_gif(path, codes, rate, checkpoint)


def _images(
    path: str, codes: torch.Tensor, _: Fraction, __: int, checkpoint: Callable, ___: Sound | None
) -> None:
    encode_images(path, codes, checkpoint)


FORMATS = {
    ".mp4": Format(encode_mp4),
    ".mov": Format(partial(encode_mp4, container="mov")),
    ".webm": Format(encode_webm),
    ".gif": Format(_gif, is_even=False, keeps_rate=False, has_sound=False),
}
FOLDER = Format(_images, is_even=False, keeps_rate=False, has_sound=False)
ENDINGS = "end the name in .mp4, .mov, .webm or .gif, or in / for a folder of PNG images"


def format_of(path: str | os.PathLike) -> Format:
    """The format that a name stands for. Raises `VideoError` for endings without a meaning."""
    text = os.fsdecode(path)
    name = _name(text)
    ending = "." if name.endswith(".") and name.strip(".") else Path(name).suffix.lower()
    if not text:
        raise VideoError(f"The result has no name: give one, and {ENDINGS}.")
    if text.endswith(("/", os.sep)) or not ending:
        if name.lower() in FORMATS:
            raise VideoError(f"The name {shown(name)} is only an ending: put a name before it.")
        return FOLDER
    if ending in FORMATS:
        return FORMATS[ending]
    if os.path.isdir(text):
        return FOLDER
    raise VideoError(f"A video cannot be written as {shown(ending)}: {ENDINGS}.")


def check_name(path: str | os.PathLike) -> None:
    """Refuse the name of a video to be written, before any work is done.

    Raises `VideoError` with one sentence where its ending has no meaning, or nothing can be
    written there.
    """
    check = check_folder_name if format_of(path) is FOLDER else check_file_name
    check(path)


def check_folder_name(path: str | os.PathLike) -> None:
    """Refuse the name of a folder to be written, unless it is new or empty. Raises `VideoError`."""
    name = shown(_name(path))
    _check_place(path)
    if os.path.isdir(path):
        with _refusing(name):
            is_empty = all(each.startswith(".") for each in os.listdir(path))
        if not is_empty:
            raise VideoError(f"The folder {name} is not empty: empty it, or name another one.")
    elif os.path.lexists(os.path.normpath(path)):
        raise VideoError(f"The name {name} is that of a file: {ENDINGS}.")


def check_file_name(path: str | os.PathLike) -> None:
    """Refuse the name of a file to be written, of whatever kind, before any work is done.

    Raises `VideoError` with one sentence.
    """
    name = shown(_name(path))
    _check_place(path)
    if os.path.isdir(path) or os.fsdecode(path).endswith(("/", os.sep)):
        raise VideoError(f"The name {name} is that of a folder: give the name of a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise VideoError(f"The name {name} is that of a device: give the name of a file.")


def _check_place(path: str | os.PathLike) -> None:
    """Refuse a name that is too long, and a place where nothing can be written."""
    name, real = shown(_name(path)), os.path.realpath(path)
    folder = os.path.dirname(real)
    with _refusing(name), suppress(FileNotFoundError, NotADirectoryError):
        os.lstat(path)
    if not os.path.isdir(folder):
        raise VideoError(f"There is no folder for {name}: make it first.")
    if not os.access(real if os.path.exists(real) else folder, os.W_OK):
        raise VideoError(f"The place of {name} may not be written to: give another one.")


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turn errors of the file system and of the encoder into a sentence. name: as it is shown."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        if error.errno == errno.ENAMETOOLONG:
            raise VideoError(f"The name {name} is too long: give a shorter one.") from None
        reason = error.strerror or type(error).__name__
        raise VideoError(f"The video cannot be written ({reason}): check the folder.") from None


@contextmanager
def written_whole(path: str | os.PathLike, is_folder: bool = False) -> Iterator[str]:
    """Give the block a new file or folder beside `path`, and put it in the place of `path` when a
    video was written to it. Where that fails, `path` stays what it was.

    Raises `VideoError` where nothing can be written there, or the encoder fails.
    """
    check = check_folder_name if is_folder else check_file_name
    check(path)
    real = os.path.realpath(os.fsdecode(path))
    with _refusing(shown(_name(path))):
        beside = tempfile.mkdtemp(prefix=".vgpnn-", dir=os.path.dirname(real))
        part = os.path.join(beside, "part" + ("" if is_folder else Path(real).suffix))
        try:
            if is_folder:
                os.mkdir(part)
            yield part
            if is_folder and os.path.isdir(real):
                for image in os.listdir(part):
                    os.replace(os.path.join(part, image), os.path.join(real, image))
            else:
                os.replace(part, real)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _name(path: str | os.PathLike) -> str:
    """The last part of a path, without the folders before it."""
    text = os.fsdecode(path)
    return os.path.basename(os.path.normpath(text)) if text else ""
