"""The editor on which inpainting and sketches are painted, and the paint that is read from it."""

from __future__ import annotations

from io import BytesIO

import cv2
import gradio as gr
import numpy as np
from gradio.components.base import server
from PIL import Image

from vgpnn.limits import LIMITS
from vgpnn.page.values import Unusable, usable
from vgpnn.pictures import reduced
from vgpnn.tasks import cues

KEPT_PAINTINGS = 16  # that have arrived at an editor and that no event has used yet
PAINT_PIXELS = 1_000_000  # [px] of a painted picture, at most: every session keeps some
REFUSED = "The painted picture cannot be read: paint on a PNG no larger than 4K."
LOST = "What was painted did not arrive: try again."


class PaintEditor(gr.ImageEditor):
    """An image editor that opens only PNGs, as its own script sends them, and none too large.

    Gradio opens whatever is sent with every decoder of Pillow, in this process, and keeps it until
    an event uses it.
    """

    is_template = True

    @server
    def accept_blobs(self, data):
        sent = data.files
        if data.data.get("index") not in (None, "", "null", "0") or len(sent) != 1:
            raise ValueError("one picture at a time, and one layer")
        _, content = sent[0]
        if not is_allowed_png(BytesIO(content)):
            raise gr.Error(REFUSED, print_exception=False)
        super().accept_blobs(data)
        for oldest in list(self.blob_storage)[:-KEPT_PAINTINGS]:
            self.blob_storage.pop(oldest, None)

    def preprocess(self, payload):
        """The editor's pictures; `Unusable` where they did not arrive or cannot be read."""
        if payload is None:
            return None
        if payload.id is not None:
            if payload.id not in self.blob_storage:
                return Unusable(LOST) if payload.id else super().preprocess(payload)
        elif not all(
            is_allowed_png(part.path)
            for part in (payload.background, payload.composite, *payload.layers)
            if part is not None
        ):
            return Unusable(REFUSED)
        return super().preprocess(payload)


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
    return {
        "background": picture,
        "layers": [] if paint is None else [paint],
        "composite": picture,
    }


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


def with_editor(
    paint: dict[int, np.ndarray], editor: dict | Unusable | None, frame: int
) -> dict[int, np.ndarray]:
    """The paint of all frames, by number: what is known, and what the editor shows of one frame.

    Raises UnusableValue where the editor's paint did not arrive."""
    layers = {int(number): layer for number, layer in (paint or {}).items()}
    if editor is not None:
        layers.pop(int(frame), None)
        if (layer := painted_layer(editor)) is not None:
            layers[int(frame)] = layer
    return layers
