"""moviepy, imported when it is needed: it takes a second, and few runs ever need it."""

from __future__ import annotations

import os
from types import ModuleType


def moviepy() -> ModuleType:
    """The package, whose names are those of its clips and effects."""
    # moviepy asks for programs that play and encode, and for a file with variables, while it is
    # imported. None is needed here, so it is to be content with what there is.
    os.environ.setdefault("FFMPEG_BINARY", "auto-detect")
    os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")
    import moviepy

    return moviepy
