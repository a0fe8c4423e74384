"""Starts a zygote behind its walls:  python -I launch.py CONTROL SETTINGS

CONTROL is an inherited socket to the judge, SETTINGS is JSON: the tier, the copy of the course that the
worker may see, an empty folder that becomes its root, what it may read and what is hidden. None of it is
a secret. Only the standard library is imported out here; torch is imported inside.

This process stays outside and removes the folder when the zygote has ended, even if the judge was killed.
"""

import importlib.util
import json
import os
import shutil
import sys


def main(control: int, settings: dict) -> None:
    import_from(settings["view"])
    child = os.fork()
    if child == 0:
        try:
            _separate(control, settings)
        finally:
            os._exit(1)
    os.close(control)
    os.waitpid(child, 0)
    shutil.rmtree(settings["folder"], ignore_errors=True)


def _separate(control: int, settings: dict) -> None:
    """Leaves the host's namespaces, if that is the tier; the zygote is the first process in the new ones."""
    from grading.sandbox import jail

    walls = []
    try:
        if settings["tier"] == "namespaces":
            walls = jail.separate()
        child = os.fork()
        if child == 0:
            _settle(settings)
            _inside(control, settings, walls)
            return
    except OSError as error:  # the tier is not to be had here
        os.write(control, json.dumps({"fault": str(error)}).encode() + b"\n")
        return
    os.close(control)
    os.waitpid(child, 0)


def import_from(view: str) -> None:
    """The course is imported from the copy, and by no other way: not from where it is installed."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, view)
    sys.meta_path[:] = [f for f in sys.meta_path if not _knows_the_course(f)]
    importlib.invalidate_caches()
    for name in ("genlab", "grading"):
        if not importlib.util.find_spec(name).origin.startswith(view):
            raise ImportError(f"{name} would come from elsewhere")


def _knows_the_course(finder) -> bool:
    """An editable installation brings a finder of its own."""
    if str(getattr(finder, "__module__", "")).startswith("_frozen_importlib"):
        return False
    try:
        return finder.find_spec("grading", None) is not None
    except Exception:
        return True


def _settle(settings: dict) -> None:
    """The first to go when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("900")
    except OSError:
        pass  # not Linux, or not allowed: then it is as likely to go as any other
    if settings["tier"] == "namespaces":
        from grading.sandbox import jail

        jail.enter(settings["room"], settings["readable"], settings["hidden"])


def _inside(control: int, settings: dict, walls: list[str]) -> None:
    from grading.sandbox.zygote import serve

    serve(control, settings, walls)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
