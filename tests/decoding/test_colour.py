"""All four colour tags count: files with other primaries and curves show the same colours."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.videos import error_of
from PIL import Image

from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")

PATCHES = np.array(
    [
        *[(255, 255, 255), (128, 128, 128), (224, 172, 138), (200, 40, 40)],
        *[(40, 160, 60), (40, 60, 180), (0, 0, 0), (230, 150, 30)],
    ]
)
TILE = 16  # [px]
UNKNOWN = 2
# Tags, as H.264 numbers them.
BT709, BT2020, P3, CINEMA_P3 = 1, 9, 12, 11  # primaries
LINEAR, SRGB, PQ, CINEMA, HLG = 8, 13, 16, 17, 18  # curves
YCGCO, BT2020_CONSTANT, CHROMA_DERIVED, ICTCP = 8, 10, 12, 14  # matrices beside BT709 and BT2020
# From light of BT.709 to light of other primaries, as the standards publish them (BT.2087, P3).
TO_BT2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
TO_PRIMARIES = {
    BT709: np.eye(3),
    BT2020: np.array(TO_BT2020),
    P3: np.array([[0.8225, 0.1774, 0], [0.0332, 0.9669, 0], [0.0171, 0.0724, 0.9108]]),
}
LUMA = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 6: (0.299, 0.114)}  # red and blue, by matrix
LMS = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
ICTCP_MATRICES = {
    PQ: np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096,
    HLG: np.array([[2048, 2048, 0], [3625, -7465, 3840], [9500, -9212, -288]]) / 4096,
}


def signal(light: np.ndarray, curve: int) -> np.ndarray:
    """The signal of light that a display shall show, 1 at SDR white, by its standard."""
    if curve == PQ:
        power = (light * 203 / 10_000) ** (2610 / 16384)
        return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    if curve == HLG:
        display = light * 203 / 1000
        luminance = np.maximum(display @ [0.2627, 0.6780, 0.0593], 1e-9)[..., None]
        return hlg_signal(display * luminance ** (1 / 1.2 - 1))
    if curve == CINEMA:
        return (light * 48 / 52.37) ** (1 / 2.6)
    return light ** (1 / {LINEAR: 1.0, 5: 2.8}.get(curve, 2.4))


def hlg_signal(light: np.ndarray) -> np.ndarray:
    """The signal of HLG for light that a camera sees, 1 at its peak."""
    bright = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(light <= 1 / 12, np.sqrt(3 * light), bright)


def srgb_light(values: np.ndarray) -> np.ndarray:
    """The light of values in [0, 1] of sRGB."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_signal(light: np.ndarray) -> np.ndarray:
    """The inverse of `srgb_light`."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def luma_and_chroma(light: np.ndarray, curve: int, matrix: int) -> np.ndarray:
    """(..., 3): luma in [0, 1] and two chroma in [-0.5, 0.5] of light in the video's primaries."""
    if matrix == ICTCP:
        cones = light @ LMS.T
        if curve == HLG:
            display = light * 203 / 1000
            luminance = np.maximum(display @ [0.2627, 0.6780, 0.0593], 1e-9)[..., None]
            cones = hlg_signal(display * luminance ** (1 / 1.2 - 1) @ LMS.T)
        else:
            cones = signal(cones, PQ)
        return cones @ ICTCP_MATRICES[curve].T
    rgb = signal(light, curve)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    if matrix == YCGCO:
        luma = red / 4 + green / 2 + blue / 4
        return np.stack([luma, green / 2 - red / 4 - blue / 4, red / 2 - blue / 2], -1)
    if matrix == BT2020_CONSTANT:
        camera = np.where(rgb < 0.081, rgb / 4.5, ((rgb + 0.099) / 1.099) ** (1 / 0.45))
        total = camera @ [0.2627, 0.6780, 0.0593]
        luma = np.where(total < 0.018, 4.5 * total, 1.099 * total**0.45 - 0.099)
        of_blue, of_red = blue - luma, red - luma
        of_blue = of_blue / np.where(of_blue > 0, 1.5816, 1.9404)
        return np.stack([luma, of_blue, of_red / np.where(of_red > 0, 0.9936, 1.7184)], -1)
    of_red, of_blue = LUMA[BT2020 if matrix == CHROMA_DERIVED else matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    chroma = (blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)
    return np.stack([luma, *chroma], -1)


def write_tiles(
    path: Path,
    encoded: np.ndarray,
    tags: tuple[int, int, int],
    is_full: bool = False,
    bits: int = 10,
    codec: str = "libx264",
    tile: int = TILE,
) -> Path:
    """A video of a row of square tiles, with luma and chroma (N, 3), tagged (primaries, curve,
    matrix), and the range as said. tile: width of one [px]."""
    step = 1 << (bits - 8)
    black, luma, chroma = (0, 255, 255) if is_full else (16, 219, 224)
    most = 256 * step - 1
    scale = np.array([most, most, most]) if is_full else np.array([luma, chroma, chroma]) * step
    codes = np.rint(encoded * scale + np.array([black, 128, 128]) * step)
    planes = np.clip(codes, 0, most).astype(np.uint16 if bits > 8 else np.uint8).T[:, None]
    pixels = planes.repeat(TILE * 2, 1).repeat(tile, 2)
    pixel_format = "yuv444p" if bits == 8 else f"yuv444p{bits}le"
    with av.open(str(path), "w") as file:
        stream = file.add_stream(
            codec, rate=24, options={"crf": "1", "x265-params": "log-level=none"}
        )
        stream.height, stream.width, stream.pix_fmt = *pixels.shape[1:], pixel_format
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = tags
        context.color_range = 1 + is_full
        for k in range(2):
            frame = av.VideoFrame(stream.width, stream.height, pixel_format)
            for plane, values in zip(frame.planes, pixels, strict=True):
                row = plane.line_size // values.itemsize
                padded = np.zeros((stream.height, row), values.dtype)
                padded[:, : stream.width] = values
                plane.update(padded.tobytes())
            frame.pts = k
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def patches_as(primaries: int, curve: int, matrix: int) -> np.ndarray:
    """(8, 3): luma and chroma that a display shall show as PATCHES."""
    if curve == SRGB:
        light = np.clip(srgb_light(PATCHES / 255) @ TO_PRIMARIES[primaries].T, 0, 1)
        return luma_and_chroma(srgb_signal(light) ** 2.4, BT709, matrix)
    light = (PATCHES / 255) ** 2.4 @ TO_PRIMARIES[primaries].T
    return luma_and_chroma(np.clip(light, 0, 1), curve, matrix)


def tiles_of(path: Path, count: int = 8, **how) -> np.ndarray:
    """(N, 3): the colours in the middle of each tile of the first frame."""
    picture = read(path, frames=1, **how).codes[0].numpy()
    height, width = picture.shape[:2]
    return picture[height // 2, width * (2 * np.arange(count) + 1) // (2 * count)].astype(int)


CASES = {  # primaries, curve and matrix of the colours; what is different in the tags; how stored
    "hlg": (BT2020, HLG, 9, {}, {}),
    "hlg without matrix": (BT2020, HLG, 9, {"matrix": UNKNOWN}, {}),
    "hlg without primaries": (BT2020, HLG, 9, {"primaries": UNKNOWN}, {}),
    "hlg without both": (BT2020, HLG, 9, {"primaries": UNKNOWN, "matrix": UNKNOWN}, {}),
    "hlg in full range": (BT2020, HLG, 9, {}, {"is_full": True}),
    "hlg in hevc": (BT2020, HLG, 9, {}, {"codec": "libx265"}),
    "pq": (BT2020, PQ, 9, {}, {}),
    "pq without both": (BT2020, PQ, 9, {"primaries": UNKNOWN, "matrix": UNKNOWN}, {}),
    "pq with p3": (P3, PQ, 9, {}, {}),
    "ictcp pq": (BT2020, PQ, ICTCP, {}, {}),
    "ictcp hlg": (BT2020, HLG, ICTCP, {}, {}),
    "p3": (P3, BT709, 1, {}, {"bits": 8}),
    "p3 with srgb": (P3, SRGB, 1, {}, {}),
    "p3 and nothing else": (P3, BT709, 1, {"curve": UNKNOWN, "matrix": UNKNOWN}, {}),
    "p3 in full range": (P3, BT709, 1, {}, {"is_full": True}),
    "p3 with bt601's matrix": (P3, BT709, 6, {}, {}),
    "bt2020": (BT2020, 14, 9, {}, {}),
    "bt2020 with bt709's curve": (BT2020, BT709, 9, {}, {}),
    "bt2020 without primaries": (BT2020, BT709, 9, {"primaries": UNKNOWN}, {}),
    "bt2020 without matrix": (BT2020, 14, 9, {"matrix": UNKNOWN}, {}),
    "bt2020 constant luminance": (BT2020, 14, BT2020_CONSTANT, {}, {}),
    "bt2020 chroma-derived": (BT2020, 14, CHROMA_DERIVED, {}, {}),
    "only the matrix is bt2020": (BT709, BT709, 9, {}, {}),
    "linear": (BT709, LINEAR, 1, {}, {}),
    "gamma 2.8": (BT709, 5, 1, {}, {}),
    "cinema": (P3, CINEMA, 1, {}, {}),
    "ycgco": (BT709, BT709, YCGCO, {}, {}),
    "bt601 of ntsc": (BT709, 6, 6, {"primaries": 6}, {}),
    "bt601 of ntsc without matrix": (BT709, 6, 6, {"primaries": 6, "matrix": UNKNOWN}, {}),
    "bt709 without matrix": (BT709, BT709, 1, {"matrix": UNKNOWN}, {"bits": 8}),
    "only the primaries are bt709": (BT709, BT709, 1, {"curve": UNKNOWN, "matrix": UNKNOWN}, {}),
}


@pytest.mark.parametrize("kind", CASES)
def test_every_combination_of_tags_shows_the_same_colours(tmp_path, kind):
    primaries, curve, matrix, other, how = CASES[kind]
    tags = {"primaries": primaries, "curve": curve, "matrix": matrix} | other
    encoded = patches_as(primaries, curve, matrix)
    path = write_tiles(tmp_path / "tiles.mkv", encoded, tuple(tags.values()), **how)
    assert np.abs(tiles_of(path) - PATCHES).max() <= 8, tiles_of(path).tolist()
    assert probe(path).hdr == {PQ: "PQ", HLG: "HLG"}.get(curve, "")


@pytest.mark.parametrize("name", ["tiles.mov", "tiles.mkv"])
@pytest.mark.parametrize("tags", [(BT2020, HLG, 9), (P3, BT709, 1)])
def test_tags_that_only_the_container_has_count(tmp_path, name, tags):
    """FFmpeg's encoder of ProRes writes none into its frames."""
    path = write_tiles(tmp_path / name, patches_as(*tags), tags, codec="prores_ks")
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0))
    assert (frame.color_primaries, frame.color_trc, frame.colorspace) == (UNKNOWN,) * 3
    assert np.abs(tiles_of(path) - PATCHES).max() <= 8


def test_the_white_of_cinema_is_white(tmp_path):
    """DCI-P3 has a greenish white, to which eyes adapt in a cinema."""
    greys = np.array([[1, 0, 0], [0.5, 0, 0]])
    path = write_tiles(tmp_path / "grey.mkv", greys, (CINEMA_P3, BT709, 1))
    shown = tiles_of(path, 2)
    assert np.ptp(shown, axis=1).max() <= 1 and abs(shown[:, 0] - [255, 128]).max() <= 2


PNG_CHUNKS = {  # that say how an image is coded
    "gamma 1/2.2": (PATCHES, b"gAMA", struct.pack(">I", 45455)),
    "srgb": (PATCHES, b"sRGB", b"\0"),
    "linear": (None, b"gAMA", struct.pack(">I", 100_000)),
    "p3": (None, b"cICP", bytes([P3, SRGB, 0, 1])),
}


@pytest.mark.parametrize("kind", PNG_CHUNKS)
def test_chunks_of_png_images_count(tmp_path, kind):
    codes, name, data = PNG_CHUNKS[kind]
    if codes is None:
        light = srgb_light(PATCHES / 255) @ TO_PRIMARIES[P3 if kind == "p3" else BT709].T
        codes = np.rint(255 * (srgb_signal(np.clip(light, 0, 1)) if kind == "p3" else light))
    buffer = io.BytesIO()
    pixels = codes.astype(np.uint8)[None].repeat(TILE, 0).repeat(TILE, 1)
    Image.fromarray(pixels).save(buffer, "PNG")
    chunk = struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    after_header = 33  # [bytes] of the signature and of the chunk that comes first
    png = buffer.getvalue()
    (tmp_path / "1.png").write_bytes(png[:after_header] + chunk + png[after_header:])
    assert np.abs(tiles_of(tmp_path) - PATCHES).max() <= 8


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_what_is_brighter_than_white_keeps_its_hue_and_its_order(tmp_path, curve):
    """A channel that were clipped alone would turn a bright orange into yellow."""
    brightness = np.array([1, 1.5, 2, 3])[:, None]  # 1: 203 nits
    light = brightness * np.array([[1, 0.3, 0.05]]) @ TO_PRIMARIES[BT2020].T
    path = write_tiles(tmp_path / "sun.mkv", luma_and_chroma(light, curve, 9), (BT2020, curve, 9))
    shown = tiles_of(path, 4)
    red, green, blue = shown.T
    assert (red >= 245).all() and (np.diff(red) >= 0).all()
    assert (green < 200).all() and (blue < green - 20).all()
    greys = np.linspace(0.9, 4, 8)[:, None] * np.ones(3)
    path = write_tiles(tmp_path / "grey.mkv", luma_and_chroma(greys, curve, 9), (BT2020, curve, 9))
    shown = tiles_of(path)
    assert (np.diff(shown[:, 0]) >= 0).all() and shown[-1, 0] > shown[1, 0]
    assert np.ptp(shown, axis=1).max() <= 2


@pytest.mark.parametrize("matrix", [11, 13])
def test_a_matrix_that_is_not_read_is_named(tmp_path, matrix):
    path = write_tiles(tmp_path / "tiles.mkv", patches_as(BT709, BT709, 1), (1, 1, matrix))
    assert "colours are stored as" in error_of(read, path)


@pytest.mark.parametrize("plain", [False, True])
def test_tags_of_hd_and_of_no_kind_change_nothing(tmp_path, plain):
    """A file that says that it is BT.709 has the same pixels as one that says only the matrix."""
    encoded = patches_as(BT709, BT709, 1)
    pictures = [
        read(write_tiles(tmp_path / f"{k}.mkv", encoded, tags, bits=8), plain=plain).codes
        for k, tags in enumerate([(BT709, BT709, 1), (UNKNOWN, UNKNOWN, 1), (BT709, SRGB, 1)])
    ]
    assert (pictures[0] == pictures[1]).all() and (pictures[0] == pictures[2]).all()


@pytest.mark.parametrize(("size", "matrix"), [((64, 1280), 1), ((64, 720), 6)])
def test_a_wide_video_without_tags_is_hd(tmp_path, size, matrix):
    """Films in HD are often cut to fewer than 720 rows."""
    encoded = patches_as(BT709, BT709, matrix).repeat(size[1] // (8 * TILE), 0)
    path = write_tiles(tmp_path / "wide.mkv", encoded, (UNKNOWN,) * 3)
    assert np.abs(tiles_of(path) - PATCHES).max() <= 4


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_reducing_hdr_averages_as_in_sdr(tmp_path, curve):
    """Fine stripes of black and white become the grey that SDR has there, not a dark one."""
    light = np.zeros((64, 3)) + (np.arange(64) % 2)[:, None]
    encoded = luma_and_chroma(light, curve, 9)
    path = write_tiles(tmp_path / "stripes.mkv", encoded, (BT2020, curve, 9), tile=2)
    grey = read(path, height=4).codes[:, :, 2:-2].float()
    assert 115 < grey.mean() < 135 and grey.std() < 12
