"""What was found in a file that a visitor brought, in words."""

from __future__ import annotations

import re

from vgpnn.video import VideoInfo

CONTAINERS = {
    "mov": "MP4",
    "matroska": "Matroska or WebM",
    "mpegts": "MPEG transport stream",
    "mpeg": "MPEG",
    "dv": "DV",
    "avi": "AVI",
    "gif": "GIF",
    "apng": "animated PNG",
}
CODECS = {
    "h264": "H.264",
    "hevc": "HEVC",
    "av1": "AV1",
    "libdav1d": "AV1",
    "libaom-av1": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "libvpx": "VP8",
    "libvpx-vp9": "VP9",
    "mpeg4": "MPEG-4",
    "mpeg2video": "MPEG-2",
    "mpeg1video": "MPEG-1",
    "prores": "ProRes",
    "mjpeg": "Motion JPEG",
}
NO_CODEC = ("gif", "apng", "dv")  # whose container says everything


def found_in(info: VideoInfo) -> str:
    """What a file holds, in a sentence: its size and shape, its rate, its length, its format, and
    that it is turned, in HDR or has sound, where it is so."""
    shape = "an upright" if info.height > info.width else "a wide"
    shape = "a square" if info.height == info.width else shape
    rate = f"{float(info.fps):.4g} frames per second"
    steadiness = "" if info.constant_rate else ", not evenly spaced"
    turned = f", turned by {info.turn}°" if info.turn else ""
    light = f", in HDR ({info.hdr}), which is shown as SDR" if info.hdr else ""
    sound = ", with sound" if info.sound else ""
    return (
        f"Found: {shape} picture of {info.width}×{info.height}{turned}{light}, {rate}{steadiness}, "
        f"{length(info.seconds)}, {_format(info)}{sound}."
    )


def length(seconds: float) -> str:
    """A length of time: 3.24 s, or 2 min 5 s."""
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _format(info: VideoInfo) -> str:
    container = CONTAINERS.get(info.container, info.container)
    bits = re.search(r"p(10|12|14|16)(le|be)?$", info.pixel_format)
    depth = f" in {bits[1]} bits" if bits else ""
    if info.container in NO_CODEC:
        return f"{container}{depth}"
    return f"{CODECS.get(info.codec, info.codec)}{depth} in {container}"
