"""Start the command line: `python -m vgpnn`."""

import sys

from vgpnn.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
