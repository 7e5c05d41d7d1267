"""Encoding videos as MP4, MOV, WebM and GIF files, and as folders of PNG images.

The functions take 8-bit codes and an exact rate, and write one file or folder; `vgpnn.video` checks
what they are given and what they have written. The same codes give the same bytes on any machine
with the same FFmpeg.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import av.filter
import numpy as np
import torch
from PIL import Image

from vgpnn.sound import Sound
from vgpnn.sound_encoding import AAC, OPTIONS, OPUS, add_sound, encode_sound

# The bytes that x264 and libvpx write depend on how many threads it has.
ENCODER_THREADS = 1
# On small frames x264's macroblock tree reads memory before it is written, so that the bytes would
# differ by chance.
X264_PARAMETERS = "mbtree=0"
BT709, LIMITED_RANGE = 1, 1  # the colour matrix and the value range, as H.264 numbers them
# In H.264 the chroma samples lie at the left of the pixels that they belong to. FFmpeg's scaler
# puts them in the middle, half a pixel away, unless it is told.
RGB_TO_YUV = (
    "out_color_matrix=bt709:out_range=tv:out_chroma_loc=left"
    ":flags=bicubic+accurate_rnd+full_chroma_inp"
)
# The palette of a GIF is made from so many pixels at most: making it takes FFmpeg one step in which
# nobody can stop it, and whose time grows faster than their number (90 s for 20 million, measured).
MOST_PALETTE_PIXELS = 400_000
# [frames/s] Browsers slow down every GIF with a delay below 2 centiseconds.
MOST_GIF_FRAMES_PER_SECOND = 50


def encode_mp4(
    path: str | os.PathLike,
    codes: torch.Tensor,
    rate: Fraction,
    quality: int,
    checkpoint: Callable[[], None] = lambda: None,
    sound: Sound | None = None,
    container: str = "mp4",
) -> None:
    """Write an MP4: H.264, yuv420p, tagged as BT.709, with its index before the frames.

    codes: (T, H, W, 3) uint8 RGB. An odd H or W grows by a copy of the last row or column.
    rate: [frames/s]. quality: x264's constant rate factor, 0 to 51; lower is better.
    checkpoint: called for every frame; may raise to cancel.
    sound: written beside it as AAC. container: "mp4" or "mov".
    Raises OSError or av.FFmpegError where the file cannot be written.
    """
    options = {"movflags": "+faststart", **(OPTIONS if sound else {})}
    with av.open(os.path.abspath(path), "w", format=container, container_options=options) as file:
        x264 = {"crf": str(quality), "preset": "medium", "x264-params": X264_PARAMETERS}
        stream = file.add_stream("libx264", rate=rate, options=x264)
        _encode_yuv(file, stream, codes, rate, checkpoint, sound, AAC)


def encode_webm(
    path: str | os.PathLike,
    codes: torch.Tensor,
    rate: Fraction,
    quality: int,
    checkpoint: Callable[[], None] = lambda: None,
    sound: Sound | None = None,
) -> None:
    """Write a WebM: VP9, yuv420p, tagged as BT.709, and Opus.

    Arguments and errors are those of `encode_mp4`; `quality` gives about the looks that it has
    there, in a larger file.
    """
    # Half of x264's factor comes closest to its looks. "realtime" is about as fast as x264 (28
    # frames of 384 x 216 take 0.2 s, and 0.3 s with x264), and slower modes look no closer.
    vp9 = {"crf": str(quality // 2), "b": "0", "deadline": "realtime", "cpu-used": "6"}
    vp9["chroma_sample_location"] = "left"  # VP9 itself does not say; WebM does
    # Without this flag each file would have random numbers of its own for its tracks.
    options = {"fflags": "+bitexact", **(OPTIONS if sound else {})}
    with av.open(os.path.abspath(path), "w", format="webm", container_options=options) as file:
        stream = file.add_stream("libvpx-vp9", rate=rate, options=vp9)
        _encode_yuv(file, stream, codes, rate, checkpoint, sound, OPUS)


def stored(path: str) -> dict:
    """What an MP4, MOV or WebM that was written here holds: `width`, `height`, `frames`, `rate`,
    `container`, `codec`, `pixel_format` and `sound`. Only one frame is decoded.

    Raises OSError or av.FFmpegError where the file cannot be read.
    """
    with av.open(path) as file:
        stream = file.streams.video[0]
        frames = sum(1 for packet in file.demux(stream) if packet.size)
        file.seek(0)
        frame = next(file.decode(stream))
        return {
            "width": frame.width,
            "height": frame.height,
            "frames": frames,
            "rate": stream.average_rate,
            "container": file.format.name.split(",")[0],
            "codec": stream.codec_context.name,
            "pixel_format": frame.format.name,
            "sound": bool(file.streams.audio),
        }


def _encode_yuv(
    file: av.container.OutputContainer,
    stream: av.VideoStream,
    codes: torch.Tensor,
    rate: Fraction,
    checkpoint: Callable[[], None],
    sound: Sound | None,
    sound_codec: str,
) -> None:
    """Encode (T, H, W, 3) codes into the first stream of a file, as yuv420p of BT.709, and sound
    into another one if there is some."""
    height, width = (size + size % 2 for size in codes.shape[1:3])
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    codec = stream.codec_context
    codec.thread_count = ENCODER_THREADS
    codec.time_base = 1 / rate
    codec.colorspace = codec.color_primaries = codec.color_trc = BT709
    codec.color_range = LIMITED_RANGE
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=1 / rate)
    scale, to_format = graph.add("scale", RGB_TO_YUV), graph.add("format", "yuv420p")
    graph.link_nodes(source, scale, to_format, graph.add("buffersink")).configure()
    if sound is not None:
        encode_sound(file, add_sound(file, sound, sound_codec), sound, checkpoint)
    for frame in _frames(codes, rate, width, height):
        checkpoint()
        graph.push(frame)
        file.mux(stream.encode(graph.pull()))
    # The encoder holds back as many frames as it likes, and works on them only now.
    for packet in codec.encode_lazy(None):
        checkpoint()
        packet.stream = stream
        file.mux(packet)


def encode_images(
    path: str | os.PathLike, codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
) -> None:
    """Write the frames to a folder that is there, as PNG images that lose nothing: 0000.png, ...

    codes: (T, H, W, 3) uint8 RGB.
    checkpoint: called for every frame; may raise to cancel.
    Raises OSError where an image cannot be written.
    """
    digits = max(4, len(str(len(codes) - 1)))
    for k, picture in enumerate(codes):
        checkpoint()
        Image.fromarray(picture.numpy()).save(os.path.join(path, f"{k:0{digits}}.png"))


def encode_gif(
    path: str | os.PathLike,
    codes: torch.Tensor,
    rate: Fraction,
    checkpoint: Callable[[], None] = lambda: None,
) -> None:
    """Write a GIF that repeats without end, with one palette for all frames.

    A GIF states delays in whole centiseconds. They alternate, so that the rate holds on average;
    at a rate above `MOST_GIF_FRAMES_PER_SECOND` frames are left out. The palette is made from
    every n-th row and column where there are more than `MOST_PALETTE_PIXELS`.
    codes: (T, H, W, 3) uint8 RGB. rate: [frames/s].
    checkpoint: called twice for every frame; may raise to cancel.
    Raises OSError or av.FFmpegError where the file cannot be written.
    """
    most = MOST_GIF_FRAMES_PER_SECOND
    if rate > most:
        count = math.ceil(len(codes) * most / rate)
        codes = codes[[int(k * rate / most) for k in range(count)]]
        rate = Fraction(most)
    height, width = codes.shape[1:3]
    palette = _palette(codes, rate, checkpoint)
    with av.open(os.path.abspath(path), "w", format="gif") as file:
        stream = file.add_stream("gif", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        stream.codec_context.time_base = 1 / rate
        graph = av.filter.Graph()
        source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=1 / rate)
        colours = graph.add_buffer(**_described(palette, rate))
        use_palette = graph.add("paletteuse", "dither=sierra2_4a")
        sink = graph.add("buffersink")
        source.link_to(use_palette)
        colours.link_to(use_palette, 0, 1)
        use_palette.link_to(sink)
        graph.configure()
        colours.push(palette)
        colours.push(None)
        for k, frame in enumerate(_frames(codes, rate, width, height)):
            checkpoint()
            source.push(frame)
            dithered = sink.pull()
            dithered.pts, dithered.time_base = k, 1 / rate
            file.mux(stream.encode(dithered))
        file.mux(stream.encode(None))


def _described(picture: av.VideoFrame, rate: Fraction) -> dict:
    """A picture as the arguments of `av.filter.Graph.add_buffer`."""
    size = {"width": picture.width, "height": picture.height}
    return {**size, "format": picture.format.name, "time_base": 1 / rate}


def _palette(codes: torch.Tensor, rate: Fraction, checkpoint: Callable[[], None]) -> av.VideoFrame:
    """A picture of the 256 colours that show (T, H, W, 3) codes best."""
    step = math.ceil(math.sqrt(codes[..., 0].numel() / MOST_PALETTE_PIXELS))
    codes = codes[:, ::step, ::step]
    height, width = codes.shape[1:3]
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=1 / rate)
    make, sink = graph.add("palettegen", "stats_mode=full"), graph.add("buffersink")
    graph.link_nodes(source, make, sink).configure()
    for frame in _frames(codes, rate, width, height):
        checkpoint()
        source.push(frame)
    source.push(None)
    checkpoint()
    return sink.pull()


def _frames(
    codes: torch.Tensor, rate: Fraction, width: int, height: int
) -> Iterator[av.VideoFrame]:
    """RGB frames of (T, H, W, 3) codes, numbered in units of 1 / rate seconds.

    The last row and the last column are repeated up to `width` x `height` [px].
    """
    for k, picture in enumerate(codes):
        rgb = picture.numpy()
        growth = ((0, height - rgb.shape[0]), (0, width - rgb.shape[1]), (0, 0))
        frame = av.VideoFrame.from_ndarray(np.pad(rgb, growth, mode="edge"), format="rgb24")
        frame.pts, frame.time_base = k, 1 / rate
        yield frame
