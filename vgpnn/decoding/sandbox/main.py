"""The child process that opens files from strangers: ``python -I -S decoder.py REQUEST``.

It and the folder `decoding` are run, not imported, by `vgpnn.video`: they need only av, numpy and
the standard library, so that the child starts fast, and a decoder that runs wild takes nothing
with it.  REQUEST is the JSON object that `vgpnn.video` writes.  On standard output comes one JSON
line (the header: sizes, rate, counts), then per frame the byte ``F`` and ``height * width * 3``
bytes of RGB, then the byte ``E`` and one more JSON line, which holds ``{"error": sentence}`` where
something went wrong.

What keeps it in its box: limits on memory and processor time; no file, socket or pipe may be
opened once the video is; the demuxer is the one that the first bytes call for, it reads through a
Python file object and may use no protocol; codecs come from a short list.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress


def confine(limits: dict) -> None:
    """Limit memory [bytes] and processor time [s], before anything else is loaded."""
    try:
        import resource
    except ImportError:  # Windows: the wall-clock limit of the parent remains
        return
    cpu = int(limits["child_cpu_seconds"])
    for name, value in (
        ("RLIMIT_AS", (int(limits["child_bytes"]),) * 2),
        ("RLIMIT_CPU", (cpu, cpu + 1)),  # at the first comes SIGXCPU, which the parent understands
        ("RLIMIT_CORE", (0, 0)),
    ):
        # A lower limit may be in force already, or the system may know no such limit.
        with suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, name), value)


def main() -> None:
    request = json.loads(sys.argv[1])
    confine(request["limits"])
    sys.path += [os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *request["packages"]]
    import av
    from sandbox.answer import answer
    from sandbox.checks import DAMAGED, Refused

    out = io.BufferedWriter(io.FileIO(1, "w"), 1 << 20)
    failure = None
    try:
        answer(request, out)
    except Refused as refusal:
        failure = str(refusal)
    except FileNotFoundError:
        failure = "There is no such file: check the path, or upload it again."
    except PermissionError:
        failure = "The file may not be read: change its permissions, or upload it again."
    except MemoryError:
        failure = "The video needs too much memory to decode: scale it down or cut it first."
    except (av.FFmpegError, ArithmeticError, ValueError, OSError):
        failure = DAMAGED
    if failure:
        out.write(b"E" + json.dumps({"error": failure}).encode() + b"\n")
    out.flush()
    os._exit(0)  # skip the slow and fragile teardown of threads and codecs


if __name__ == "__main__":
    main()
