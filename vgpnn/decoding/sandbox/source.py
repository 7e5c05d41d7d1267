"""Opening a video file or a folder of images, and decoding its frames in order of showing."""

from __future__ import annotations

import io
import os
import re
from contextlib import suppress
from errno import ENOMEM
from fractions import Fraction
from itertools import chain

import av
import av.subtitles.stream  # PyAV would load it late, behind the closed door

from .checks import (
    DAMAGED,
    VIDEO_KINDS,
    Refused,
    check_bytes,
    check_count,
    check_pixels,
    check_seconds,
    demuxer_of,
)
from .clock import Clock

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,avi,png_pipe,jpeg_pipe"
CODECS = (
    "h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,msmpeg4,msmpeg4v2,mpeg2video"
    ",mpeg1video,h263,mjpeg,prores,dnxhd,gif,png,qtrle,ffv1,huffyuv,ffvhuff,utvideo,rawvideo,theora"
)


def close_the_door() -> None:
    """From here on this process can open no file, socket or pipe."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def open_image(data: bytes, name: str):
    """The decoded frame of one PNG or JPEG image."""
    if data.startswith(b"\x89PNG"):
        demuxer = "png_pipe"
    elif data.startswith(b"\xff\xd8\xff"):
        demuxer = "jpeg_pipe"
    else:
        raise Refused(f"The image {name} is neither PNG nor JPEG: convert it or take it out.")
    try:
        return next(open_container(io.BytesIO(data), demuxer).decode(video=0))
    except (av.FFmpegError, StopIteration, IndexError):
        raise Refused(f"The image {name} is damaged: replace it or take it out.") from None


def open_container(file, demuxer: str):
    """Open a file object; whatever the file names besides itself cannot be reached."""
    options = {"format_whitelist": FORMATS, "codec_whitelist": CODECS, "protocol_whitelist": "none"}
    return av.open(file, format=demuxer, container_options=options)


class File:
    """One video file: what it declares, its clock, and its frames in order of showing."""

    def __init__(self, path: str, limits: dict):
        self.file = io.FileIO(path)  # closes with the process
        check_bytes(os.fstat(self.file.fileno()).st_size, limits)
        self.demuxer = demuxer_of(self.file.read(256))
        self.file.seek(0)
        close_the_door()
        try:
            self.container = open_container(self.file, self.demuxer)
        except av.FFmpegError:
            raise Refused(DAMAGED) from None
        streams = [
            s for s in self.container.streams.video if "attached_pic" not in str(s.disposition)
        ]
        if not streams:
            raise Refused(f"The file has no picture, only sound or data: give {VIDEO_KINDS}.")
        self.stream = streams[0]
        self.codec = self._codec(limits)
        self._check_declared(limits)
        self._scan(limits)

    def _codec(self, limits: dict):
        codec = self.stream.codec_context
        if codec is None or codec.name not in CODECS.split(","):
            raise Refused("The video's codec is not read here: convert the file to MP4 with H.264.")
        if "alpha_mode" in {key.lower() for key in self.stream.metadata}:
            name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(codec.name)
            if name:  # only libvpx decodes the alpha that WebM keeps beside the picture
                codec = av.CodecContext.create(name, "r")
        codec.options = {"max_pixels": str(int(limits["source_pixels"]))}
        codec.thread_type, codec.thread_count = "AUTO", min(4, os.cpu_count() or 1)
        return codec

    def _check_declared(self, limits: dict) -> None:
        size = self.stream.codec_context
        check_pixels(size.width, size.height, limits)
        duration, unit = self.stream.duration, self.stream.time_base
        check_seconds(duration * unit if duration else (self.container.duration or 0) / 1e6, limits)
        check_count(self.stream.frames, limits)

    def _scan(self, limits: dict) -> None:
        """Read every timestamp (nothing is decoded) and set the clock."""
        ticks, keys, end = [], [], 0
        for packet in self._packets():
            tick = packet.dts if packet.pts is None else packet.pts
            if tick is None or packet.is_discard:
                continue
            ticks.append(tick)
            end = max(end, tick + (packet.duration or 0))
            check_count(len(ticks), limits)
            if packet.is_keyframe:
                keys.append((tick, tick if packet.dts is None else packet.dts))
        if not ticks:
            raise Refused(DAMAGED)
        self.first_packet = min(keys, default=(min(ticks),) * 2)[1]
        self.keys = sorted(keys)
        rate = self.stream.average_rate
        self.clock = Clock(sorted(ticks), end, self.stream.time_base, rate, self.demuxer == "gif")
        check_seconds(self.clock.end, limits)

    def _packets(self):
        try:
            for packet in self.container.demux(self.stream):
                if packet.size and not packet.is_corrupt:  # the last one of a file that was cut
                    yield packet
        except av.FFmpegError:
            return  # cut short: what came before it can be used

    def _decoded(self, offset: int):
        self.container.seek(offset, stream=self.stream)
        for packet in chain(self._packets(), [None]):  # None flushes the decoder
            try:
                yield from self.codec.decode(packet)
            except av.FFmpegError as error:  # a damaged picture: the one before it stays longer
                if error.errno == ENOMEM:
                    raise MemoryError from None

    def frames(self, start: Fraction):
        """Yield (timestamp, frame) in order of showing, from one shown at or before `start` [s]."""
        if self.demuxer == "avi":  # stores no times: the n-th picture out has the n-th time
            yield from zip(self.clock.ticks, self._decoded(self.first_packet))
            return
        before = [k for k in self.keys if self.clock.time(k[0]) <= start + self.clock.slack]
        offsets = [before[-1][1]] if before and self.demuxer != "gif" else []
        for offset in dict.fromkeys([*offsets, self.first_packet]):
            landed = False
            for frame in self._decoded(offset):
                tick = frame.dts if frame.pts is None else frame.pts
                if tick is None:
                    continue
                late = self.clock.time(tick) > start + self.clock.slack
                if not landed and late and offset != self.first_packet:
                    break  # the seek overshot: decode from the first frame instead
                landed = True
                yield tick, frame
            if landed:
                return
            self.codec.flush_buffers()


class Folder:
    """A folder of PNG or JPEG images, in the order of the numbers in their names."""

    demuxer, stream = "folder", None

    def __init__(self, path: str, rate: Fraction, limits: dict):
        def natural(name: str):
            return [int(p) if p.isdigit() else p for p in re.split(r"([0-9]+)", name.lower())]

        names = (n for n in os.listdir(path) if n.lower().endswith((".png", ".jpg", ".jpeg")))
        self.names = sorted((n for n in names if not n.startswith(".")), key=natural)
        self.path = path
        if not self.names:
            raise Refused(
                "The folder holds no PNG or JPEG images: give a folder of numbered images."
            )
        check_count(len(self.names), limits)
        check_bytes(sum(os.path.getsize(os.path.join(path, n)) for n in self.names), limits)
        self.limits = limits
        self.clock = Clock(list(range(len(self.names))), len(self.names), 1 / rate, rate, False)

    def frames(self, start: Fraction):
        """Yield (number, frame) from the one shown at `start` [s]."""
        size = None
        for number in range(int((start + self.clock.slack) * self.clock.rate), len(self.names)):
            name = self.names[number]
            with open(os.path.join(self.path, name), "rb") as file:
                frame = open_image(file.read(), name)
            check_pixels(frame.width, frame.height, self.limits)
            size = size or (frame.width, frame.height)
            if (frame.width, frame.height) != size:
                raise Refused(
                    f"The image {name} has {frame.width} x {frame.height} pixels where others have"
                    f" {size[0]} x {size[1]}: give all images of a folder one size."
                )
            yield number, frame
