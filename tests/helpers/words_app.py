"""The page with a stand-in for the model of words, for tests of the page."""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from helpers.word_models import ColourModel

from vgpnn.cli.main import main
from vgpnn.words import loading

if __name__ == "__main__":
    seconds = float(os.environ.get("LOOK_SECONDS", "0"))
    loading.load = lambda source: ColourModel(seconds)
    sys.exit(main(["app", *sys.argv[1:]]))
