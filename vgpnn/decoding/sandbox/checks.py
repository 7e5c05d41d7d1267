"""What is refused before anything is decoded, and in which words."""

from __future__ import annotations

VIDEO_KINDS = "an MP4, MOV, WebM, MKV, AVI or GIF file"
DAMAGED = "The file is damaged or cut short: export it again, or upload it again."
# What a file that is no video turns out to be, by its first bytes (white space skipped).
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


class Refused(Exception):
    """The file cannot be used; the message is the sentence for the user."""


def demuxer_of(head: bytes) -> str:
    """The demuxer that the first bytes of a file call for; `Refused` if it is no video."""
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
    raise Refused(f"The file holds {kind}, not a video: give {VIDEO_KINDS}.")


def check_bytes(size: int, limits: dict) -> None:
    if size == 0:
        raise Refused("The file is empty: export it again, or upload it again.")
    if size > limits["upload_bytes"]:
        most = limits["upload_bytes"] / 1e6
        raise Refused(f"The file has {size / 1e6:.0f} MB: cut it or compress it below {most:g} MB.")


def check_seconds(seconds, limits: dict) -> None:
    if seconds > limits["source_seconds"]:
        most = limits["source_seconds"] / 60
        raise Refused(
            f"The video is {float(seconds) / 60:.0f} minutes long: cut it to {most:g} minutes."
        )


def check_pixels(width: int, height: int, limits: dict) -> None:
    if width * height > limits["source_pixels"]:
        raise Refused(
            f"The picture has {width} x {height} pixels: scale it down to 4K (at most"
            f" {limits['source_pixels'] / 1e6:.1f} million pixels) first."
        )


def check_count(frames: int, limits: dict) -> None:
    if frames > limits["source_frames"]:
        raise Refused(f"The video has over {limits['source_frames']} frames: cut it first.")
