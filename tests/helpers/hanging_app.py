"""app.py, but a run with the seed HANGS never comes to an end, and is ended after some seconds; one
with the seed WORKS works until it is stopped."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import app
from vgpnn import limits
from vgpnn.service import sampling

HANGS, WORKS = 666, 667  # seeds
STUCK_SECONDS = 20.0  # [s]; a busy machine takes some seconds to take a request


def main() -> None:
    limits.change(stuck_seconds=STUCK_SECONDS)
    made = sampling.samples

    def samples(request, *arguments, **options):
        while request.seed == HANGS:
            time.sleep(1)
        while request.seed == WORKS:
            options["checkpoint"]()
            time.sleep(0.1)
        yield from made(request, *arguments, **options)

    sampling.samples = samples
    sys.exit(app.main())


if __name__ == "__main__":
    main()
