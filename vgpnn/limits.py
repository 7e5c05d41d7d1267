"""Every limit of the project, in one place.

The page shows these numbers, and the reader and the tasks enforce them. A program that uses the
library on its own machine passes ``dataclasses.replace(LIMITS, ...)`` where a function takes
limits. A program that starts the page calls `change`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Numbers beyond which a request is refused, each with its unit."""

    # What a source file may declare. It is checked before anything is decoded.
    upload_bytes: int = 200_000_000  # [bytes] size of the file, or of a folder's images together
    source_seconds: float = 3600.0  # [s] declared duration
    source_pixels: int = 4096 * 2304  # [px] width times height of a stored frame
    source_frames: int = 250_000  # [frames] in the file; an hour at 60 per second has 216,000

    # The part of the file that is decoded.
    decoded_frames: int = 240  # [frames]
    decoded_voxels: int = 160_000_000  # [px] frames x height x width; 12 bytes each as float32
    tile_voxels: int = 40_000_000  # [px] the same of a tile in full, which takes four times as much
    full_side: int = 1080  # [px] of the smaller side of a result that is finished in full
    sound_seconds: float = 300.0  # [s] of sound; 192,000 bytes each second
    frame_rate: float = 240.0  # [frames/s] highest rate to read at or to write

    # The process that decodes it.
    sandbox_bytes: int = 2_000_000_000  # [bytes] address space
    sandbox_cpu_seconds: int = 60  # [s] processor time, all threads together
    sandbox_wall_seconds: float = 60.0  # [s] in all; up to 5 times while it waits for a processor
    sandbox_processes: int = 2  # [processes] that run at once, whoever asked for them
    sandbox_wait_seconds: float = 90.0  # [s] until one of them may start

    # What the page offers.
    samples: int = 6  # [results] per request
    takes: int = 24  # [results] that stand side by side, with those of the runs before
    min_height: int = 64  # [px] of the working clip
    max_height: int = 720  # [px]
    min_frames: int = 3  # [frames] of the working clip
    max_frames: int = 120  # [frames]
    output_voxels: int = 20_000_000  # [px] frames x height x width of a result, or of a source
    expected_seconds: float = 1800.0  # [s] of one request, by the cost model
    queue: int = 20  # [requests] that may wait while another runs
    jobs_per_person: int = 2  # [requests] of one person: one that runs, and one that waits
    stuck_seconds: float = 60.0  # [s] without a sign of life, after which a run is ended

    # What one address may have at once (for IPv6: one network of 64 bits).
    requests_per_second: float = 30.0  # [requests/s] above which one person waits for answers
    requests_per_person: int = 12  # [requests] to the web server that are not answered yet
    events_per_person: int = 12  # [events] of the page or the endpoints that wait or run
    streams_per_person: int = 64  # [answers] that stay open as long as a page does
    connections_per_person: int = 200  # [connections] to this server, trusted proxies aside
    upload_bytes_per_person: int = 500_000_000  # [bytes] of uploads that are kept
    preview_bytes_per_person: int = 500_000_000  # [bytes] of previews and pictures that are kept
    connections: int = 4000  # [connections] of all; fewer where few files may be open

    # What the server keeps.
    keep_seconds: float = 3600.0  # [s] uploads and results, from when they were last used
    free_bytes: int = 500_000_000  # [bytes] of free disk, below which uploads are refused

    # How long a request may hold a GPU of ZeroGPU, which lends one to each request.
    gpu_min_seconds: int = 25  # [s] to start, and to compile the kernels (17 s on an H200)
    gpu_max_seconds: int = 120  # [s] all that a visitor without an account has in a day

    def full_voxels(self, task: str) -> int:
        """[px] frames x height x width that results of a task may have in full."""
        return self.tile_voxels if task == "tile" else self.decoded_voxels


LIMITS = Limits()


def change(**limits: float) -> None:
    """Change limits of this process by name, also for modules that have imported LIMITS already.

    Raises AttributeError for a name that is no limit.
    """
    for name in limits:
        getattr(LIMITS, name)
    for name, number in limits.items():
        object.__setattr__(LIMITS, name, number)
