"""torchvision, also where its wheel was built for another torch.

torchvision's Linux wheel is linked against CUDA. Beside a CPU build of torch its compiled part does not
load, and `import torchvision` raises "operator torchvision::nms does not exist": it describes an
operator to the compiler that nobody has declared. Declaring it is enough. Datasets, transforms.v2, utils
and models then work; `ops.nms` and the decoders of `torchvision.io` do not (Pillow reads images).

Nothing here runs when genlab is imported: importing torchvision takes a second.
"""

import sys
from types import ModuleType

import torch

OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

_declared: list[torch.library.Library] = []  # a declaration lasts as long as its object


def load() -> ModuleType:
    """The module torchvision, repaired if need be; calling it again costs nothing.

    Raises:
        ImportError: torchvision is not installed.
        RuntimeError: torchvision fails for a reason other than the undeclared operator.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
        _forget()
        _declare()
        import torchvision
    return torchvision


def _forget() -> None:
    """Drop the half-imported modules, or the next import would find them instead of starting again."""
    for name in list(sys.modules):
        if name == "torchvision" or name.startswith("torchvision."):
            del sys.modules[name]


def _declare() -> None:
    """Declare the operators, without a body, unless somebody did so before."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in OPERATORS:
        if not hasattr(torch.ops.torchvision, name):
            library.define(name + SCHEMA)
    _declared.append(library)
