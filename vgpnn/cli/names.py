"""The names of results: how several are numbered, and which are refused before any work is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vgpnn import formats
from vgpnn.checks import shown
from vgpnn.cli.options import TaskOptions


def numbered(path: str, number: int, samples: int) -> str:
    """OUT.mp4 for one sample; OUT-1.mp4, OUT-2.mp4 and so on for several.

    A folder with a slash at its end, OUT/, becomes OUT-1/ and so on.
    number: of the sample, counted from 0.
    """
    if samples == 1:
        return path
    if path.endswith(("/", os.sep)) or not Path(path).name:
        return f"{os.path.normpath(path)}-{number + 1}{os.sep}"
    path = Path(path)
    return str(path.with_name(f"{path.stem}-{number + 1}{path.suffix}"))


def check_names(options: TaskOptions, *inputs: str, samples: int = 1) -> None:
    """Refuse names of results that cannot be used.

    inputs: paths of what the command reads, which no result may overwrite.
    Raises ValueError with one sentence.
    """
    formats.format_of(options.out)  # numbers do not make a name better
    videos = [numbered(options.out, number, samples) for number in range(samples)]
    maps = []
    if options.source_map is not None:
        maps = [numbered(options.source_map, number, samples) for number in range(samples)]
    for result in (*videos, *maps):
        check_overwrites_none(result, *inputs)
    for path in videos:
        formats.check_name(path)
    for path in maps:
        formats.check_file_name(path)
    if {os.path.realpath(path) for path in videos} & {os.path.realpath(path) for path in maps}:
        raise ValueError("The result and its source map have one name: give them different ones.")


def check_overwrites_none(result: str, *inputs: str) -> None:
    """Refuse the name of a result that is one of the inputs, or one of the images in one.

    Raises ValueError with one sentence.
    """
    for path in inputs:
        if any(_is_same(result, each) for each in _files(path)):
            raise ValueError(
                f"The result {shown(Path(result).name)} would overwrite the input "
                f"{shown(Path(path).name)}: give another name."
            )


def _files(path: str) -> Iterator[str]:
    """A path, and what lies in it where it is a folder."""
    yield path
    with suppress(OSError):
        yield from (entry.path for entry in os.scandir(path))


def _is_same(result: str, path: str) -> bool:
    """Whether two names mean one file, be it by links or by another spelling."""
    try:
        return os.path.samefile(result, path)
    except OSError:  # one of them does not exist, or cannot
        return False
