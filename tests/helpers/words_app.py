"""app.py with a stand-in for the model of words, for tests of the page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import app
from helpers.word_models import ColourModel
from vgpnn.words import loading


def main() -> None:
    seconds = float(os.environ.get("LOOK_SECONDS", "0"))  # that a look at a frame takes
    loading.load = lambda source: ColourModel(seconds)
    sys.exit(app.main())


if __name__ == "__main__":
    main()
