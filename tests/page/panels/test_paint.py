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
    DROPPED,
    LOST,
    OVERHEAD_BYTES,
    Paintings,
    editor_value,
    is_allowed_png,
    paint_editor,
    painted_layer,
    with_editor,
)
from vgpnn.page.values import Unusable, UnusableValue
from vgpnn.service import paint as kept_paint
from vgpnn.service.paint import PAINT_PIXELS, Paint


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
def paintings(monkeypatch):
    kept = Paintings()
    monkeypatch.setattr(paint, "PAINTINGS", kept)
    return kept


@pytest.fixture
def canvas(paintings):
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
    for read in (painted_layer, lambda value: with_editor(Paint(), value, 0)):
        with pytest.raises(UnusableValue, match="did not arrive"):
            read(Unusable(LOST))


def test_the_editor_replaces_the_paint_of_its_frame():
    known = Paint.of({0: layer(rows=1), 5: layer(rows=2)})
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


def test_paint_that_had_to_go_is_not_forgotten_silently():
    with pytest.raises(UnusableValue, match="no longer kept on the server: press Clear all"):
        with_editor(kept_paint.LOST, editor(layer()), 0)
    assert DROPPED.format("Clear all").endswith(".")


# --- what somebody sends who is no page


def blob(canvas, name="x", kind="layer", index="0", content=None, session=None):
    data = {"type": kind, "index": index, "id": name, "session_hash": session}
    canvas.accept_blobs(
        SimpleNamespace(data=data, files=[("file", content or file_of("PNG").getvalue())])
    )


def test_a_value_has_one_layer_before_anything_is_opened(canvas, monkeypatch):
    """100 layers of one small file took 3 GB."""
    monkeypatch.setattr(Image, "open", None)  # whoever opens a picture fails
    monkeypatch.setattr(canvas, "convert_and_format_image", None)
    with pytest.raises(gr.Error, match="A painting has one layer: reload"):
        canvas.only_used({"layers": [{"path": "a.png"}] * 2})
    two = [{"path": "a.png"}] * 2
    assert canvas.preprocess(sent(canvas, layers=two)) == Unusable(paint.REFUSED)


def test_what_nothing_reads_is_not_opened(canvas, tmp_path):
    (tmp_path / "y.png").write_bytes(file_of("PNG").getvalue())
    layers = [{"path": str(tmp_path / "y.png")}]
    others = {"background": {"path": "/gone.png"}, "composite": {"path": "/gone.png"}}
    assert canvas.only_used({"layers": layers, **others, "id": None}) == {
        "layers": layers,
        "background": None,
        "composite": None,
        "id": None,
    }
    assert canvas.preprocess(sent(canvas, layers=layers, **others))["composite"] is None
    for odd in (None, 7, "x", [], {"layers": 7}):
        canvas.only_used(odd)


def test_a_large_layer_is_reduced_before_an_event_gets_it(canvas, tmp_path):
    """Twelve events at once with one picture of 4K took 1.1 GB."""
    (tmp_path / "y.png").write_bytes(file_of("PNG", (2160, 3840)).getvalue())
    value = canvas.preprocess(sent(canvas, layers=[{"path": str(tmp_path / "y.png")}]))
    (picture,) = value["layers"]
    assert picture.shape[0] * picture.shape[1] <= PAINT_PIXELS and picture.shape[2] == 4


def test_only_the_layer_of_a_painting_is_kept(canvas, paintings):
    for order in (("background", "layer", "composite"), ("layer", "composite", "background")):
        for kind in order:
            blob(canvas, kind=kind, index="0" if kind == "layer" else "null")
        (kept,) = paintings.values()
        assert len(kept.layers) == 1 and kept.background is kept.composite is None
    assert canvas.preprocess(sent(canvas, id="x"))["layers"][0].shape == (4, 4, 4)
    assert not paintings


@pytest.mark.parametrize(
    "wrong",
    [{"index": "1"}, {"index": "-1"}, {"name": "x" * 65}, {"name": None}, {"name": ""}],
    ids=str,
)
def test_another_layer_or_name_is_refused(canvas, paintings, wrong):
    with pytest.raises(ValueError, match="layer|name"):
        blob(canvas, **wrong)
    assert not paintings


def test_an_updated_editor_finds_what_arrived_before(canvas, paintings):
    with gr.Blocks():
        earlier, later = paint_editor(None, gr.Brush()), paint_editor(None, gr.Brush())
    blob(earlier)
    assert later.preprocess(sent(later, id="x"))["layers"]


def test_paintings_of_others_do_not_push_out_mine():
    """16 foreign paintings took everybody's."""
    kept = Paintings(per_person=100_000, in_all=250_000)
    kept.add("mine", b"x" * 10_000, "ada")
    for number in range(500):
        kept.add(f"theirs{number}", b"x" * 9_000, "bob")
        kept.add(f"others{number}", b"x" * 60_000, f"cleo{number % 9}")
    assert "mine" in kept
    size = sum(len(each.layers[0]) + OVERHEAD_BYTES for each in kept.values())
    assert 150_000 < size <= 250_000
    kept.pop("mine")
    assert "mine" not in kept and kept.pop("mine") is None


def test_a_painting_that_no_event_has_used_for_long_goes(canvas, paintings, monkeypatch):
    blob(canvas, name="old")
    monkeypatch.setattr(paint, "KEPT_SECONDS", -1.0)
    blob(canvas, name="new")
    assert "old" not in paintings
