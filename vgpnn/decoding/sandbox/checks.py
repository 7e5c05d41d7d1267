"""Which files and parts are refused, and the sentences that say so.

Every check raises `RefusedError`; `limits` are the fields of `vgpnn.limits.Limits` as a dict.
"""

from __future__ import annotations

READ_KINDS = "MP4, MOV, WebM, MKV, AVI, MPEG, DV, GIF or animated PNG"
VIDEO_KINDS = f"an {READ_KINDS} file"
HEAD_BYTES = 1 << 16  # [bytes] at the beginning of a file, by which its kind is found
DAMAGED = "The file is damaged or cut short: export it again, or upload it again."
# The first bytes of files that are no videos, and a name for each kind. White space before them is
# skipped, and small letters are as good as capitals.
OTHER_KINDS = (
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"<svg", "an SVG drawing"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<html", "a web page"),
    (b"<!DOCTYPE svg", "an SVG drawing"),
    (b"<?xml", "an XML text"),
    (b"\x89PNG", "a still image"),
    (b"RIFF", "sound"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
    (b"MThd", "sound"),
    (b"#!AMR", "sound"),
    (b"OggS", "sound"),
    (b"\xff\xfb", "sound"),
    (b"\xff\xf3", "sound"),
    (b"\xff\xf1", "sound"),
    (b"\xff\xf9", "sound"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "packed files"),
    (b"BZh", "packed files"),
    (b"\xfd7zXZ", "packed files"),
    (b"%PDF", "a PDF"),
)
# The first bytes of videos for which there is no demuxer here. Streams without a container have no
# times, and begin with a code of three or four bytes.
OTHER_VIDEOS = (
    (b"FLV", "Flash video"),
    (b"\x30\x26\xb2\x75", "Windows Media video"),
    (b".RMF", "RealMedia video"),
    (b"\x06\x0e\x2b\x34", "MXF video"),
    (b"YUV4MPEG2", "Y4M video"),
    (b"DKIF", "IVF video"),
    (b"nut/multimedia", "NUT video"),
    (b"\x00\x00\x00\x01", "A video stream without a container"),
    (b"\x00\x00\x01", "A video stream without a container"),
)
OGG_VIDEO = b"\x80theora"
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
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), "a HEIC"),
    **dict.fromkeys((b"mif1", b"mif2", b"miaf", b"tmap", b"avci", b"1pic", b"unif"), "a HEIF"),
    **dict.fromkeys((b"MiHB", b"MiHE", b"MiPr", b"j2ki", b"jpeg", b"vvic"), "a HEIF"),
    **dict.fromkeys((b"avif", b"avio"), "an AVIF"),
    b"jxl ": "a JPEG XL",
    b"crx ": "a raw photo",
}
# The first boxes of MP4 and its kind. Files that begin with the last ones are parts of streams.
FIRST_BOXES = (
    *(b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid"),
    *(b"styp", b"moof", b"sidx", b"pdin"),
)
TRANSPORT_PACKETS = (188, 192, 204)  # [bytes] of a packet: broadcast, camcorders, with correction
FEWEST_PACKETS = 5  # that begin with the same byte at the same distance


def demuxer_of(head: bytes) -> str:
    """The name of FFmpeg's demuxer for a file, from its first bytes; refuses what is no video."""
    if head[4:8] in FIRST_BOXES:
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
    if head.startswith(b"\x89PNG") and is_animated(head):
        return "apng"
    if any(head.startswith(magic) for magic, _ in PICTURES):
        raise refused("a still image")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kind = next((name for magic, name in OTHER_KINDS if start.startswith(magic.lower())), None)
    if kind is None and is_transport_stream(head):
        return "mpegts"
    check_other_videos(head)
    if kind is None:
        kind = "text" if is_text(head) else "something else"
    raise refused(kind)


def check_other_videos(head: bytes) -> None:
    """Refuse videos of kinds that are not read, by their first bytes."""
    names = [name for magic, name in OTHER_VIDEOS if head.startswith(magic)]
    if head.startswith(b"OggS") and OGG_VIDEO in head:
        names = ["Ogg video"]
    if head.startswith(b"RIFF") and head[8:12] == b"CDXA":
        names = ["A track of a Video CD"]
    if names:
        raise RefusedError(f"{names[0]} is not read: convert the file to MP4 with H.264.")


def is_animated(head: bytes) -> bool:
    """Whether a PNG says before its first picture that it has several."""
    _, _, control = head.partition(b"IDAT")[0].partition(b"acTL")
    return len(control) >= 4 and int.from_bytes(control[:4], "big") > 1


def is_text(head: bytes) -> bool:
    """Whether bytes, which may be cut off within a character, are a text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
    return all(byte >= 32 or byte in b"\t\r\n\f" for byte in head)


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
