"""The process that opens files from strangers: ``python -I -S main.py REQUEST``.

`vgpnn/decoding/process.py` starts it. It is a process of its own so that a decoder that is attacked
or runs wild does no harm to ours. The code in this folder imports only av, numpy and the standard
library, so it starts fast.

REQUEST is a JSON object that `process.py` writes. On standard output comes

1. one JSON line, the header (sizes, rate, counts; see `answer.py`),
2. for every frame the byte ``F`` and ``height * width * 3`` bytes of RGB,
3. the byte ``E`` and one more JSON line.

Where sound is asked for, the header is ``{"samples": N, "channels": C}``, and blocks of samples
come in the place of frames; see `sound.py`.

Where something goes wrong, the next JSON line, with ``E`` before it, is ``{"error": sentence}``.

This is what confines the process:

- The memory and the processor time that it may use are limited.
- Once the video is open, no further file, socket or pipe can be opened.
- The first bytes of the file decide which demuxer reads it. The demuxer reads through a Python file
  object and may use no protocol, so it cannot reach other files.
- Only codecs of a short list are used, and those of sound only where sound is asked for.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress


def limit_resources(limits: dict) -> None:
    """Limit memory [bytes] and processor time [s] of this process."""
    try:
        import resource
    except ImportError:  # On Windows only the wall-clock limit of `process.py` holds.
        return
    cpu_seconds = int(limits["sandbox_cpu_seconds"])
    for name, value in (
        ("RLIMIT_AS", (int(limits["sandbox_bytes"]),) * 2),
        # At the first number the system sends SIGXCPU, by which `process.py` knows the reason.
        ("RLIMIT_CPU", (cpu_seconds, cpu_seconds + 1)),
        ("RLIMIT_CORE", (0, 0)),
    ):
        # A lower limit may be in force already, or the system may not have such a limit.
        with suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, name), value)


def main() -> None:
    """Answer the request in the first argument, and end the process."""
    request = json.loads(sys.argv[1])
    limit_resources(request["limits"])  # before av and its codecs are loaded
    sys.path += [os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *request["packages"]]
    import av
    from sandbox.answer import write_answer
    from sandbox.checks import DAMAGED, RefusedError

    output = io.BufferedWriter(io.FileIO(1, "w"), 1 << 20)
    error = None
    try:
        write_answer(request, output)
    except RefusedError as refusal:
        error = str(refusal)
    except FileNotFoundError:
        error = "There is no such file: check the path, or upload it again."
    except PermissionError:
        error = "The file may not be read: change its permissions, or upload it again."
    except MemoryError:
        error = "The video needs too much memory to decode: scale it down or cut it first."
    except (av.FFmpegError, ArithmeticError, ValueError, OSError):
        error = DAMAGED
    if error:
        output.write(b"E" + json.dumps({"error": error}).encode() + b"\n")
    output.flush()
    os._exit(0)  # A normal exit would take down threads and codecs, which is slow and may crash.


if __name__ == "__main__":
    main()
