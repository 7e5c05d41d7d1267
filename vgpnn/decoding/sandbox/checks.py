"""Which files and parts are refused, and the sentences that say so.

Every check raises `RefusedError`; `limits` are the fields of `vgpnn.limits.Limits` as a dict.
"""

from __future__ import annotations

VIDEO_KINDS = "an MP4, MOV, WebM, MKV, AVI or GIF file"
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
    (b"\xff\xd8\xff", "a still image"),
    (b"RIFF", "sound or a WebP image"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
    (b"OggS", "Ogg data"),
    (b"FLV", "Flash video"),
    (b"\x30\x26\xb2\x75", "Windows Media"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"G@", "an MPEG transport stream"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF"),
)


class RefusedError(Exception):
    """The file is not read; the message is the sentence that the user sees."""


def demuxer_of(head: bytes) -> str:
    """The name of FFmpeg's demuxer for a file, from its first bytes; refuses what is no video."""
    if head[4:8] in (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:11] == b"AVI":
        return "avi"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = next((name for magic, name in OTHER_KINDS if start.startswith(magic)), None)
    if kind is None:
        is_text = all(byte >= 32 or byte in b"\t\r\n" for byte in head)
        kind = "text" if is_text else "something else"
    raise RefusedError(f"The file holds {kind}, not a video: give {VIDEO_KINDS}.")


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


def check_frame_rate(fps, limits: dict) -> None:
    """Refuse to read at too high a rate. fps: [frames/s], as any number."""
    if fps > limits["frame_rate"]:
        raise RefusedError(f"The video has {float(fps):g} frames per second: give a lower fps.")


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
