"""For what is too much to remember all of: such as people, drafts, and what is known of clips."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

import torch

K, V = TypeVar("K"), TypeVar("V")


class Recent(OrderedDict[K, V]):
    """A dictionary of the keys that were set last, the oldest first; others are forgotten."""

    def __init__(self, most: int) -> None:
        """most: how many keys are kept."""
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)


class OfClips(Generic[V]):
    """What was found out about the clips that were looked at last, such as their cameras. The
    drafts and every take of a clip ask again, and it is looked at once."""

    def __init__(self, look: Callable[[torch.Tensor, Callable[[], None]], V], most: int) -> None:
        """look: finds out about (T, H, W, 3) uint8 codes; nobody may change what it returns.
        most: how many clips are kept."""
        self._look, self._lock = look, Lock()
        self._known: Recent[bytes, V] = Recent(most)

    def of(self, codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> V:
        """What is known of a clip. checkpoint: called for every frame; may raise to cancel."""
        digest = hashlib.blake2b(repr(tuple(codes.shape)).encode())
        for frame in codes:
            checkpoint()
            digest.update(frame.cpu().contiguous().numpy())
        key = digest.digest()
        with self._lock:
            if key in self._known:
                return self._known[key]
        found = self._look(codes, checkpoint)
        with self._lock:
            self._known[key] = found
        return found

    def clear(self) -> None:
        """Forget all clips."""
        with self._lock:
            self._known.clear()
