"""Encoding sound beside a video, with PyAV: AAC in MP4 and MOV, Opus in WebM.

The same samples give the same bytes with the same FFmpeg, and those of the video stay what they are
without sound.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np

from vgpnn.sound import RATE, Sound

AAC, OPUS = "aac", "libopus"
BIT_RATES = {AAC: (128_000, 256_000), OPUS: (80_000, 144_000)}  # [bits/s] of mono and of stereo
# What the usual way of FFmpeg's AAC adds to a tone of 440 Hz lies 50 dB below it, and 77 dB in this
# way; noise comes out alike.
AAC_OPTIONS = {"aac_coder": "fast"}
# All sound is handed to the file before the pictures. The file puts both in their order, for which
# it has to keep the sound, however long it is.
OPTIONS = {"max_interleave_delta": "0"}


def add_sound(file: av.container.OutputContainer, sound: Sound, codec: str) -> av.AudioStream:
    """A stream for sound in a file that has that of its video already. codec: AAC or OPUS."""
    channels = sound.samples.shape[1]
    layout = "mono" if channels == 1 else "stereo"
    options = AAC_OPTIONS if codec == AAC else {}
    stream = file.add_stream(codec, rate=RATE, layout=layout, options=options)
    stream.bit_rate = BIT_RATES[codec][channels - 1]
    return stream


def encode_sound(
    file: av.container.OutputContainer,
    stream: av.AudioStream,
    sound: Sound,
    checkpoint: Callable[[], None] = lambda: None,
) -> None:
    """Write all samples to a stream; time 0 is that of the first picture.

    checkpoint: called for every second of it; may raise to cancel.
    Raises OSError or av.FFmpegError where the file cannot be written.
    """
    layout = stream.layout.name
    for first in range(0, len(sound.samples), RATE):
        checkpoint()
        values = sound.samples[first : first + RATE]
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(values).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
