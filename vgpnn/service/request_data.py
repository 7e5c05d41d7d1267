"""Requests as plain data and back, for the records of jobs: what JSON can hold, and arrays.

Reading makes nothing but the types that are named here, and checks the types of all fields.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from vgpnn.presets import EARLIER
from vgpnn.service.request import SIZES, TASK_PRESETS, Clip, Request
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks.paint import Paint
from vgpnn.video import VideoInfo

Arrays = dict[str, np.ndarray]
T = TypeVar("T")


def to_plain(request: Request) -> tuple[dict, Arrays]:
    """A request as a dictionary for JSON, and the arrays that it refers to, by name.

    Raises TypeError for an option of a type that cannot be kept.
    """
    arrays: Arrays = {}
    plain = {field.name: getattr(request, field.name) for field in fields(Request)}
    plain |= {
        "clip": _clip_to_plain(request.clip),
        "settings": asdict(request.settings),
        "options": {
            name: _option_to_plain(name, value, arrays) for name, value in request.options.items()
        },
    }
    return plain, arrays


def from_plain(plain: dict, arrays: Arrays) -> Request:
    """The request that `to_plain` made the data from. Raises some Exception for other data."""
    settings = {**EARLIER, **plain["settings"]}
    if plain["task"] not in TASK_PRESETS or settings.keys() != SETTINGS.keys():
        raise ValueError("a request has an unknown task or other settings")
    if plain.get("size", "working") not in SIZES:
        raise ValueError("a request has an unknown size")
    options = {
        name: _option_from_plain(name, value, arrays) for name, value in plain["options"].items()
    }
    changes = {
        "clip": _clip_from_plain(plain["clip"]),
        "settings": Settings(**settings),
        "options": options,
    }
    earlier = {"size": "working", "sound": False}  # which records of before do not have
    return _made(Request, earlier | plain | changes)


def _option_to_plain(name: str, value: Any, arrays: Arrays) -> Any:
    """An option for JSON: numbers and words as they are, others as {type: content}; painted
    pictures go to `arrays`, as the files that they are."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {"tuple": list(value)}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, Clip):
        return {"clip": _clip_to_plain(value)}
    if isinstance(value, Paint):
        arrays |= {f"{name}-{k}": np.frombuffer(file, np.uint8) for k, file in value.files.items()}
        return {"paint": list(value)}
    raise TypeError(f"the option {name} cannot be kept")


def _option_from_plain(name: str, value: Any, arrays: Arrays) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tuple":
        return tuple(content)
    if kind == "path":
        return Path(content)
    if kind == "clip":
        return _clip_from_plain(content)
    if kind == "paint":
        paint = Paint({int(frame): arrays[f"{name}-{frame}"].tobytes() for frame in content})
        for frame in paint:
            paint[frame]  # opened once, so that a damaged record is found now
        return paint
    raise ValueError(f"the option {name} has an unknown type")


def _clip_to_plain(clip: Clip) -> dict:
    info = {**asdict(clip.info), "fps": str(clip.info.fps)}
    return {**asdict(clip), "path": str(clip.path), "info": info}


def _clip_from_plain(plain: dict) -> Clip:
    earlier = {"motion": [], "notes": [], "sound": False, "turn": 0, "hdr": ""}
    info = earlier | plain["info"]  # earlier versions did not record these
    info |= {name: tuple(info[name]) for name in ("motion", "notes")}
    info = _made(VideoInfo, info | {"fps": Fraction(info["fps"])})
    earlier = {"sha256": ""}  # which earlier versions did not record
    return _made(Clip, earlier | plain | {"path": Path(plain["path"]), "info": info})


def _made(kind: type[T], values: dict) -> T:
    """A dataclass of these values. Raises ValueError unless all fields are there, no others, and
    each has its type."""
    types = get_type_hints(kind)
    if values.keys() != types.keys():
        raise ValueError(f"a {kind.__name__} has other fields")
    for name, value in values.items():
        wanted = int | float if types[name] is float else types[name]
        if not isinstance(value, wanted):
            raise ValueError(f"{name} of a {kind.__name__} has another type")
    return kind(**values)
