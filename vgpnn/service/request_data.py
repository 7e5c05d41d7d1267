"""Requests as plain data and back, for the records of jobs: what JSON can hold, and arrays.

Reading makes nothing but the types that are named here, and checks the types of all fields.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from vgpnn.service.paint import PAINT_PIXELS, Packed, Paint, unpacked
from vgpnn.service.request import SIZES, TASK_PRESETS, Clip, Request
from vgpnn.settings import SETTINGS, Settings
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
    if plain["task"] not in TASK_PRESETS or plain["settings"].keys() != SETTINGS.keys():
        raise ValueError("a request has an unknown task or other settings")
    if plain.get("size", "working") not in SIZES:
        raise ValueError("a request has an unknown size")
    options = {
        name: _option_from_plain(name, value, arrays) for name, value in plain["options"].items()
    }
    changes = {
        "clip": _clip_from_plain(plain["clip"]),
        "settings": Settings(**plain["settings"]),
        "options": options,
    }
    return _made(Request, {"size": "working"} | plain | changes)  # records of before have no size


def _option_to_plain(name: str, value: Any, arrays: Arrays) -> Any:
    """An option for JSON: numbers and words as they are, others as {type: content}; painted
    pictures go to `arrays`, compressed as they are."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {"tuple": list(value)}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, Clip):
        return {"clip": _clip_to_plain(value)}
    if isinstance(value, Paint):
        kept = value.packed
        arrays |= {f"{name}-{k}": np.frombuffer(each.content, np.uint8) for k, each in kept.items()}
        return {"pictures": {frame: list(each.shape) for frame, each in kept.items()}}
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
    if kind == "pictures":
        found = {int(frame): arrays[f"{name}-{frame}"] for frame in content}
        if isinstance(content, list):  # a record of an earlier version has the pictures themselves
            return Paint.of({frame: _picture(array) for frame, array in found.items()})
        shapes = {int(frame): tuple(shape) for frame, shape in content.items()}
        kept = {frame: Packed(shapes[frame], array.tobytes()) for frame, array in found.items()}
        for each in kept.values():
            _check_shape(each.shape)
            unpacked(each)
        return Paint(kept)
    raise ValueError(f"the option {name} has an unknown type")


def _picture(array: np.ndarray) -> np.ndarray:
    """An array that is a painted picture, (h, w, 4) uint8. Raises ValueError for another one."""
    _check_shape(array.shape)
    if array.dtype != np.uint8:
        raise ValueError("an array is no painted picture")
    return array


def _check_shape(shape: tuple) -> None:
    """Raises ValueError unless a shape is that of a painted picture."""
    sides = all(type(side) is int and side > 0 for side in shape)
    if not sides or len(shape) != 3 or shape[2] != 4 or shape[0] * shape[1] > PAINT_PIXELS:
        raise ValueError("an array is no painted picture")


def _clip_to_plain(clip: Clip) -> dict:
    info = {**asdict(clip.info), "fps": str(clip.info.fps)}
    return {**asdict(clip), "path": str(clip.path), "info": info}


def _clip_from_plain(plain: dict) -> Clip:
    info = {"motion": [], "notes": []} | plain["info"]  # which earlier versions did not record
    info |= {name: tuple(info[name]) for name in ("motion", "notes")}
    info = _made(VideoInfo, info | {"fps": Fraction(info["fps"])})
    return _made(Clip, plain | {"path": Path(plain["path"]), "info": info})


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
