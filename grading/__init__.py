"""Exercises, their checks, and the judge that gives the marks.

    from grading import check, use

    check("vae-elbo", elbo)             what is right, what is wrong, and which mistake it looks like
    my_elbo = use("vae-elbo", elbo)     your function once it passes, the reference until then
    progress()                          points so far in this folder, what comes next, the fast track
"""

_CHECK = "grading.checks.check"
_PUBLIC = {"check": _CHECK, "use": _CHECK, "expect_version": _CHECK, "Verdict": "grading.checks.verdict",
           "progress": "grading.students.progress"}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'grading' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__
