"""The image editor of the page, on which only pictures of its own kind are put."""

from __future__ import annotations

from io import BytesIO

import gradio as gr
from gradio.components.base import server
from PIL import Image

from vgpnn.limits import LIMITS

KEPT = 16  # paintings that have arrived and that nobody has used yet
REFUSED = "The painted picture cannot be read: paint on a PNG no larger than 4K."


class Canvas(gr.ImageEditor):
    """An image editor that opens PNGs only, as its own script sends them, and none too large.

    Gradio opens what it is sent with every decoder of Pillow, in this process, and keeps it for as
    long as nobody asks for it.
    """

    is_template = True

    @server
    def accept_blobs(self, data):
        told, sent = data.data, data.files
        if told.get("index") not in (None, "", "null", "0") or len(sent) != 1:
            raise ValueError("one picture at a time, and one layer")
        check_picture(BytesIO(sent[0][1]))
        super().accept_blobs(data)
        for oldest in list(self.blob_storage)[:-KEPT]:
            self.blob_storage.pop(oldest, None)

    def preprocess(self, payload):
        if payload is not None and payload.id and payload.id not in self.blob_storage:
            raise gr.Error("What was painted did not arrive: try again.", print_exception=False)
        if payload is not None and payload.id is None:
            for part in (payload.background, payload.composite, *payload.layers):
                if part is not None:
                    check_picture(part.path)
        return super().preprocess(payload)


def check_picture(file) -> None:
    """Raises gr.Error for what is no PNG, or too large a one."""
    try:
        with Image.open(file, formats=["PNG"]) as picture:
            if picture.width * picture.height <= LIMITS.source_pixels:
                return
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        pass
    raise gr.Error(REFUSED, print_exception=False)
