"""Arrays kept on disk, so that what is slow to read or make is so only once.

The folder is `$GENLAB_CACHE`, or ~/.cache/genlab. A file appears under its name only when it is whole
(it is written beside it and renamed), so several processes may make it at once and a killed one leaves
nothing half done. What cannot be read is made again; where nothing can be written, all goes on without.
"""

import os
import secrets
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]


def cache_folder() -> Path:
    """`$GENLAB_CACHE`, or ~/.cache/genlab. It need not exist yet."""
    return Path(os.environ.get("GENLAB_CACHE") or "~/.cache/genlab").expanduser()


def cached(name: str, make: Callable[[], Arrays], is_valid: Callable[[Arrays], bool]) -> Arrays:
    """The arrays stored as `name`.npz, or those that `make` returns, which are then stored.

    A file that is damaged, or whose arrays `is_valid` refuses, is made again.
    """
    try:
        path = cache_folder() / f"{name}.npz"
        return _read(path, is_valid)
    except RuntimeError:  # nobody's home directory is known, so there is no place to keep anything
        return make()
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        arrays = make()
    try:
        _write(path, arrays)
    except OSError as error:
        warnings.warn(f"{name} could not be kept in {path.parent} ({error}), so the next start is slow too: "
                      "set GENLAB_CACHE to a folder that can be written", stacklevel=2)
    return arrays


def _read(path: Path, is_valid: Callable[[Arrays], bool]) -> Arrays:
    """The arrays of an npz file. Nothing is unpickled: numpy refuses objects by default."""
    with np.load(path) as file:
        arrays = dict(file)
    if not is_valid(arrays):
        raise ValueError(f"{path} holds other arrays than expected")
    return arrays


def _write(path: Path, arrays: Arrays) -> None:
    """Write beside the target, then rename: other processes see the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # no two processes have the same
    try:
        with open(temporary, "xb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(temporary, path)
    finally:  # after success there is nothing to remove
        temporary.unlink(missing_ok=True)
