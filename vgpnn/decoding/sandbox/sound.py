"""The sound of a part of a video, as samples: the track that a player plays, where it plays it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from errno import ENOMEM
from fractions import Fraction

import av
import numpy as np

from .checks import RefusedError
from .source import VideoFile, open_container
from .tracks import packets

RATE = 48_000  # [samples/s] of what is given out
BLOCK = 4_800  # samples that are given out at once
CODECS = (
    "aac,aac_latm,mp3float,mp3,mp2float,mp2,opus,libopus,vorbis,ac3,eac3,dca,flac,alac,amrnb,amrwb"
    ",pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le"
    ",pcm_f32be,pcm_alaw,pcm_mulaw,pcm_dvd,pcm_bluray,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt"
)
RATES = 2_000, 768_000  # [samples/s] least and most that a track may have
PREROLL = 1  # [s] that is decoded before a part: what codecs say first refers to what was before
# [s] by which the time of a packet may differ from the end of the one before. Within it times are
# rounded; beyond it sound is missing or there twice.
MOST_JITTER = Fraction(3, 100)
UNUSABLE = "The sound of the clip cannot be decoded: convert the file to MP4 with AAC to keep it."
# Tracks of these kinds are beside what is spoken and played, for those who choose them.
BESIDE = (
    av.stream.Disposition.comment
    | av.stream.Disposition.hearing_impaired
    | av.stream.Disposition.visual_impaired
    | av.stream.Disposition.descriptions
)


def write_sound(request: dict, source, output) -> None:
    """Write the sound of a part to a binary stream, in the format that `main.py` describes.

    The part is `seconds` long and begins at `start` [s], which may lie before the first picture:
    time 0 is that of the picture. Where the track is silent or not there yet, or over, samples
    are 0. There are none where the file has no track.
    source: a `VideoFile` that was opened for sound, or a folder. Raises `RefusedError`.
    """
    start, seconds = Fraction(request["start"]), Fraction(request["seconds"])
    most = request["limits"]["sound_seconds"]
    if seconds > most:
        raise RefusedError(f"The sound of more than {most:g} s is not read: use a shorter part.")
    samples = np.zeros((0, 2), np.int16)
    if source.has_sound:
        samples = samples_of(source, start, round(seconds * RATE))
    count, channels = samples.shape
    output.write(json.dumps({"samples": count, "channels": channels}).encode() + b"\n")
    for first in range(0, count, BLOCK):
        block = samples[first : first + BLOCK]
        output.write(b"F")
        output.write(block.tobytes())
        output.write(bytes(2 * channels * (BLOCK - len(block))))
    output.write(b"E" + json.dumps({"notes": []}).encode() + b"\n")


def samples_of(source: VideoFile, start: Fraction, count: int) -> np.ndarray:
    """(count, 1 or 2) int16: the samples from `start` [s] on. Raises `RefusedError`."""
    track = chosen_track(source.container.streams.audio)
    begin = source.clock.timestamps[0] * source.clock.time_base + start
    line = Line(begin, count, 1 if track.codec_context.channels == 1 else 2)
    for frame in frames_from(source, track.index, begin):
        if not line.takes(frame):
            break
    line.finish()
    return line.samples


def chosen_track(tracks: list):
    """The track that a player plays by itself: one that can be decoded, is switched on and is not
    for those who choose it, and the first of those. Raises `RefusedError` where none can be
    decoded."""
    known = CODECS.split(",")
    usable = [each for each in tracks if each.codec_context and each.codec_context.name in known]
    if not usable:
        raise RefusedError(UNUSABLE)

    def rank(track) -> tuple:
        is_on = bool(track.disposition & av.stream.Disposition.default)
        return not track.disposition & BESIDE, is_on

    return max(usable, key=rank)


def frames_from(source: VideoFile, index: int, begin: Fraction) -> Iterator[av.AudioFrame]:
    """Decoded frames of a track from `begin` [s] of the file's clock on, or from before it.

    Raises `RefusedError` where there are packets, and none can be decoded.
    """
    damaged = 0
    for container in containers_at(source, index, begin - PREROLL):
        has_begun = False
        for packet in packets_up_to_cut(source, container, container.streams[index]):
            decoded, is_whole = decode(container.streams[index].codec_context, packet)
            damaged += not is_whole
            may_be_late = decoded and not has_begun and container is source.container
            if may_be_late and time_of(decoded[0], begin) > begin:
                break  # The seek went too far, or sound begins late: decode from the beginning.
            has_begun |= bool(decoded)
            yield from decoded
        if has_begun:
            return
    if damaged:
        raise RefusedError(UNUSABLE)


def containers_at(source: VideoFile, index: int, time: Fraction) -> Iterator:
    """The open container, moved to a time [s] of its clock, if that can be done and is worth it;
    then one that is opened anew, at the beginning of the file."""
    track = source.container.streams[index]
    is_far = time > (track.start_time or 0) * track.time_base
    if is_far and source.can_seek and source.demuxer != "avi":
        with suppress(av.FFmpegError):  # the file may have no index of this track
            source.container.seek(int(time / track.time_base), stream=track)
            yield source.container
    source.file.seek(0)
    yield open_container(source.file, source.demuxer, source.limits, source.codecs)


def packets_up_to_cut(source: VideoFile, container, track) -> Iterator[av.Packet | None]:
    """The packets of a track, as far as the clock goes that the pictures have; then None, by which
    a decoder gives its last frames."""
    for packet in packets(container, [track]):
        if source.cut is not None and (packet.pos or 0) >= source.cut:
            break
        yield packet
    yield None


def decode(codec, packet: av.Packet | None) -> tuple[list[av.AudioFrame], bool]:
    """The frames of a packet, and whether nothing is wrong with it."""
    try:
        return codec.decode(packet), True
    except av.FFmpegError as error:
        if error.errno == ENOMEM:
            raise MemoryError from None
        return [], False  # It stays silent where a packet is damaged.


def time_of(frame: av.AudioFrame, otherwise: Fraction) -> Fraction:
    """When a frame begins [s], by the clock of the file; `otherwise` where it does not say."""
    return otherwise if frame.pts is None else frame.pts * frame.time_base


class Line:
    """The samples of a part, which decoded frames fill.

    samples: (count, channels) int16, which are 0 where no frame was.
    """

    def __init__(self, begin: Fraction, count: int, channels: int) -> None:
        """begin: of the part [s], by the clock of the file."""
        self.samples = np.zeros((count, channels), np.int16)
        self._begin, self._end = begin, begin + Fraction(count, RATE)
        self._layout = "mono" if channels == 1 else "stereo"
        self._resampler: av.AudioResampler | None = None
        self._kind = None  # layout, format and rate of the frames that the resampler takes
        self._next = begin  # [s] when the next frame is to begin
        self._place = 0  # in `samples`, of what the resampler gives next

    def takes(self, frame: av.AudioFrame) -> bool:
        """Put a frame where it belongs; False where it lies behind the part, as all that follow."""
        low, high = RATES
        if not low <= frame.sample_rate <= high:
            raise RefusedError(UNUSABLE)
        time = time_of(frame, self._next)
        if time > self._end:
            return False
        length = Fraction(frame.samples, frame.sample_rate)
        if time + length < self._begin - PREROLL:  # of an hour before the part nothing is needed
            self.finish()
            self._next = time + length
            return True
        kind = frame.layout.name, frame.format.name, frame.sample_rate
        if kind != self._kind or abs(time - self._next) > MOST_JITTER:
            self.finish()
            self._resampler = av.AudioResampler(format="s16", layout=self._layout, rate=RATE)
            self._kind, self._next = kind, time
            self._place = round((time - self._begin) * RATE)
        self._next += length
        self._put(self._resampler.resample(frame))
        return True

    def finish(self) -> None:
        """Put what the resampler holds back."""
        if self._resampler is not None:
            self._put(self._resampler.resample(None))
        self._resampler = self._kind = None

    def _put(self, frames: list[av.AudioFrame]) -> None:
        count, channels = self.samples.shape
        for frame in frames:
            values = frame.to_ndarray().reshape(-1, channels)
            first, end = self._place, self._place + len(values)
            self._place = end
            low, high = max(0, first), min(count, end)
            if low < high:
                self.samples[low:high] = values[low - first : high - first]
