"""Which files and parts are refused, and the sentences that say so.

Every check raises `RefusedError`; `limits` are the fields of `vgpnn.limits.Limits` as a dict.
"""

from __future__ import annotations

READ_KINDS = "MP4, MOV, WebM, MKV, AVI, MPEG, DV, GIF or animated PNG"
VIDEO_KINDS = f"an {READ_KINDS} file"
HEAD_BYTES = 4096  # [bytes] at the beginning of a file, by which its kind is found
DAMAGED = "The file is damaged or cut short: export it again, or upload it again."
# The first bytes of files that are no videos (white space before them is skipped), and a name for
# each kind.
OTHER_KINDS = (
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"<svg", "an SVG drawing"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML text"),
    (b"\x89PNG", "a still image"),
    (b"RIFF", "sound"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
    (b"OggS", "Ogg data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF"),
)


OTHER_VIDEOS = ((b"FLV", "Flash video"), (b"\x30\x26\xb2\x75", "Windows Media video"))
APPLE_DOUBLE = b"\x00\x05\x16\x07"
DEMUXERS = (  # by the first bytes
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x1f\x07\x00", "dv"),
)


class RefusedError(Exception):
    """The file is not read; the message is the sentence that the user sees."""


# The first bytes of files with one picture, but for PNG and WebP, and a name for each kind.
PICTURES = (
    (b"\xff\xd8\xff", "a JPEG"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"II+\x00", "a TIFF"),
    (b"MM\x00+", "a TIFF"),
    (b"8BPS", "a Photoshop file"),
    (b"gimp xcf", "a GIMP file"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"qoif", "a QOI"),
)
# What follows "ftyp" in files that have the boxes of MP4 and hold a photo, and a name for each.
# Those of sequences of pictures, which are read, are others.
PHOTO_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), "a HEIC"),
    b"avif": "an AVIF",
    b"crx ": "a raw photo",
}
TRANSPORT_PACKETS = (188, 192, 204)  # [bytes] of a packet: broadcast, camcorders, with correction
FEWEST_PACKETS = 5  # that begin with the same byte at the same distance


def demuxer_of(head: bytes) -> str:
    """The name of FFmpeg's demuxer for a file, from its first bytes; refuses what is no video."""
    if head[4:8] in (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"):
        if head[4:12].startswith(b"ftyp") and head[8:12] in PHOTO_BRANDS:
            raise refused("a still image")
        return "mov"
    if head.startswith(APPLE_DOUBLE):
        raise RefusedError(
            "This file of macOS only accompanies the video: choose the one without ._ in its name."
        )
    for magic, demuxer in DEMUXERS:
        if head.startswith(magic):
            return demuxer
    if head.startswith(b"RIFF") and head[8:11] == b"AVI":
        return "avi"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        if head[12:16] == b"VP8X" and head[20] & 2:
            raise RefusedError(
                "Animated WebP pictures are not read: convert the file to GIF or MP4."
            )
        raise refused("a still image")
    # A PNG is animated if it says so before its first picture.
    if head.startswith(b"\x89PNG") and b"acTL" in head.partition(b"IDAT")[0]:
        return "apng"
    for magic, name in OTHER_VIDEOS:
        if head.startswith(magic):
            raise RefusedError(f"{name} is not read: convert the file to MP4 with H.264.")
    if any(head.startswith(magic) for magic, _ in PICTURES):
        raise refused("a still image")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = next((name for magic, name in OTHER_KINDS if start.startswith(magic)), None)
    if kind is None and is_transport_stream(head):
        return "mpegts"
    if kind is None:
        is_text = all(byte >= 32 or byte in b"\t\r\n" for byte in head)
        kind = "text" if is_text else "something else"
    raise refused(kind)


def refused(kind: str) -> RefusedError:
    """The error for a file that holds something of another kind."""
    return RefusedError(f"The file holds {kind}, not a video: give {VIDEO_KINDS}.")


def is_transport_stream(head: bytes) -> bool:
    """Whether packets of an MPEG transport stream begin in regular distances. The first one may be
    incomplete, because recordings begin anywhere."""
    return any(
        all(head[first + k * size : first + k * size + 1] == b"G" for k in range(FEWEST_PACKETS))
        for size in TRANSPORT_PACKETS
        for first in range(size)
    )


def check_bytes(size: int, limits: dict) -> None:
    """Refuse a file that is empty or too large. size: [bytes]."""
    if size == 0:
        raise RefusedError("The file is empty: export it again, or upload it again.")
    if size > limits["upload_bytes"]:
        most = limits["upload_bytes"] / 1e6
        raise RefusedError(
            f"The file has {size / 1e6:.0f} MB: cut it or compress it below {most:g} MB."
        )


def check_seconds(seconds, limits: dict) -> None:
    """Refuse a video that is too long. seconds: its duration [s], as any number."""
    if seconds > limits["source_seconds"]:
        most = limits["source_seconds"] / 60
        raise RefusedError(
            f"The video is {float(seconds) / 60:.0f} minutes long: cut it to {most:g} minutes."
        )


def check_pixels(width: int, height: int, limits: dict) -> None:
    """Refuse a video whose stored frames are too large. width, height: [px]."""
    if width * height > limits["source_pixels"]:
        raise RefusedError(
            f"The picture has {width} x {height} pixels: scale it down to 4K (at most"
            f" {limits['source_pixels'] / 1e6:.1f} million pixels) first."
        )


def check_stored_frames(count: int, limits: dict) -> None:
    """Refuse a file that holds too many frames."""
    if count > limits["source_frames"]:
        raise RefusedError(f"The video has over {limits['source_frames']} frames: cut it first.")


def check_decoded_frames(count: int, limits: dict) -> None:
    """Refuse a part that has too many frames."""
    if count > limits["decoded_frames"]:
        raise RefusedError(
            f"The part asked for has {count} frames, and at most {limits['decoded_frames']} are"
            " read: choose a shorter part or a lower fps."
        )


def check_decoded_voxels(count: int, width: int, height: int, limits: dict) -> None:
    """Refuse a part that would take too much memory. width, height: [px] of the result."""
    if count * width * height > limits["decoded_voxels"]:
        raise RefusedError(
            f"The part asked for is {count} frames of {width} x {height},"
            " more than is read at once: choose a lower height or fewer frames."
        )
