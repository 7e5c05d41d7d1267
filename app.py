"""Start the page: `python app.py`, which is `python -m vgpnn app`; --help lists its options."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

with suppress(ImportError):
    import spaces  # noqa: F401  on a ZeroGPU Space this has to come before torch

from vgpnn.cli.main import main as run_command


def main(words: Sequence[str] | None = None) -> int:
    """Start the page; returns the exit status if it could not be started.

    words: of the command line; default: those of this process.
    """
    return run_command(["app", *(sys.argv[1:] if words is None else words)])


if __name__ == "__main__":
    sys.exit(main())
