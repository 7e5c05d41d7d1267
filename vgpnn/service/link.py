"""What stands after the ? of the link that opens the page with what made a result: the example, the
task, the seed and the settings, as far as they are not as usual. The page reads it again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from vgpnn import examples
from vgpnn.examples import Example
from vgpnn.limits import LIMITS
from vgpnn.presets import DEFAULT_DIFFERENCE, difference_of, preset, quality_of
from vgpnn.service.request import Request
from vgpnn.service.working_size import whole_request
from vgpnn.settings import SETTINGS
from vgpnn.tasks.extending import SIDES

PART = ("start", "frames", "height", "fps")
SCALES = ("width_scale", "height_scale", "duration_scale", "loop")
KEPT = (*SIDES, "from_above", "longer", "axes", "time")
OPTIONS = (*SCALES, *KEPT, "first", "last", "margin", "follow")


def link_of(request: Request) -> dict[str, Any]:
    """The link of a request, for the page.

    query: what stands after the ?. without: what the link cannot hold, in words of the page."""
    example = _example_of(request)
    values: dict[str, Any] = {"task": request.task}
    if example is not None:
        usual = whole_request(request.clip)
        part = {name: getattr(request, name) for name in PART}
        values |= {"example": example.name}
        values |= {name: value for name, value in part.items() if value != getattr(usual, name)}
    values["seed"] = request.seed
    if request.makes_takes:
        values["takes"] = min(request.new_samples, LIMITS.samples) or 1
    if request.size != "working":
        values["size"] = request.size
    if not request.sound:
        values["sound"] = False
    values |= {name: request.options[name] for name in OPTIONS if name in request.options}
    values |= _settings_of(request)
    texts = {name: _text(value) for name, value in values.items() if value is not None}
    return {"query": urlencode(texts), "without": _left_out(request, example)}


def link_of_example(example: Example) -> dict[str, Any]:
    """The link of an example that is shown with its result."""
    return {"query": urlencode({"example": example.name, "seed": example.seed}), "without": []}


def _example_of(request: Request) -> Example | None:
    """The example whose clip was used, None for a clip that somebody brought."""
    same = [each for each in examples.load() if each.video == request.clip.path]
    named = [each for each in same if each.title == request.clip.name]
    return next(iter([*named, *same]), None)


def _settings_of(request: Request) -> dict[str, Any]:
    """The quality, the difference, and the settings that are not those of both."""
    settings, name = request.settings, request.preset
    quality, difference = quality_of(name, settings) or "balanced", difference_of(settings)
    usual = preset(name, quality, difference)
    return {
        "quality": None if quality == "balanced" else quality,
        "difference": None if difference == DEFAULT_DIFFERENCE else difference,
        **{
            each: about.optional.word if value is None else value
            for each, about in SETTINGS.items()
            if (value := getattr(settings, each)) != getattr(usual, each)
        },
    }


def _left_out(request: Request, example: Example | None) -> list[str]:
    style, left_out = request.options.get("style"), []
    if example is None:
        left_out.append("your clip")
    if style is not None and (example is None or style.path != example.style):
        left_out.append("the clip that it looks like")
    if request.options.get("pictures"):
        left_out.append("the paint")
    if request.options.get("marks"):
        left_out.append("what is marked")
    return left_out


def _text(value: Any) -> str:
    """A value as links and the command line have it: true, 3x7x7, 0.5."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "x".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)
