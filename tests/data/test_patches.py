"""Images as tokens: nothing is lost, and the order is that of reading."""

import pytest
import torch

from genlab.data import binarize, digits
from genlab.data.patches import from_patches, to_patches


@pytest.mark.parametrize("patch", [(2, 4), (1, 7), (4, 2), (1, 1), (2, 2)])
def test_there_and_back(patch):
    images = binarize(digits("test")[0][:20])
    tokens = to_patches(images, patch)
    assert tokens.shape == (20, 784 // (patch[0] * patch[1])) and tokens.dtype == torch.int64
    assert 0 <= tokens.min() and tokens.max() < 2 ** (patch[0] * patch[1])
    assert torch.equal(from_patches(tokens, (28, 28), patch), images)


def test_tokens_are_read_like_a_page_and_pixels_within_them_too():
    image = torch.zeros(1, 1, 4, 8)
    image[0, 0, 0, 4] = 1  # first row, second patch, its first pixel
    image[0, 0, 3, 3] = 1  # last pixel of the third patch
    assert to_patches(image, (2, 4)).tolist() == [[0, 128, 1, 0]]


@pytest.mark.parametrize("call, words", [
    (lambda: to_patches(torch.zeros(2, 1, 5, 8)), "H a multiple of 2"),
    (lambda: to_patches(torch.zeros(2, 3, 4, 8)), r"\(B, 1, H, W\)"),
    (lambda: to_patches(torch.full((2, 1, 4, 8), 0.5)), "only 0 and 1"),
    (lambda: from_patches(torch.zeros(2, 97, dtype=torch.int64)), "98 tokens a row"),
])
def test_what_cannot_be_cut_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
