"""Paint stays as it came, small and unopened, until it is read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from vgpnn.tasks import paint
from vgpnn.tasks.paint import PAINT_PIXELS, Paint


def stroke(size: int = 1000, colour: int = 255) -> np.ndarray:
    """A picture with a stroke, (size, size, 4) uint8."""
    picture = np.zeros((size, size, 4), np.uint8)
    picture[size // 4 : size // 2] = (colour, 0, 0, 255)
    return picture


def file_of(kind: str, size=(4, 4)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return file.getvalue()


def test_pictures_stay_as_they_are():
    values = np.random.default_rng(0).integers(0, 256, (9, 7, 4), np.uint8)
    assert (Paint.of({0: values})[0] == values).all()
    assert (Paint.of({0: values[::2, ::2]})[0] == values[::2, ::2]).all()


def test_paint_on_every_frame_is_small():
    """100 frames of 4 MB each took 400 MB of the server's memory."""
    (file,) = Paint.of({0: stroke()}).files.values()
    assert Paint(dict.fromkeys(range(100), file)).nbytes < 2_000_000


def test_pictures_are_read_by_number():
    kept = Paint.of({3: stroke(20, 1), 0: stroke(20, 2)})
    assert list(kept) == [3, 0] and len(kept) == 2 and 3 in kept and 1 not in kept
    assert (kept[3] == stroke(20, 1)).all() and kept.get(1) is None
    assert Paint.of(kept) is kept and Paint.of(dict(kept)) == kept
    assert kept != Paint() and hash(kept) == hash(Paint.of(dict(kept)))


def test_there_is_a_most_for_one_request(monkeypatch):
    monkeypatch.setattr(paint, "PAINT_BYTES", 1000)
    noise = np.random.default_rng(0).integers(0, 256, (15, 15, 4), np.uint8)
    assert Paint.of({0: noise})
    with pytest.raises(ValueError, match=r"^This is more paint than is kept: .*\.$"):
        Paint.of({0: noise, 1: noise})


def test_nothing_is_opened_before_it_is_read(monkeypatch):
    monkeypatch.setattr(Image, "open", None)  # whoever opens a picture fails
    kept = Paint({0: b"no picture"})
    assert 0 in kept and len(kept) == 1


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_only_a_png_is_opened(kind):
    assert Paint({0: file_of("PNG")})[0].shape == (4, 4, 4)
    for file in (file_of(kind), b"", b"%!PS-Adobe-3.0", file_of("PNG")[:40]):
        with pytest.raises(ValueError, match=r"^A painted picture cannot be read: .*\.$"):
            Paint({0: file})[0]


def test_a_picture_must_not_be_too_large():
    assert Paint({0: file_of("PNG", (1000, PAINT_PIXELS // 1000))})[0].shape[1] == 1000
    with pytest.raises(ValueError, match="cannot be read"):
        Paint({0: file_of("PNG", (1000, PAINT_PIXELS // 1000 + 1))})[0]
