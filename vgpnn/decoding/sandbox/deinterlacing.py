"""Making whole frames of interlaced ones, which hold two moments in alternate rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import av
import numpy as np
from av.filter import Graph

NOTE = "The video is interlaced: its two fields per frame were made into one whole picture."
# What FFmpeg tells of a stream whose frames have no flags, and what its filters call it: the field
# that is shown first.
PARITIES = {2: "tff", 3: "bff", 4: "tff", 5: "bff"}
# Codecs whose decoders say of each frame whether it is interlaced; a container may say it wrongly.
FLAGGING = "h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4", "prores", "dvvideo"
TOP_FIRST, BOTTOM_FIRST = 2, 3  # keys of PARITIES
SMALLEST_SIDE = 4  # [px] of a picture that the filter takes
Timed = tuple[int, av.VideoFrame]  # a timestamp and a frame


def deinterlaced(
    frames: Iterator[Timed], codec: str, field_order: int, notes: list[str]
) -> Iterator[Timed]:
    """Yield frames with those made whole that are interlaced, and the others as they are.

    codec: FFmpeg's name. field_order: of the stream, as FFmpeg counts; it only holds for codecs
    that know nothing of fields. notes: gets a sentence where a frame was interlaced.
    """
    filter_, parity = None, None if codec in FLAGGING else PARITIES.get(field_order)
    for timestamp, frame in frames:
        is_interlaced = frame.interlaced_frame or parity is not None
        if filter_ is not None and not filter_.takes(frame):
            yield from filter_.rest()
            filter_ = None
        is_large = min(frame.width, frame.height) >= SMALLEST_SIDE
        if is_interlaced and not is_large:
            frame = unflagged(frame)
        if filter_ is None and is_interlaced and is_large:
            filter_ = _Filter(frame, parity)
            if NOTE not in notes:
                notes.append(NOTE)
        if filter_ is None:
            yield timestamp, frame
        else:
            yield from filter_.through(timestamp, frame)
    if filter_ is not None:
        yield from filter_.rest()


class _Filter:
    """FFmpeg's filter bwdif, which looks at the frames before and after: a frame comes out when the
    next one has gone in."""

    def __init__(self, frame: av.VideoFrame, parity: str | None) -> None:
        """frame: the first one, whose size and format all have.

        parity: the field that is shown first in all frames; None: each frame tells.
        """
        self._kind = _kind(frame)
        self._timestamps: deque[int] = deque()
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        which = f"parity={parity}:deint=all" if parity else "parity=auto:deint=interlaced"
        bwdif = self._graph.add("bwdif", f"mode=send_frame:{which}")
        source.link_to(bwdif)
        bwdif.link_to(self._graph.add("buffersink"))
        self._graph.configure()

    def takes(self, frame: av.VideoFrame) -> bool:
        """Whether a frame has the size and the format of the first one."""
        return _kind(frame) == self._kind

    def through(self, timestamp: int, frame: av.VideoFrame) -> Iterator[Timed]:
        """Put a frame in, and yield what comes out."""
        self._timestamps.append(timestamp)
        self._graph.push(frame)
        yield from self._out()

    def rest(self) -> Iterator[Timed]:
        """Yield what is still inside, once no frame follows."""
        self._graph.push(None)
        yield from self._out()

    def _out(self) -> Iterator[Timed]:
        while self._timestamps:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield self._timestamps.popleft(), frame


def field_order_of(codec: av.VideoCodecContext, packet: bytes) -> int:
    """The order of the fields of a stream, as FFmpeg counts.

    packet: the beginning of the first one. Cards that recorded television as MJPEG store a picture
    as two images of half its height. FFmpeg weaves them, in AVI with the second one on top, and
    does not say so.
    """
    is_said = codec.name != "mjpeg" or codec.field_order in PARITIES
    if is_said or not 0 < rows_of_jpeg(packet) <= codec.height * 3 // 4:
        return codec.field_order
    return BOTTOM_FIRST if codec.codec_tag == "MJPG" else TOP_FIRST


def rows_of_jpeg(data: bytes) -> int:
    """The height [px] of a JPEG image; 0 where its beginning does not say."""
    at = 2  # after the mark of the beginning: segments with a mark and a length of two bytes each
    while at + 7 <= len(data) and data[at] == 0xFF:
        if 0xC0 <= data[at + 1] <= 0xC2:
            return int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0


def unflagged(frame: av.VideoFrame) -> av.VideoFrame:
    """The same frame, which counts as one moment: the scaler would look for its two fields."""
    copy = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for plane, stored in zip(copy.planes, frame.planes):
        rows = np.frombuffer(stored, np.uint8).reshape(-1, stored.line_size)
        target = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        width = min(stored.line_size, plane.line_size)
        target[:, :width] = rows[: len(target), :width]
    copy.colorspace, copy.color_range = frame.colorspace, frame.color_range
    return copy


def _kind(frame: av.VideoFrame) -> tuple:
    return frame.width, frame.height, frame.format.name
