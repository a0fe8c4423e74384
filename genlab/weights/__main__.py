"""`python -m genlab.weights [name …]`: makes the weights, all of them unless some are named."""

import argparse
import importlib
from pathlib import Path

from genlab import weights
from genlab.data.cache import cache_folder


def main(arguments: list[str] | None = None) -> None:
    known = ", ".join(weights.names())
    parser = argparse.ArgumentParser(prog="python -m genlab.weights", description="Make genlab's weights.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {known}; default: all")
    parser.add_argument("--folder", type=Path, default=weights.FOLDER, help="default: genlab's own")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(weights.names())
    if unknown:
        parser.error(f"no recipe for {', '.join(sorted(unknown))}: there are {known}")
    for name in options.names or weights.names():
        checkpoint = cache_folder() / "weights" / f"{name}.pt"
        path = importlib.import_module(f"genlab.weights.{name}").make(options.folder, checkpoint)
        checkpoint.unlink(missing_ok=True)
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
