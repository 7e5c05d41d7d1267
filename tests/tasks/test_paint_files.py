"""Paint from other programs is read as those programs show it, or refused with a sentence."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from helpers.sentences import is_one_sentence
from PIL import Image

from vgpnn.tasks import cues, paint_files

SHAPE = (6, 40, 56)
BOX = np.s_[4:10, 30:44]  # rows and columns that are painted, far from the middle
MAGENTA = (255, 0, 255)
# For each EXIF orientation but 1, how an upright picture is stored.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def layer(colour=MAGENTA) -> np.ndarray:
    picture = np.zeros((*SHAPE[1:], 4), np.uint8)
    picture[BOX] = (*colour, 255)
    return picture


def is_paint(picture: np.ndarray, colour=MAGENTA) -> bool:
    """Whether exactly the box is painted, in one colour."""
    expected = cues.painted(layer())
    paint = picture[expected][:, :3].astype(int)
    return np.array_equal(cues.painted(picture), expected) and np.abs(paint - colour).max() <= 1


def png(path, rows: np.ndarray, depth: int, kind: int, clear: bytes = b"", extra: bytes = b""):
    """Write a PNG by hand: rows are the bytes of each line. clear: the chunk tRNS."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    lines = b"".join(b"\0" + line.tobytes() for line in rows)
    head = struct.pack(">IIBBBBB", SHAPE[2], SHAPE[1], depth, kind, 0, 0, 0)
    data = paint_files.PNG + chunk(b"IHDR", head) + extra
    data += (chunk(b"tRNS", clear) if clear else b"") + chunk(b"IDAT", zlib.compress(lines))
    path.write_bytes(data + chunk(b"IEND", b""))


def palette(path):
    Image.fromarray(layer()).quantize(4).save(path)


def sixteen_bits(path):
    cv2.imwrite(str(path), layer()[..., [2, 1, 0, 3]].astype(np.uint16) * 257)


def grey_with_alpha(path):
    Image.fromarray(layer((70, 70, 70))).convert("LA").save(path)


def grey_of_sixteen_bits_with_alpha(path):
    both = layer((70, 70, 70))[..., [0, 3]].astype(">u2") * 257
    png(path, both.astype(">u2").reshape(SHAPE[1], -1), 16, 4)


def clear_colour(path):
    picture = layer()
    picture[picture[..., 3] == 0] = (9, 8, 7, 0)
    Image.fromarray(picture[..., :3]).save(path, transparency=(9, 8, 7))


def clear_colour_of_sixteen_bits(path):
    picture = layer()
    picture[picture[..., 3] == 0] = (9, 8, 7, 0)
    rows = picture[..., :3].astype(">u2") * 257
    clear = struct.pack(">HHH", 9 * 257, 8 * 257, 7 * 257)
    png(path, rows.astype(">u2").reshape(SHAPE[1], -1), 16, 2, clear)


def clear_grey(path):
    grey = np.where(cues.painted(layer()), 70, 200).astype(np.uint8)
    Image.fromarray(grey).save(path, transparency=200)


def clear_grey_of_two_bits(path):
    grey = np.where(cues.painted(layer()), 1, 3).astype(np.uint8).reshape(SHAPE[1], -1, 4)
    rows = (grey << np.array([6, 4, 2, 0])).sum(-1).astype(np.uint8)
    png(path, rows, 2, 0, struct.pack(">H", 3))


def clear_grey_of_sixteen_bits(path):
    grey = np.where(cues.painted(layer()), 70 * 257, 200 * 257).astype(">u2")
    png(path, grey, 16, 0, struct.pack(">H", 200 * 257))


def black_and_clear_white(path):
    rows = np.packbits(~cues.painted(layer()), axis=1)
    png(path, rows, 1, 0, struct.pack(">H", 1))


KINDS = {
    palette: MAGENTA,
    sixteen_bits: MAGENTA,
    grey_with_alpha: (70, 70, 70),
    grey_of_sixteen_bits_with_alpha: (70, 70, 70),
    clear_colour: MAGENTA,
    clear_colour_of_sixteen_bits: MAGENTA,
    clear_grey: (70, 70, 70),
    clear_grey_of_two_bits: (85, 85, 85),
    clear_grey_of_sixteen_bits: (70, 70, 70),
    black_and_clear_white: (0, 0, 0),
}


@pytest.mark.parametrize("in_a_folder", [False, True], ids=["file", "folder"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_png_is_read(tmp_path, kind, in_a_folder):
    kind(tmp_path / "paint.png")
    pictures = cues.read(tmp_path if in_a_folder else tmp_path / "paint.png", SHAPE)
    assert list(pictures) == [0] and is_paint(pictures[0], KINDS[kind])


@pytest.mark.parametrize("in_a_folder", [False, True], ids=["file", "folder"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_png_is_turned_as_its_exif_says(tmp_path, orientation, in_a_folder):
    exif, stored = Image.Exif(), Image.fromarray(layer())
    exif[paint_files.ORIENTATION] = orientation
    if orientation > 1:
        stored = stored.transpose(STORED[orientation])
    stored.save(tmp_path / "paint.PNG", exif=exif)
    pictures = cues.read(tmp_path if in_a_folder else tmp_path / "paint.PNG", SHAPE)
    assert is_paint(pictures[0])


def test_a_palette_that_is_turned_keeps_its_transparency(tmp_path):
    exif, stored = Image.Exif(), Image.fromarray(layer()).quantize(4)
    exif[paint_files.ORIENTATION] = 6
    stored.transpose(STORED[6]).save(tmp_path / "paint.png", exif=exif)
    assert is_paint(cues.read(tmp_path / "paint.png", SHAPE)[0])


@pytest.mark.parametrize(
    "size, fits",
    [((112, 80), True), ((28, 20), True), ((57, 40), True), ((141, 100), True), ((560, 401), True)]
    + [((40, 56), False), ((64, 40), False), ((56, 56), False), ((112, 76), False)],
    ids=str,
)
def test_paint_of_another_size_fits_and_of_another_aspect_is_refused(tmp_path, size, fits):
    Image.fromarray(layer()).resize(size, Image.Resampling.NEAREST).save(tmp_path / "paint.png")
    if fits:
        (picture,) = cues.read(tmp_path / "paint.png", SHAPE).values()
        assert picture.shape == (40, 56, 4) and cues.painted(picture)[5:9, 31:43].all()
        return
    with pytest.raises(ValueError) as error:
        cues.read(tmp_path / "paint.png", SHAPE)
    assert is_one_sentence(error.value, "another shape", "56 x 40", "paint on a frame")


@pytest.mark.parametrize("original", [(1280, 534), (180, 640), (720, 405)], ids=str)
@pytest.mark.parametrize("height", [50, 64, 144])
def test_paint_on_a_frame_of_the_file_fits_the_reduced_clip(tmp_path, original, height):
    """The working clip has even sides, so that its aspect is a little different."""
    width = 2 * round(original[0] * height / (2 * original[1]))
    Image.new("RGBA", original).save(tmp_path / "paint.png")
    assert cues.read(tmp_path / "paint.png", (3, height, width))[0].shape == (height, width, 4)


def test_an_animated_png_runs_beside_the_clip(tmp_path):
    boxes = [Image.fromarray(np.roll(layer(), 3 * k, 0)) for k in range(4)]
    boxes[0].save(
        tmp_path / "paint.png", save_all=True, append_images=boxes[1:], duration=100, blend=0
    )
    pictures = cues.read(tmp_path / "paint.png", SHAPE, fps=10)
    assert list(pictures) == [0, 1, 2, 3]
    for k, picture in pictures.items():
        assert is_paint(np.roll(picture, -3 * k, 0))


def on_white(path, **options):
    picture = Image.fromarray(layer())
    Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB").save(
        path, **options
    )


def refusal(path, **options) -> str:
    with pytest.raises(ValueError) as error:
        cues.read(path, SHAPE, **options)
    assert is_one_sentence(error.value) and "Errno" not in str(error.value)
    return str(error.value)


def test_paint_on_white_needs_a_key(tmp_path):
    on_white(tmp_path / "paint.png")
    for path in (tmp_path, tmp_path / "paint.png"):
        text = refusal(path)
        assert "see-through" in text and "transparency" in text and "as the key" in text
        assert "key colour" in refusal(path, key=(0, 255, 0))
        assert is_paint(cues.read(path, SHAPE, key=(255, 255, 255))[0])


def test_with_a_key_what_is_see_through_is_not_painted_either(tmp_path):
    Image.fromarray(layer()).save(tmp_path / "paint.png")
    assert is_paint(cues.read(tmp_path / "paint.png", SHAPE, key=(255, 255, 255))[0])


@pytest.mark.parametrize(
    "suffix, kind",
    [("jpg", "a JPEG"), ("webp", "a WebP"), ("tiff", "a TIFF"), ("bmp", "a BMP")]
    + [("avif", "an AVIF"), ("jp2", "a JPEG 2000")],
)
@pytest.mark.parametrize("name", ["paint.{}", "paint.png", "folder/1.png"])
def test_pictures_of_other_kinds_are_named(tmp_path, suffix, kind, name):
    """Whatever the ending of the name."""
    path = tmp_path / name.format(suffix)
    path.parent.mkdir(exist_ok=True)
    try:
        on_white(tmp_path / f"made.{suffix}")
    except (OSError, KeyError):
        pytest.skip("Pillow has no encoder for it here")
    path.write_bytes((tmp_path / f"made.{suffix}").read_bytes())
    is_folder = name.startswith("folder")
    text = refusal(path.parent if is_folder else path, key=(255, 255, 255))
    assert f"is {kind}: save it as PNG" in text and ("1.png" in text) == is_folder


@pytest.mark.parametrize(
    "head, kind",
    [
        (b"8BPS\0\1", "Photoshop"),
        (b"gimp xcf v011\0", "GIMP"),
        (b"PK\x03\x04mimetype", "Krita"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypmif1", "HEIF"),
        (b"\0\0\0\x18ftypjxl ", "JPEG XL"),
        (b"\0\0\0\x18ftypisom", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_files_of_painting_programs_are_named(head, kind):
    found = paint_files.other_picture(head)
    assert found is None if kind is None else kind in found


def test_the_images_of_a_folder_run_beside_the_clip(tmp_path):
    for number in range(1, 12):
        Image.fromarray(layer((number * 20, 0, 0))).save(tmp_path / f"frame{number}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "._frame1.png").write_bytes(b"no picture either")
    pictures = cues.read(tmp_path, SHAPE, start=0.4, fps=10)
    assert [int(pictures[k][5, 31, 0]) for k in range(6)] == [20 * k for k in range(5, 11)]
    assert len(cues.read(tmp_path, SHAPE, start=0.9, fps=10)) == 2
    text = refusal(tmp_path, start=1.1, fps=10)
    assert "11 images" in text and "number 12" in text


def test_a_path_without_paint_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no PNG images" in refusal(tmp_path / "empty")
    assert "check the path" in refusal(tmp_path / "none.png")
    on_white(tmp_path / "paint.png")
    whole = (tmp_path / "paint.png").read_bytes()
    for size in (9, 20, 60, len(whole) // 2):
        (tmp_path / "cut.png").write_bytes(whole[:size])
        assert "save it again as PNG" in refusal(tmp_path / "cut.png")


def test_a_png_with_damaged_exif_is_read_or_refused(tmp_path):
    Image.fromarray(layer()).save(tmp_path / "paint.png", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f\0")
    try:
        assert is_paint(cues.read(tmp_path / "paint.png", SHAPE)[0])
    except ValueError as error:
        assert is_one_sentence(error)
