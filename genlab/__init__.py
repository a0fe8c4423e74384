"""genlab: reference implementations for a course on generative models.

    genlab.data      embedded data sets: real digits, sprites with known factors
    genlab.models    one concept, one file
    genlab.fit       the training loop, readable on one screen
    genlab.metrics   how good is it?
    genlab.display   pictures, curves and widgets
"""

__version__ = "0.1.0"


def save(model, path) -> None:
    """Write a model with its configuration into a safetensors file: see `genlab.saving.save`."""
    from genlab.saving import save  # here, so that `import genlab` does not load torch

    save(model, path)


def load(path, *, map_location=None, classes=()):
    """The model that `save` wrote, made anew: see `genlab.saving.load`."""
    from genlab.saving import load

    return load(path, map_location=map_location, classes=classes)
