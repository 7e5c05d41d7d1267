"""The import arrows of the package, read from its source.

`python tests/helpers/imports.py` prints the Mermaid diagram of docs/architecture.md."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vgpnn"
# Rooms of the modules that lie at the top of the package; a folder is a room of its own.
TOP_ROOMS = {
    "configuration": ("checks", "limits", "presets", "setting", "settings"),
    "data": (
        "bars",
        "codes",
        "comparison",
        "editing",
        "encoding",
        "examples",
        "formats",
        "full_size",
        "look_up_gpu",
        "overlay_finder",
        "overlays",
        "patches",
        "pictures",
        "pyramid",
        "query_grid",
        "resampling_gpu",
        "shrinking",
        "sound",
        "sound_encoding",
        "soundtrack",
        "source_map",
        "streaming",
        "thumbnails",
        "video",
    ),
    "loop": (
        "completeness",
        "fields",
        "outside",
        "fields_gpu",
        "known_keys",
        "level",
        "looping",
        "marks",
        "schedule",
        "synthesis",
        "wrapping",
    ),
    "support": ("cost", "explain", "recipe", "take_sound", "warmup"),
    "vgpnn": ("",),
    "cli": ("__main__",),
}
APP = "app.py"  # the script that starts the page: a module and a room of its own

Arrows = dict[str, set[str]]


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name, and app.py as "app"."""
    found = {"app": ROOT / APP}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room_of(module: str) -> str:
    """The room that a module lies in."""
    if module == "app":
        return "app"
    name = module.removeprefix("vgpnn").lstrip(".").partition(".")[0]
    return next((room for room, names in TOP_ROOMS.items() if name in names), name)


def module_arrows(paths: Mapping[str, Path] | None = None) -> Arrows:
    """Which modules of the package each module imports, wherever in the file it does so.

    Imports under `if TYPE_CHECKING` and inside functions count. A package is imported with each of
    its modules, but that is not counted as an arrow to its __init__.
    """
    paths = modules() if paths is None else paths
    arrows: Arrows = {}
    for module, path in paths.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        imported = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    above = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*above, *([base] if base else [])])
                for alias in node.names:
                    name = f"{base}.{alias.name}"
                    imported.add(name if name in paths else base)
        arrows[module] = {name for name in imported if name in paths} - {module}
    return arrows


def room_arrows(arrows: Arrows) -> Arrows:
    """Which rooms each room imports."""
    rooms: Arrows = {}
    for module, imported in arrows.items():
        room = rooms.setdefault(room_of(module), set())
        room.update(room_of(name) for name in imported)
    return {room: imported - {room} for room, imported in rooms.items()}


def reached(arrows: Arrows, start: str) -> set[str]:
    """Every name that arrows lead to from one name; itself only where there is a circle."""
    seen, left = set(), [start]
    while left:
        for name in arrows.get(left.pop(), ()):
            if name not in seen:
                seen.add(name)
                left.append(name)
    return seen


def circles(arrows: Arrows) -> list[list[str]]:
    """Groups of names that reach each other (strongly connected components of two or more)."""
    reach = {name: reached(arrows, name) for name in arrows}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach.get(other, ())))
        for name in arrows
        if name in reach[name]
    }
    return [list(group) for group in sorted(groups)]


def mermaid(rooms: Arrows) -> str:
    """The arrows between rooms as a Mermaid flowchart.

    An arrow is left out where a longer way leads to the same room, so that the picture can be read.
    """
    lines = ["flowchart TD"]
    for room in sorted(rooms):
        further = {far for near in rooms[room] for far in reached(rooms, near)}
        lines += [f"    {room} --> {target}" for target in sorted(rooms[room] - further)]
    return "\n".join(lines)


if __name__ == "__main__":
    found = room_arrows(module_arrows())
    print(mermaid(found))
    print()
    for circle in circles(found):
        print("circle of rooms:", circle)
    for circle in circles(module_arrows()):
        print("circle of modules:", circle)
