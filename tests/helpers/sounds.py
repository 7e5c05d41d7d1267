"""Clips with sound for tests, and what a test can hear in the files that come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000  # [samples/s]
CLICK = RATE // 250  # samples of a click
LOUD = 0.4  # share of the loudest sample from which on a sample belongs to a click
APART = RATE // 10  # samples between two clicks at least


@dataclass(frozen=True)
class Track:
    """A track of sound: (N, channels) float samples in [-1, 1], and how it is stored.

    delay: [s] by which it begins later than the picture. is_default: whether players choose it.
    """

    samples: np.ndarray
    codec: str = "aac"
    rate: int = RATE
    layout: str = "stereo"
    delay: Fraction = Fraction(0)
    is_default: bool = True


def clicks(seconds: float, every: float, channels: int = 2, rate: int = RATE) -> np.ndarray:
    """(N, channels): a click at every multiple of `every` [s]."""
    samples = np.zeros((round(seconds * rate), channels), np.float32)
    for k in range(int(np.ceil(seconds / every))):
        first = round(k * every * rate)
        samples[first : first + max(1, CLICK * rate // RATE)] = 0.8
    return samples


def tone(seconds: float, hertz: float, channels: int = 2, rate: int = RATE) -> np.ndarray:
    """(N, channels): a tone that is not loud."""
    wave = 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, 1).astype(np.float32)


def flashes(frames: int, every: int, height: int = 64, width: int = 96) -> np.ndarray:
    """(T, H, W, 3) uint8: a dark texture that moves, and is bright in every n-th frame."""
    y, x = np.mgrid[:height, :width]
    moving = [np.sin(x / 5 + k / 3) + np.cos(y / 7 - k / 4) for k in range(frames)]
    grey = 40 + 15 * np.stack(moving)
    grey[::every] += 140
    return np.repeat(grey[..., None], 3, -1).round().astype(np.uint8)


def write_clip(
    path: Path,
    pictures: np.ndarray,
    rate: Fraction | int,
    *tracks: Track,
    codec: str = "libx264",
    late: int = 0,
) -> Path:
    """Write pictures, (T, H, W, 3) uint8, with tracks of sound. rate: [frames/s]. late: by how many
    frames the pictures begin later than the clock of the file."""
    rate = Fraction(rate)
    with av.open(str(path), "w") as file:
        video = file.add_stream(codec, rate=rate)
        video.height, video.width = pictures.shape[1:3]
        video.pix_fmt, video.codec_context.time_base = "yuv420p", 1 / rate
        streams = [
            file.add_stream(each.codec, rate=each.rate, layout=each.layout) for each in tracks
        ]
        for stream, track in zip(streams, tracks):
            stream.disposition = av.stream.Disposition.default if track.is_default else 0
        for stream, track in zip(streams, tracks):
            planes = np.ascontiguousarray(track.samples.T, np.float32)
            frame = av.AudioFrame.from_ndarray(planes, "fltp", track.layout)
            frame.sample_rate, frame.time_base = track.rate, Fraction(1, track.rate)
            frame.pts = round(track.delay * track.rate)
            file.mux(stream.encode(frame) + stream.encode(None))
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = late + k, 1 / rate
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    return path


def spoilt(path: Path, which: Callable[[int, int], bool] = lambda number, count: True) -> Path:
    """Write nonsense over packets of sound. which: takes the number of a packet and how many there
    are, and says whether it is one of them."""
    with av.open(str(path)) as file:
        packets = [(each.pos, each.size) for each in file.demux(audio=0) if each.size]
    data, noise = bytearray(path.read_bytes()), np.random.default_rng(5)
    for number, (place, size) in enumerate(packets):
        if which(number, len(packets)):
            data[place : place + size] = noise.bytes(size)
    path.write_bytes(data)
    return path


def heard(path: Path) -> np.ndarray:
    """(N, channels) float: the sound of a file from the first picture on, as a player plays it."""
    with av.open(str(path)) as file:
        stream, resampler = file.streams.audio[0], av.AudioResampler("fltp", None, RATE)
        frames = [each for frame in file.decode(stream) for each in resampler.resample(frame)]
        first = round(float(frames[0].pts * frames[0].time_base) * RATE) if frames else 0
        samples = np.concatenate([frame.to_ndarray() for frame in frames], 1).T
    return np.pad(samples, ((first, 0), (0, 0))) if first > 0 else samples


def streams_of(path: Path) -> list[str]:
    """The codecs of a file's streams."""
    with av.open(str(path)) as file:
        return [stream.codec_context.name for stream in file.streams]


def click_times(samples: np.ndarray) -> list[float]:
    """When the clicks in samples, (N, channels), begin [s]."""
    loud = np.abs(samples[:, 0].astype(float))
    places = np.flatnonzero(loud > LOUD * loud.max()) if loud.any() else []
    firsts = [b for a, b in zip([-APART, *places], places) if b - a >= APART]
    return [place / RATE for place in firsts]


def flash_times(path: Path) -> list[float]:
    """When the bright frames of a file of `flashes` appear [s]."""
    with av.open(str(path)) as file:
        shown = [
            (float(frame.time), frame.to_ndarray(format="gray").mean())
            for frame in file.decode(video=0)
        ]
    return [time for time, grey in shown if grey > 100]


def pitch(samples: np.ndarray) -> float:
    """The frequency [Hz] that is strongest in samples, (N, channels)."""
    wave = samples[:, 0] * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(wave, 4 * len(wave)))
    return float(spectrum.argmax() * RATE / (4 * len(wave)))


def largest_step(samples: np.ndarray) -> float:
    """The largest difference between neighbouring samples, (N, channels)."""
    return float(np.abs(np.diff(samples, axis=0)).max())
