"""The executor that runs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import vgpnn


class LocalExecutor:
    """Runs one function at a time, which has all cores, or the GPU, to itself."""

    workers = 1

    def prepare(self) -> None:
        vgpnn.warm_up()

    def run(
        self, function: Callable[..., Iterator], *arguments, checkpoint: Callable[[], None]
    ) -> Iterator:
        return function(*arguments, checkpoint=checkpoint)
