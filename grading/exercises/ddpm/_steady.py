"""A comparison for functions that are to draw nothing: the numbers, and the same ones when asked twice."""

import torch


def steady(*names):
    """A test for `Compare`: `again` of the probe equals the first name's value, and all names have the expected values.

    Random numbers differ from run to run, so that a known mistake which draws them could not be recognised by them; it
    is by these words.
    """
    def test(inputs, got, expected, n):
        again = got.get("again")
        if not isinstance(again, torch.Tensor) or again.shape != got[names[0]].shape or not torch.equal(again, got[names[0]]):
            return False, "another each time", "the same each time"
        for name in names:
            close = torch.isclose(got[name].double(), expected[name].double(), rtol=1e-4, atol=1e-5)
            if not close.all():
                return False, got[name].double(), expected[name].double()
        return True, got[names[0]].double(), expected[names[0]].double()

    return test
