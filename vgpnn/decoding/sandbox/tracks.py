"""The video tracks of a file, and which of them is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import av

from .checks import check_stored_frames

MIN_GIF_DELAY, GIF_DELAY = 2, 10  # [cs]
# Pictures of these kinds stand for the file and are no video.
NO_VIDEO = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails


@dataclass
class Track:
    """A video track and what its packets say. All times are in units of its time base.

    timestamps: of its pictures, sorted. end: when the last one disappears, 0 where it is not known.
    keyframes: pairs of the time at which a keyframe is shown and the time to seek to, sorted.
    """

    stream: av.video.stream.VideoStream
    timestamps: list[int] = field(default_factory=list)
    end: int = 0
    keyframes: list[tuple[int, int]] = field(default_factory=list)

    def add(self, packet: av.Packet) -> None:
        """Note a packet, unless it is not to be shown."""
        timestamp = packet.dts if packet.pts is None else packet.pts
        if timestamp is None or packet.is_discard:
            return
        self.timestamps.append(timestamp)
        self.end = max(self.end, timestamp + (packet.duration or 0))
        if packet.is_keyframe:
            self.keyframes.append((timestamp, timestamp if packet.dts is None else packet.dts))

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


def read_tracks(container, streams: list, limits: dict) -> list[Track]:
    """Read all packets, without decoding. Raises `RefusedError` where a track has too many."""
    tracks = {stream.index: Track(stream) for stream in streams}
    for packet in packets(container, streams):
        track = tracks[packet.stream.index]
        track.add(packet)
        check_stored_frames(len(track.timestamps), limits)
    for track in tracks.values():
        track.timestamps.sort()
        track.keyframes.sort()
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
    if match:
        hours, minutes, seconds = map(float, match.groups())
        return round((3600 * hours + 60 * minutes + seconds) / stream.time_base)
    is_alone = len(container.streams) == 1
    return round((container.duration or 0) / 1e6 / stream.time_base) if is_alone else 0


def gif_times(track: Track) -> dict[int, int]:
    """When the frames of a GIF are shown, and last when it ends, by the timestamps in the file
    [cs]: browsers show a frame that has less than MIN_GIF_DELAY for GIF_DELAY instead."""
    begins = [*track.timestamps, max(track.end, track.timestamps[-1] + 1)]
    times, now = {}, begins[0]
    for begin, after in zip(begins, [*begins[1:], begins[-1]]):
        times[begin] = now
        now += after - begin if after - begin >= MIN_GIF_DELAY else GIF_DELAY
    return times


def choose_track(tracks: list[Track], codecs: list[str]) -> Track:
    """The track that a player would show: one that can be decoded, is switched on, has more than
    one picture, and the largest of those.

    Cameras store a map of depths, or a small picture for a list of files, as a track beside.
    codecs: the names of those that can be decoded.
    """

    def rank(track: Track) -> tuple:
        codec = track.stream.codec_context
        return (
            codec is not None and codec.name in codecs,
            len(track.timestamps) > 0,
            bool(track.stream.disposition & av.stream.Disposition.default),
            len(track.timestamps) > 1,
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
