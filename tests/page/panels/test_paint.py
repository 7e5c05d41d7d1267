"""The editor to paint on takes PNGs only, and its paint is read from its layer."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from vgpnn.page.panels import paint
from vgpnn.page.panels.paint import (
    KEPT_PAINTINGS,
    LOST,
    PAINT_PIXELS,
    editor_value,
    is_allowed_png,
    paint_editor,
    painted_layer,
    with_editor,
)
from vgpnn.page.values import Unusable, UnusableValue


def layer(height=48, width=64, rows=4):
    """A stroke of so many rows."""
    picture = np.zeros((height, width, 4), np.uint8)
    picture[10 : 10 + rows, 10:20] = (255, 0, 0, 255)
    return picture


def editor(*layers):
    return {"background": None, "layers": [*layers], "composite": None}


def file_of(kind, size=(4, 4)):
    file = BytesIO()
    Image.new("RGB", size).save(file, kind)
    return BytesIO(file.getvalue())


@pytest.fixture
def canvas():
    with gr.Blocks():
        return paint_editor(None, gr.Brush())


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_only_a_png_is_opened(kind):
    assert is_allowed_png(file_of("PNG")) and not is_allowed_png(file_of(kind))
    assert not is_allowed_png(BytesIO(b"")) and not is_allowed_png(BytesIO(b"%!PS-Adobe-3.0"))


def test_a_png_must_not_be_too_large(monkeypatch):
    monkeypatch.setattr(paint, "LIMITS", paint.LIMITS.__class__(source_pixels=100))
    assert is_allowed_png(file_of("PNG", (10, 10)))
    assert not is_allowed_png(file_of("PNG", (10, 11)))


def test_the_layer_is_the_paint():
    assert (painted_layer(editor(layer())) == layer()).all()


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        editor(),
        editor(None),
        editor(layer(rows=0)),
        editor(layer()[..., :3]),
        editor(layer().astype(float)),
    ],
    ids=["none", "empty", "no-layer", "lost-layer", "nothing", "rgb", "float"],
)
def test_nothing_painted_is_none(value):
    assert painted_layer(value) is None


def test_a_large_layer_is_reduced():
    found = painted_layer(editor(layer(2000, 1500, rows=1900)))
    assert found.shape[0] * found.shape[1] <= PAINT_PIXELS
    assert found.shape[0] / found.shape[1] == pytest.approx(4 / 3, rel=0.01)


def test_paint_that_did_not_arrive_is_unusable():
    for read in (painted_layer, lambda value: with_editor({}, value, 0)):
        with pytest.raises(UnusableValue, match="did not arrive"):
            read(Unusable(LOST))


def test_the_editor_replaces_the_paint_of_its_frame():
    known = {0: layer(rows=1), 5: layer(rows=2)}
    assert [*with_editor(known, editor(layer(rows=3)), 5)] == [0, 5]
    assert (with_editor(known, editor(layer(rows=3)), 5)[5] == layer(rows=3)).all()
    assert [*with_editor(known, editor(layer(rows=0)), 5)] == [0]  # rubbed out
    assert [*with_editor(known, None, 5)] == [0, 5]  # no editor is open
    assert [*known] == [0, 5]


def test_a_value_has_the_paint_in_the_size_of_the_picture():
    picture = np.zeros((96, 128, 3), np.uint8)
    value = editor_value(picture, layer())
    assert value["layers"][0].shape == (96, 128, 4) and value["background"] is picture
    assert editor_value(picture)["layers"] == []


def sent(canvas, **parts):
    return canvas.data_model(**{"background": None, "layers": [], "composite": None, **parts})


def test_a_lost_painting_is_unusable(canvas):
    assert canvas.preprocess(sent(canvas, id="gone")) == Unusable(LOST)
    assert canvas.preprocess(None) is None


def test_a_picture_of_another_kind_is_unusable(canvas, tmp_path):
    (tmp_path / "x.png").write_bytes(file_of("JPEG").getvalue())
    (tmp_path / "y.png").write_bytes(file_of("PNG").getvalue())
    for name, is_taken in (("x.png", False), ("y.png", True)):
        arrived = canvas.preprocess(sent(canvas, layers=[{"path": str(tmp_path / name)}]))
        assert isinstance(arrived, Unusable) is not is_taken


def test_few_paintings_are_kept_that_nobody_uses(canvas):
    for number in range(KEPT_PAINTINGS + 3):
        data = {"type": "composite", "index": "null", "id": str(number)}
        content = [("composite", file_of("PNG").getvalue())]
        canvas.accept_blobs(SimpleNamespace(data=data, files=content))
    assert len(canvas.blob_storage) == KEPT_PAINTINGS and "0" not in canvas.blob_storage
