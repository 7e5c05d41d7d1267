"""Faults and load, as figures: `python tests/load`, against real server processes.

Not part of the tests: with all people it keeps the machine busy for a quarter of an hour. Ends with
a table, and with 1 where something in it is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

PARTS = "load", "faults", "fuzz", "browsers", "attacks", "soak"

SOAK_PEOPLE, SOAK_MINUTES = 12, 3.0  # beside attackers


def main() -> int:
    # A shell that started this in the background has it ignore Ctrl+C, and the servers with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--keep", type=float, default=60.0, help="retention time [s]")
    parser.add_argument("--files", type=int, default=200, help="malformed ones")
    parser.add_argument("--seed", type=int, default=0, help="of the malformed files")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--json", type=Path, metavar="PATH", help="where to write the rows, too")
    parser.add_argument("--person", help=argparse.SUPPRESS)
    parser.add_argument("--first", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.person or chosen.first:
        from load import person

        return person.main(chosen.person) if chosen.person else person.first(chosen.first)

    from load import attacks, browsers, faults, fuzz, people, report, soak

    run = {
        "load": lambda folder: people.load(folder, chosen.people, 60 * chosen.minutes, chosen.keep),
        "faults": faults.faults,
        "fuzz": lambda folder: fuzz.fuzz(folder, chosen.files, chosen.seed),
        "browsers": browsers.browsers,
        "attacks": attacks.attacks,
        "soak": lambda folder: soak.soak(folder, SOAK_PEOPLE, 60 * SOAK_MINUTES),
    }
    rows = []
    with tempfile.TemporaryDirectory(prefix="vgpnn-load-") as folder:
        for part in PARTS if chosen.only is None else (chosen.only,):
            report.say(f"--- {part}")
            place = Path(folder) / part
            place.mkdir()
            rows += run[part](place)
    print("\n" + report.table(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps(report.as_json(rows), indent=2))
    return int(any(row.ok is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
