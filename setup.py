"""The one step of a build that pyproject.toml cannot describe: the examples go into the package.

In a checkout they lie beside the package, where documents and Spaces have them; an installed
package has no folder beside it that is its own. See `vgpnn.examples.BUNDLED`.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PATTERNS = "index.json", "*.mp4", "*.webp", "explained/*"


class BuildWithExamples(build_py):
    """Copies what the page shows of `examples` to `vgpnn/bundled`."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:  # the package is then read from the checkout
            for source, copy in self._examples().items():
                self.mkpath(str(Path(copy).parent))
                self.copy_file(source, copy)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._examples().values()]

    def _examples(self) -> dict[str, str]:
        """Where each file of the checkout goes."""
        examples, bundled = Path("examples"), Path(self.build_lib, "vgpnn", "bundled")
        return {
            str(path): str(bundled / path.relative_to(examples))
            for pattern in PATTERNS
            for path in sorted(examples.glob(pattern))
        }


setup(cmdclass={"build_py": BuildWithExamples})
