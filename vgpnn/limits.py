"""Every limit of the project, in one place.

The page shows these numbers, the reader and the tasks enforce them.  A caller who runs the
library on their own machine passes ``dataclasses.replace(LIMITS, ...)``; who starts a page calls
`change`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Numbers beyond which a request is refused, each with its unit."""

    # What a source file may declare; nothing of it is decoded before these hold.
    upload_bytes: int = 200_000_000  # [bytes] size of the file, or of a folder's images together
    source_seconds: float = 3600.0  # [s] declared duration
    source_pixels: int = 4096 * 2304  # [px] width times height of a stored frame
    source_frames: int = 250_000  # [frames] in the file: an hour at 60 per second, and some

    # The part of it that is decoded.
    decoded_frames: int = 240  # [frames]
    decoded_voxels: int = 120_000_000  # [px] frames x height x width; 12 bytes each as float32
    frame_rate: float = 240.0  # [frames/s] highest rate to read at or to write

    # The child process that decodes.
    child_bytes: int = 2_000_000_000  # [bytes] address space
    child_cpu_seconds: int = 60  # [s] processor time, all threads together
    child_wall_seconds: float = 60.0  # [s] from its start to its last frame

    # What the page offers.
    samples: int = 6  # [results] per request
    min_height: int = 64  # [px] of the working clip
    max_height: int = 720  # [px]
    min_frames: int = 3  # [frames] of the working clip
    max_frames: int = 120  # [frames]
    output_voxels: int = 20_000_000  # [px] frames x height x width of a result, or of a source
    expected_seconds: float = 1800.0  # [s] of one request, by the cost model
    queue: int = 20  # [requests] that may wait while one is worked on
    jobs_per_person: int = 2  # [requests] one that is worked on, and one that waits

    # What the server keeps.
    keep_seconds: float = 3600.0  # [s] uploads and results, from when they were last used
    free_bytes: int = 500_000_000  # [bytes] of disk, below which nothing more is taken

    # A GPU that is lent per request (ZeroGPU).
    lent_least: int = 15  # [s] asked for: a process and CUDA start within them
    lent_most: int = 120  # [s] asked for: all that a visitor without an account has in a day


LIMITS = Limits()


def change(**numbers: float) -> None:
    """Change limits of this process by name, wherever LIMITS has been imported to already."""
    for name, number in numbers.items():
        getattr(LIMITS, name)  # AttributeError for what is no limit
        object.__setattr__(LIMITS, name, number)
