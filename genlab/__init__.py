"""genlab: reference implementations for a course on generative models.

    genlab.data      embedded data sets: real digits, sprites with known factors
    genlab.models    one concept, one file
    genlab.fit       the training loop, readable on one screen
    genlab.metrics   how good is it?
    genlab.display   pictures, curves and widgets
"""

__version__ = "0.1.0"
