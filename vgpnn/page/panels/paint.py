"""The editor on which inpainting and sketches are painted, and the paint that is read from it."""

from __future__ import annotations

import threading
import time
from io import BytesIO

import cv2
import gradio as gr
import numpy as np
import torch
from gradio.components.base import server
from gradio.components.image_editor import EditorDataBlobs
from PIL import Image

from vgpnn.codes import encode
from vgpnn.limits import LIMITS
from vgpnn.page.values import Unusable, UnusableValue, usable
from vgpnn.pictures import enlarged, reduced
from vgpnn.service.paint import PAINT_PIXELS, Paint
from vgpnn.service.sessions import SESSIONS, is_made_up_name
from vgpnn.service.shares import Shares
from vgpnn.tasks import cues

OVERHEAD_BYTES = 1000  # [bytes], about, that a painting takes beside its layer
PERSON_BYTES = 20_000_000  # [bytes] of the paintings of a person that no event has used yet
ALL_BYTES = 200_000_000  # [bytes] of those of all together
KEPT_SECONDS = 600.0  # [s] that a painting waits for an event at most
ONE_LAYER = "A painting has one layer: reload the page."
EDITOR_HEIGHT = 432  # [px], about, of a frame to paint on
BRUSH_SIZE = 24  # [px]
COLOURS = ["#000000", "#ffffff", "#ff00ff"]  # of the brush, besides those of the clip
REFUSED = "The painted picture cannot be read: paint on a PNG no larger than 4K."
LOST = "What was painted did not arrive: try again."
DROPPED = "What was painted before is no longer kept on the server: press {}, and paint it again."


class Paintings(dict):
    """The paintings that have arrived and that no event has used yet, by the names that their
    editors gave them; of all editors and visitors together. Nothing but their layer is kept."""

    def __init__(self, per_person: int = PERSON_BYTES, in_all: int = ALL_BYTES) -> None:
        super().__init__()
        self._sizes, self._lock = Shares(per_person, in_all), threading.Lock()
        self._arrived: dict[str, float] = {}  # when, as `time.monotonic()` [s], the oldest first

    def add(self, name: str, layer: bytes | None, person: str) -> None:
        """Keep the layer of a person's painting, or None for a part that nothing reads."""
        with self._lock:
            if layer is None and name in self:
                return
            layers = [] if layer is None else [layer]
            self[name] = EditorDataBlobs(background=None, layers=layers, composite=None)
            self._arrived[name] = time.monotonic()
            size = OVERHEAD_BYTES + len(layer or b"")
            for gone in [*self._sizes.put(name, person, size), *self._old()]:
                self._drop(gone)

    def _old(self) -> list[str]:
        oldest = time.monotonic() - KEPT_SECONDS
        return [name for name, arrived in self._arrived.items() if arrived < oldest]

    def _drop(self, name: str) -> EditorDataBlobs | None:
        self._sizes.remove(name)
        self._arrived.pop(name, None)
        return super().pop(name, None)

    def pop(self, name: str, default: EditorDataBlobs | None = None) -> EditorDataBlobs | None:
        with self._lock:
            return self._drop(name) or default


PAINTINGS = Paintings()
_OPENING = threading.Lock()


class PaintEditor(gr.ImageEditor):
    """An image editor that takes one layer, which is a PNG, as its own script sends it, and none
    too large.

    Gradio opens whatever is sent with every decoder of Pillow, in this process, however many layers
    there are, and keeps it until an event uses it.
    """

    is_template = True

    @property
    def blob_storage(self) -> Paintings:
        """Gradio's name for what has arrived. An update of an editor makes another one, so all have
        the same."""
        return PAINTINGS

    @blob_storage.setter
    def blob_storage(self, _: dict) -> None:
        pass  # Gradio makes an empty one for each editor

    @server
    def accept_blobs(self, data):
        sent, about = data.files, data.data
        if about.get("index") not in (None, "", "null", "0") or len(sent) != 1:
            raise ValueError("one picture at a time, and one layer")
        name = about.get("id")
        if not is_made_up_name(name):
            raise ValueError("a painting without a name")
        ((_, content),) = sent
        layer = content if about.get("type") == "layer" else None
        if layer is not None and not is_allowed_png(BytesIO(layer)):
            raise gr.Error(REFUSED, print_exception=False)
        PAINTINGS.add(name, layer, SESSIONS.address(about.get("session_hash")))

    def only_used(self, payload):
        """What an event has sent, without what nothing reads: before any file is opened.

        Raises gr.Error for more than one layer, which no page sends."""
        if not isinstance(payload, dict):
            return payload
        layers = payload.get("layers")
        if isinstance(layers, list) and len(layers) > 1:
            raise gr.Error(ONE_LAYER, print_exception=False)
        return {**payload, "background": None, "composite": None}

    def preprocess(self, payload):
        """The editor's layer; `Unusable` where it did not arrive or cannot be read."""
        if payload is None:
            return None
        payload = payload.model_copy(update={"background": None, "composite": None})
        if payload.id is not None:
            if payload.id not in PAINTINGS:
                return Unusable(LOST) if payload.id else super().preprocess(payload)
        elif len(payload.layers) > 1 or not all(
            is_allowed_png(layer.path) for layer in payload.layers if layer is not None
        ):
            return Unusable(REFUSED)
        with _OPENING:  # so that only one picture in its full size is in memory
            value = super().preprocess(payload)
            layers = [layer for layer in value["layers"] if layer is not None]
            return {**value, "layers": [reduced(layer, PAINT_PIXELS) for layer in layers]}


def paint_editor(picture: np.ndarray | None, brush: gr.Brush, **options) -> PaintEditor:
    """An editor with one layer to paint on a picture, (H, W, 3) uint8.

    options: more arguments of gr.ImageEditor.
    """
    return PaintEditor(
        None if picture is None else editor_value(picture),
        brush=brush,
        show_label=False,
        type="numpy",
        format="png",  # the default loses colours, and with them cues
        image_mode="RGBA",
        layers=False,
        sources=(),
        transforms=(),
        **options,
    )


def is_allowed_png(file) -> bool:
    """Whether a file or an open stream is a PNG of a size that is allowed."""
    try:
        with Image.open(file, formats=["PNG"]) as picture:
            return picture.width * picture.height <= LIMITS.source_pixels
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def editor_value(picture: np.ndarray, paint: np.ndarray | None = None) -> dict:
    """The value of an editor that shows paint, (h, w, 4) uint8, on a picture, (H, W, 3) uint8."""
    if paint is not None:
        paint = cv2.resize(paint, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    # Gradio's editor would upload a composite with every event, which nothing reads.
    return {"background": picture, "layers": [] if paint is None else [paint], "composite": None}


def painted_layer(editor: dict | Unusable | None) -> np.ndarray | None:
    """The paint of an editor, (H, W, 4) uint8; None where nothing is painted.

    Raises UnusableValue where it did not arrive."""
    layers = (usable(editor) or {}).get("layers") or []
    arrays = [np.asarray(layer) for layer in layers if layer is not None]
    for array in arrays:
        if array.ndim == 3 and array.shape[2] == 4 and array.dtype == np.uint8:
            paint = reduced(array, PAINT_PIXELS)
            return paint if cues.painted(paint).any() else None
    return None


def with_editor(paint: Paint, editor: dict | Unusable | None, frame: int) -> Paint:
    """The paint of all frames, by number: what is known, and what the editor shows of one frame.

    Raises UnusableValue where the editor's paint did not arrive, or where what is known had to go,
    and TooMuchPaint."""
    if paint.is_lost:
        raise UnusableValue(DROPPED.format("Clear all"))
    return paint if editor is None else paint.with_picture(frame, painted_layer(editor))


def editor_of_frames(frames: torch.Tensor, paint: np.ndarray | None) -> PaintEditor:
    """An editor that shows the first of (T, H, W, 3) frames in [-1, 1] with its paint, and whose
    brush has the main colours of the frames."""
    black, white, magenta = COLOURS
    colours = dict.fromkeys([black, white, *cues.palette(frames), magenta])
    brush = gr.Brush(default_size=BRUSH_SIZE, colors=list(colours), default_color=black)
    return PaintEditor(value=editor_value(enlarged_frame(frames[0]), paint), brush=brush)


def enlarged_frame(frame: torch.Tensor) -> np.ndarray:
    """An (H, W, 3) frame in [-1, 1] as a picture large enough to paint on, uint8."""
    return enlarged(encode(frame).numpy(), EDITOR_HEIGHT)
