"""Opening a video file, and decoding its frames as they are shown."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from errno import ENOMEM
from fractions import Fraction
from itertools import chain, takewhile

import av

# PyAV would load this module later, when no file can be opened any more.
import av.subtitles.stream

from .checks import (
    DAMAGED,
    HEAD_BYTES,
    VIDEO_KINDS,
    RefusedError,
    check_bytes,
    check_pixels,
    check_seconds,
    check_stored_frames,
    demuxer_of,
)
from .clock import Clock
from .colour_tags import fill_in, tags_of
from .deinterlacing import deinterlaced, field_order_of
from .tracks import (
    RESTARTING,
    choose_track,
    declared_end,
    gif_times,
    is_cut_short,
    packets,
    read_tracks,
    sentence_of_choice,
    video_streams,
)

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,avi,mpegts,mpeg,dv,apng,png_pipe,jpeg_pipe"
CODECS = (
    "h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,msmpeg4,msmpeg4v2,mpeg2video"
    ",mpeg1video,h263,mjpeg,prores,dnxhd,dvvideo,gif,png,apng,qtrle,ffv1,huffyuv,ffvhuff,utvideo"
    ",rawvideo,theora"
)
MOST_CODEC_THREADS = 4
# The largest picture that FFmpeg may decode while it opens a file, in largest frames: the sentence
# on a video of 8K names its size, which is known only then.
PROBED_SIZES = 4
# Demuxers of formats whose pictures need all those before them, or that number pictures anew where
# one begins to read.
NO_SEEKING = "gif", "apng", "mpeg"


def forbid_opening_files() -> None:
    """From now on this process can open no file, socket or pipe; open ones can still be read."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def open_container(file, demuxer: str, limits: dict, codecs: str = CODECS):
    """Open a binary file object with one demuxer.

    codecs: those that may be used. The demuxer may use no protocol, so it can reach no other file
    that the data names. To find out what a stream holds, FFmpeg decodes the beginning of each of
    them already here, also of a cover.
    """
    options = {"default_fps": "10"} if demuxer == "apng" else {}  # of frames without a delay
    options |= {
        "format_whitelist": FORMATS,
        "codec_whitelist": codecs,
        "protocol_whitelist": "none",
    }
    of_decoders = {"max_pixels": str(int(limits["source_pixels"] * PROBED_SIZES))}
    return av.open(file, format=demuxer, container_options=options, options=of_decoders)


class VideoFile:
    """One video file.

    demuxer: FFmpeg's name of the container. stream: the video stream that is read.
    clock: when its frames are shown. notes: sentences on what was chosen or changed.
    can_seek: whether decoding may begin at a keyframe. has_sound: whether it has a track of sound.
    cut: position [bytes] from which on its clock is another one, or None.
    codecs: the names of those that may be used. limits: see `checks`.
    """

    def __init__(self, path: str, limits: dict, sound_codecs: str = "") -> None:
        """Open the file, check what it declares, and read all timestamps.

        sound_codecs: those that may be used besides those of pictures.
        After this call the process can open no other file. Raises `RefusedError`.
        """
        self.file = io.FileIO(path)  # It is closed when the process ends.
        size, head = os.fstat(self.file.fileno()).st_size, self.file.read(HEAD_BYTES)
        check_bytes(size, limits)
        self.demuxer = demuxer_of(head)
        self.file.seek(0)
        self.notes: list[str] = []
        self.limits = limits
        self.codecs = f"{CODECS},{sound_codecs}" if sound_codecs else CODECS
        forbid_opening_files()
        try:
            self.container = open_container(self.file, self.demuxer, limits, self.codecs)
        except av.FFmpegError:
            raise RefusedError(DAMAGED) from None
        self.has_sound = bool(self.container.streams.audio)
        streams = video_streams(self.container)
        if not streams:
            raise RefusedError(f"The file has no picture, only sound or data: give {VIDEO_KINDS}.")
        self._check_declared(streams, limits)
        tracks = read_tracks(self.container, self.demuxer, streams, limits)
        track = choose_track(tracks, CODECS.split(","))
        if len(tracks) > 1:
            self.notes.append(sentence_of_choice(tracks, track))
        self.stream, self.keyframes, self.cut = track.stream, track.keyframes, track.cut
        self.can_seek = self.demuxer not in NO_SEEKING and self.cut is None
        self.codec = self._open_codec(limits)
        self._tags = tags_of(self.stream.codec_context)
        self._field_order = field_order_of(self.stream.codec_context, track.first_bytes)
        if not track.timestamps:
            raise RefusedError(DAMAGED)
        self.first_seek = min(self.keyframes, default=(track.timestamps[0],) * 2)[1]
        timestamps = self._shown(track.timestamps)
        end = track.end
        if self.demuxer != "matroska" or not is_cut_short(head, size):
            end = max(end, declared_end(self.container, self.demuxer, self.stream))
        self._gif_times = gif_times(track) if self.demuxer in ("gif", "apng") else {}
        if self._gif_times:
            *timestamps, end = self._gif_times.values()
        rate, is_gif = self.stream.average_rate, self.demuxer == "gif"
        self.clock = Clock(timestamps, end, self.stream.time_base, rate, is_gif)
        check_seconds(self.clock.end, limits)
        if self.cut is not None:
            self.notes.append(
                f"The recording's clock starts again at {float(self.clock.end):.2f} s:"
                " only the part up to there is read."
            )

    def _open_codec(self, limits: dict):
        """The decoder of the stream, or another one that also decodes transparency."""
        codec = self.stream.codec_context
        if codec is None or codec.name not in CODECS.split(","):
            raise RefusedError(
                "The video's codec is not read here: convert the file to MP4 with H.264."
            )
        check_pixels(codec.width, codec.height, limits)
        if "alpha_mode" in {key.lower() for key in self.stream.metadata}:
            # WebM keeps transparency beside the picture, which only libvpx decodes.
            name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(codec.name)
            if name:
                codec = av.CodecContext.create(name, "r")
        codec.options = {"max_pixels": str(int(limits["source_pixels"]))}
        codec.thread_type = "AUTO"
        codec.thread_count = min(MOST_CODEC_THREADS, os.cpu_count() or 1)
        return codec

    def _check_declared(self, streams: list, limits: dict) -> None:
        """Refuse a file by the duration and the number of frames that it declares."""
        for stream in streams:
            if stream.duration:
                seconds = stream.duration * stream.time_base
            else:
                seconds = (self.container.duration or 0) / 1e6
            if self.demuxer not in RESTARTING:  # where it is guessed from the last time
                check_seconds(seconds, limits)
            check_stored_frames(stream.frames, limits)

    def _shown(self, timestamps: list[int]) -> list[int]:
        """The timestamps from that of the first picture on that comes out of the decoder.

        A file that was cut without being encoded anew begins with pictures that need others, which
        are gone.
        """
        first_keyframe = min(self.keyframes, default=(None,))[0]
        if self.demuxer == "avi" or timestamps[0] == first_keyframe:
            return timestamps
        for frame in self.decode_from(self.first_seek):
            first = frame.dts if frame.pts is None else frame.pts
            self.codec.flush_buffers()
            if first is not None:
                return [each for each in timestamps if each >= first] or timestamps
            break
        return timestamps

    def decode_from(self, seek_to: int):
        """Decoded frames from a timestamp on."""
        if self.cut is None:
            self.container.seek(seek_to, stream=self.stream)
            of_stream = packets(self.container, [self.stream])
        else:
            of_stream = self._packets_before_cut()
        for packet in chain(of_stream, [None]):  # None makes the decoder give its last frames.
            try:
                yield from (fill_in(frame, self._tags) for frame in self.codec.decode(packet))
            except av.FFmpegError as error:
                if error.errno == ENOMEM:
                    raise MemoryError from None
                # One picture is damaged, and the one before it stays on screen longer.

    def _packets_before_cut(self):
        """Packets from the beginning of the file on: a time may be in it twice, so that nobody can
        seek it."""
        self.file.seek(0)
        self.container = open_container(self.file, self.demuxer, self.limits, self.codecs)
        of_stream = packets(self.container, [self.container.streams[self.stream.index]])
        return takewhile(lambda packet: (packet.pos or 0) < self.cut, of_stream)

    def frames(self, start: Fraction):
        """Yield (timestamp, frame) in the order they are shown, without interlacing.

        The first frame appears at `start` [s] or before.
        """
        codec = self.stream.codec_context.name
        yield from deinterlaced(self._decoded(start), codec, self._field_order, self.notes)

    def _decoded(self, start: Fraction):
        """Yield (timestamp, frame) as they are stored; see `frames`."""
        if self.demuxer == "avi":
            # AVI stores no times of frames: frame number n has timestamp number n.
            yield from zip(self.clock.timestamps, self.decode_from(self.first_seek))
            return
        latest = start + self.clock.tolerance
        before = [seek for shown, seek in self.keyframes if self.clock.appears_at(shown) <= latest]
        attempts = [before[-1]] if before and self.can_seek else []
        for seek_to in dict.fromkeys([*attempts, self.first_seek]):
            has_begun = False
            for frame in self.decode_from(seek_to):
                timestamp = frame.dts if frame.pts is None else frame.pts
                if timestamp is None:
                    continue
                timestamp = self._gif_times.get(timestamp, timestamp)
                is_late = self.clock.appears_at(timestamp) > latest
                if not has_begun and is_late and seek_to != self.first_seek:
                    break  # The seek went too far: decode from the first frame instead.
                has_begun = True
                yield timestamp, frame
            if has_begun:
                return
            self.codec.flush_buffers()
