"""moviepy is imported late, and looks for no program and no file with variables."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import vgpnn, vgpnn.comparison, vgpnn.soundtrack
assert "moviepy" not in sys.modules
from vgpnn.editing import moviepy
import os, subprocess
assert moviepy().CompositeAudioClip and moviepy() is sys.modules["moviepy"]
assert os.environ["FFMPEG_BINARY"] == "auto-detect"
assert os.environ["PYTHON_DOTENV_DISABLED"] == "1"
"""


def test_it_is_imported_when_it_is_needed():
    subprocess.run([sys.executable, "-c", CODE], check=True, timeout=120)
