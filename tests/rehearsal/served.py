"""Serves the emulator, whose functions are processes, so that these are as at AWS, and that many of them cost little.

A function that is replaced ends what it has begun, and a layer is unpacked once, not for each process.
Run by the emulator's own Python, with hypercorn's arguments.
"""

import hashlib
import io
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterable
from functools import partialmethod
from pathlib import Path
from typing import Any

from hypercorn.__main__ import main  # type: ignore[import-not-found]
from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import lambda_svc  # type: ignore[import-not-found]

_kill = lambda_runtime.kill_workers
_spawn = lambda_runtime.Worker._spawn
_unpacking = threading.Lock()


def kill_when_done(workers: Iterable[Any]) -> None:
    """In place of the emulator's own, which kills a function's processes whatever they are at."""
    for worker in workers:
        threading.Thread(target=_kill_after_its_turn, args=(worker,), daemon=True).start()


def _kill_after_its_turn(worker: Any) -> None:
    # Held for as long as it works.
    with worker._lock:
        _kill([worker])


def spawn(worker: Any, unpacked: Path) -> None:
    """As the emulator's own, but the layers are those in `unpacked`."""
    config = worker.config
    layers = [_folder(layer, unpacked) for layer in config["Layers"]]
    variables = config["Environment"]["Variables"] | {"_LAMBDA_LAYERS_DIRS": ":".join(layers)}
    worker.config = config | {"Layers": [], "Environment": {"Variables": variables}}
    try:
        _spawn(worker)
    finally:
        worker.config = config


def _folder(layer: Any, unpacked: Path) -> str:
    packed = lambda_svc._resolve_layer_zip(layer)
    folder = unpacked / hashlib.sha256(packed).hexdigest()
    with _unpacking:
        if not folder.exists():
            zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
    return str(folder)


if __name__ == "__main__":
    lambda_runtime.kill_workers = kill_when_done
    lambda_runtime.Worker._spawn = partialmethod(spawn, Path(tempfile.mkdtemp(prefix="layers-")))
    sys.exit(main())
