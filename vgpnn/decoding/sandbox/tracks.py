"""The video tracks of a file, and which of them is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

import av

from .checks import check_stored_frames

# [s] of a frame of a GIF or an animated PNG: browsers show a shorter one as long as the second.
MIN_DELAY, SHORT_DELAY = Fraction(1, 50), Fraction(1, 10)
RESTARTING = "mpegts", "mpeg"  # demuxers of streams in which the clock may start again
LONGEST_PAUSE = 10  # [s] between two pictures, beyond which a clock has started again
SEGMENT = b"\x18\x53\x80\x67"  # what all of a Matroska file lies in but for a few bytes
FIRST_BYTES = 1 << 12  # [bytes] of the first packet of a track, which are kept
# Pictures of these kinds stand for the file and are no video.
NO_VIDEO = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails


@dataclass
class Track:
    """A video track and what its packets say. All times are in units of its time base.

    timestamps: of its pictures, sorted. end: when the last one disappears, 0 where it is not known.
    keyframes: pairs of the time at which a keyframe is shown and the time to seek to, sorted.
    cut: position in the file [bytes] from which on the clock is another one, or None.
    has_no_times: whether packets only have numbers, in the order in which they are stored.
    first_bytes: the beginning of the first packet.
    """

    stream: av.video.stream.VideoStream
    has_no_times: bool = False
    timestamps: list[int] = field(default_factory=list)
    end: int = 0
    keyframes: list[tuple[int, int]] = field(default_factory=list)
    cut: int | None = None
    first_bytes: bytes = b""
    _unstamped: list[int] = field(default_factory=list)
    _last_dts: int | None = None

    def add(self, packet: av.Packet) -> None:
        """Note a packet, unless it is not to be shown."""
        self.first_bytes = self.first_bytes or bytes(memoryview(packet)[:FIRST_BYTES])
        is_numbered = self.has_no_times and packet.dts is not None
        timestamp = packet.dts if packet.pts is None or is_numbered else packet.pts
        if timestamp is None or packet.is_discard:
            return
        if packet.pts is None and not is_numbered:
            self._unstamped.append(timestamp)
        else:
            self.timestamps.append(timestamp)
        self.end = max(self.end, timestamp + (packet.duration or 0))
        if packet.is_keyframe:
            self.keyframes.append((timestamp, timestamp if packet.dts is None else packet.dts))

    def restarts(self, packet: av.Packet) -> bool:
        """Whether the clock is another one from this packet on: that of a recording that was
        appended to this one."""
        before, self._last_dts = self._last_dts, packet.dts
        if before is None or packet.dts is None:
            return False
        return not 0 <= (packet.dts - before) * self.stream.time_base <= LONGEST_PAUSE

    def finish(self) -> None:
        """Sort what is known once all packets are read."""
        # The second field of a picture may come as a packet without a time. Where most packets have
        # none, they are pictures.
        if len(self._unstamped) > len(self.timestamps):
            self.timestamps += self._unstamped
        self.timestamps.sort()
        self.keyframes.sort()

    @property
    def pixels(self) -> int:
        codec = self.stream.codec_context
        return codec.width * codec.height if codec else 0


def video_streams(container) -> list:
    """The video streams of a container, without those of pictures that stand for the file."""
    return [each for each in container.streams.video if not each.disposition & NO_VIDEO]


def packets(container, streams: list):
    """Packets of some streams from where the container stands, as far as the file goes."""
    # The last packet of a file that was cut short is corrupt and left out. One in the middle of a
    # recording, which a decoder can conceal, is not.
    corrupt: dict[int, av.Packet] = {}
    try:
        for packet in container.demux(*streams):
            if not packet.size:
                continue
            if (before := corrupt.pop(packet.stream.index, None)) is not None:
                yield before
            if packet.is_corrupt:
                corrupt[packet.stream.index] = packet
            else:
                yield packet
    except av.FFmpegError:
        return  # The file is cut short here, and what came before can be used.


def read_tracks(container, demuxer: str, streams: list, limits: dict) -> list[Track]:
    """Read all packets, without decoding. Raises `RefusedError` where a track has too many."""
    has_no_times, position = demuxer == "avi", 0
    tracks = {stream.index: Track(stream, has_no_times) for stream in streams}
    for number, packet in enumerate(packets(container, streams), 1):
        track = tracks[packet.stream.index]
        if track.cut is None and demuxer in RESTARTING and track.restarts(packet):
            track.cut = position + 1
        position = packet.pos or position  # of some packets it is not known
        if track.cut is None:
            track.add(packet)
        check_stored_frames(number // len(streams), limits)
    for track in tracks.values():
        track.finish()
    return list(tracks.values())


def declared_end(container, demuxer: str, stream) -> int:
    """When the last picture of a track disappears, as far as the file says more than its packets
    do, in units of the time base; 0 where it does not."""
    if demuxer == "avi":  # whose last packets may be empty: the picture before them stays
        return stream.duration or 0
    if demuxer != "matroska":
        return 0
    # Its last packet tells no duration. Writers note the end of each track as a text.
    names = {name.upper(): text for name, text in stream.metadata.items()}
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", names.get("DURATION", ""))
    whole = (container.duration or 0) / 1e6  # [s] of all tracks together
    if match:
        hours, minutes, seconds = map(float, match.groups())
        seconds += 3600 * hours + 60 * minutes
        seconds = min(seconds, whole) if whole else 0.0  # the text may be that of another file
    else:
        seconds = whole if len(container.streams) == 1 else 0.0
    return round(seconds / stream.time_base)


def is_cut_short(head: bytes, size: int) -> bool:
    """Whether a Matroska file is shorter than it says, so that it ends before it says.

    head: its first bytes. size: of the file [bytes].
    """
    at = head.find(SEGMENT) + len(SEGMENT)
    if at < len(SEGMENT) or at + 8 > len(head):
        return False
    # The first bit that is set in a size tells how many bytes it has.
    count = 9 - head[at].bit_length()
    most = (1 << 7 * count) - 1
    held = int.from_bytes(head[at : at + count], "big") & most
    return held != most and at + count + held > size  # all bits are set where it is not known


def gif_times(track: Track) -> dict[int, int]:
    """When the frames of a GIF or an animated PNG are shown, and last when it ends, by the
    timestamps in the file: as long as in browsers."""
    unit = track.stream.time_base
    shortest, instead = MIN_DELAY / unit, round(SHORT_DELAY / unit)
    begins = [*track.timestamps, max(track.end, track.timestamps[-1] + 1)]
    times, now = {}, begins[0]
    for begin, after in zip(begins, [*begins[1:], begins[-1]]):
        times[begin] = now
        now += after - begin if after - begin >= shortest else instead
    return times


def choose_track(tracks: list[Track], codecs: list[str]) -> Track:
    """The track that a player would show: one that can be decoded, has more than one picture, is
    switched on, and the largest of those.

    Cameras store a map of depths, or a small picture for a list of files, as a track beside.
    codecs: the names of those that can be decoded.
    """

    def rank(track: Track) -> tuple:
        codec = track.stream.codec_context
        return (
            codec is not None and codec.name in codecs,
            len(track.timestamps) > 0,
            len(track.timestamps) > 1,
            bool(track.stream.disposition & av.stream.Disposition.default),
            track.pixels,
        )

    return max(tracks, key=rank)


def sentence_of_choice(tracks: list[Track], chosen: Track) -> str:
    """What was chosen, in one sentence."""
    size = chosen.stream.codec_context
    number = tracks.index(chosen) + 1
    return (
        f"The file has {len(tracks)} video tracks: number {number} was read, which has"
        f" {size.width} x {size.height} pixels."
    )
