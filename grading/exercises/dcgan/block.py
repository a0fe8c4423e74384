"""dcgan-block: one storey of the generator, which doubles the side of its maps.

    up_block(inside, out, last=False) -> nn.Module      (B, inside, H, W) -> (B, out, 2H, 2W)

Fixed: a linear layer that paints every pixel away from the borders equally often; then BatchNorm and ReLU, or for the
last block tanh alone; no parameter without effect, and an offset for each channel (Radford et al. 2015,
arXiv:1511.06434; Odena et al. 2016). Free: how the side is doubled. The check measures what a block does, whatever
weights it begins with.
"""

import torch
from torch import nn

from genlab.models.dcgan import up_block
from genlab.random import rand, randint
from grading.checks import probing
from grading.checks.draws import normal
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Maps of unequal sides; channels that all differ."""
    inside, out = 3 + randint(0, 3, (1,), rng=rng).item(), 7 + randint(0, 30, (1,), rng=rng).item()
    H, W = 4 + randint(0, 3, (1,), rng=rng).item(), 2 + randint(0, 2, (1,), rng=rng).item()
    return {"inside": inside, "out": out, "x": normal((4, inside, H, W), rng=rng),
            "wide": torch.ones(2, inside, 9, 11).double(), "grey": 0.3 + 0.4 * rand((1,), rng=rng).item(), "weight": normal((4, out, 2 * H, 2 * W), rng=rng)}


def probe(up_block, inside, out, x, wide, grey, weight):
    """Shapes, evenness, and how both kinds of block answer to larger maps, to other mates, and to one image."""
    values = {}
    block = up_block(inside, out).to(x.dtype)
    leaf = probing.leaf(x)
    y = probing.tensor(block(leaf), "The block that `up_block` returns")
    values["shape"] = torch.tensor([float(s) for s in y.shape])
    values["hidden"], values["again"] = y.detach(), block(x).detach()
    values["larger"], values["mates"] = block(50 * x).detach(), block(torch.cat([x, 3 + 9 * x]))[:len(x)].detach()
    scalar = (y * weight.to(y.dtype)).sum() if y.shape == weight.shape else y.square().sum()
    parameters = list(block.parameters())
    found = torch.autograd.grad(scalar, [leaf, *parameters], allow_unused=True)
    values["reaches"] = torch.zeros_like(x) if found[0] is None else found[0].detach()
    slopes = [0.0 if g is None else g.detach().abs().max().item() for g in found[1:]] or [0.0]
    values["slopes"] = torch.tensor([sorted(slopes)[0], sorted(slopes)[-1]]).double()
    values["kinds"] = torch.tensor(float(sum(s < 1e-5 * max(slopes) for s in slopes)))
    vectors = [p for p in parameters if p.ndim == 1]
    values["offsets"] = torch.tensor([float(len(vectors)), float(sum(p.numel() for p in vectors))])
    eval_block = up_block(inside, out).to(x.dtype).eval()
    one = eval_block(x[:1]).detach()
    values["one"], values["all"] = one, eval_block(x)[:1].detach()
    values["double"], values["triple"] = eval_block(2 * x[:1]).detach(), eval_block(3 * x[:1]).detach()
    final = up_block(inside, 2, True).to(x.dtype)
    z = probing.tensor(final(x), "The last block")
    values["last_shape"] = torch.tensor([float(s) for s in z.shape])
    base = final(0 * x).detach()
    values["last"], values["zero"], values["half"] = final(4 * x).detach(), base, final(2 * x).detach()
    values["far"] = final(1e4 * x).detach()
    last_vectors = [p for p in final.parameters() if p.ndim == 1]
    values["last_offsets"] = torch.tensor([float(len(last_vectors)), float(sum(p.numel() for p in last_vectors))])
    for p in final.parameters():
        with torch.no_grad():
            p.fill_(0.002 if p.ndim > 1 else 0.0)
    for name, level in (("painted", 1.0), ("painted_grey", grey)):
        values[name] = torch.atanh(final(level * wide).detach().clamp(-0.999999, 0.999999))[:, :, 6:-6, 6:-6]
    rough = up_block(inside, out).to(x.dtype).eval()
    for p in rough.parameters():
        with torch.no_grad():
            p.fill_(0.002 if p.ndim > 1 else 1.0)
    values["painted_hidden"] = rough(wide).detach()[:, :, 6:-6, 6:-6]
    return values


def truth(inside, out, last=False):
    """Another right one: each pixel four times, then a convolution."""
    paint = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(inside, out, 3, padding=1, bias=last))
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU())


def even(inputs, got, expected, n):
    """With equal weights and an even input every pixel away from the borders is alike."""
    for name in ("painted", "painted_hidden"):
        painted = got[name].double()
        if painted.numel() == 0:
            return False, "no pixels away from the borders", "some"
        for channel in painted.flatten(0, 1):
            low, high = channel.min().item(), channel.max().item()
            if high - low > 1e-4 * max(abs(high), 1e-12) or high == 0:
                return False, 0.0 if high == 0 else low / high, 1.0
    full, grey = (got[name].double() for name in ("painted", "painted_grey"))
    if full.shape != grey.shape or not torch.allclose(grey, inputs["grey"] * full, rtol=1e-3, atol=0):
        return False, "not in proportion to the input", "in proportion"
    return True, 1.0, 1.0


def normalised(inputs, got, expected, n):
    """BatchNorm: maps fifty times as large give nearly the same, other mates do not; told in words, since weights are random."""
    hidden, again, larger, mates, one, alone = (got[name].double() for name in ("hidden", "again", "larger", "mates", "one", "all"))
    if not torch.allclose(hidden, again, rtol=1e-4, atol=1e-5):
        return False, "another at each call", "the same"
    gap = (hidden - larger).abs().max() / hidden.abs().max().clamp_min(1e-9)
    if gap > 0.1:
        return False, "larger where the input is" if gap > 5 else "another where the input is larger", "the same"
    if torch.allclose(hidden, mates, rtol=1e-3, atol=1e-4):
        return False, "the same beside other images", "another"
    if not torch.allclose(one, alone, rtol=1e-4, atol=1e-5):
        return False, "another beside other images in evaluation mode", "the same"
    square = hidden.clamp_min(0).square().mean().item()
    if not 0.3 < square < 0.7 and (hidden == 0).any():  # ReLU of mean 0 and variance 1 has about a half
        return False, "of another spread than BatchNorm gives", "of spread 1 before the ReLU"
    return True, "right", "right"


def rectified(inputs, got, expected, n):
    """ReLU last: nothing negative, many zeros, and in evaluation mode straight lines above 0."""
    hidden = got["hidden"].double()
    if hidden.min() < 0:
        lowest = (hidden == hidden.amin((0, 2, 3), keepdim=True)).double().mean()
        word = "negative in place of 0" if lowest > 0.2 else "negative" if -hidden.min() > 0.45 * hidden.max() else "slightly negative"
        return False, word, "at least 0"
    if not 0.1 < (hidden == 0).double().mean() < 0.9:
        return False, "nowhere 0" if (hidden > 0).all() else "0 too seldom or too often", "0 about half of the time"
    once, twice, thrice = (got[name].double() for name in ("one", "double", "triple"))
    active = (once > 0) & (twice > 0) & (thrice > 0)
    bent = (thrice - 2 * twice + once).abs() > 1e-3 * thrice
    return not bool((bent & active).any()), "curved above 0" if (bent & active).any() else "straight", "straight"


def ends_in_tanh(inputs, got, expected, n):
    """Within [-1, 1], up to both ends, and a straight line under tanh."""
    far = got["far"].double()
    if far.abs().max() > 1 + 1e-6:
        return False, "outside [-1, 1]", "inside"
    if far.min() > -0.9:
        word = "0 where it should be negative" if (got["last"] == 0).double().mean() > 0.1 else "never negative"
        return False, word if far.min() >= 0 else "never near -1", "from -1 to 1"
    if far.max() < 0.9:
        return False, "never near 1", "from -1 to 1"
    whole, half, zero = (torch.atanh(got[name].double().clamp(-1 + 1e-9, 1 - 1e-9)) for name in ("last", "half", "zero"))
    inside = (got["last"].double().abs() < 0.99) & (got["half"].double().abs() < 0.99)
    gap = ((whole - zero) - 2 * (half - zero)).abs()[inside]
    ok = bool(inside.any()) and whole.abs().max() > 1e-6 and gap.max() < 1e-2
    return ok, "tanh of a straight line" if ok else "no straight line under tanh", "tanh of a straight line"


def all_work(inputs, got, expected, n):
    """No parameter whose gradient is always 0; the input is reached."""
    slopes = got["slopes"].double()
    if not (got["reaches"].double() != 0).any():
        return False, "none at the input", "one"
    idle = slopes[0] < 1e-5 * slopes[1] or slopes[1] == 0
    return not idle, f"0 for {int(got['kinds'])}" if idle else "0 for none", "0 for none"


exercise = Exercise(
    id="dcgan-block", defines="up_block(inside, out, last=False)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=up_block, truth=truth,
    withholds=["genlab.models.dcgan.up_block", "genlab.models.dcgan.resize_block", "genlab.models.DCGANGenerator"],
    comparisons=[
        Compare("shape", "last_shape", points=0.75, what={"shape": "the shape that the block makes", "last_shape":
                "the shape that the last block makes"}, says="The sides double, also where they differ: (B, inside, H, W) to (B, out, 2H, 2W)."),
        Compare("painted", "painted_hidden", "painted_grey", points=1, test=even, resolution=0.02,
                what="the least painted pixel away from the borders, as a share of the most painted one,",
                says="Every pixel away from the borders is painted equally often: no checkerboard."),
        Compare("hidden", "larger", "again", "mates", "one", "all", points=0.5, test=normalised, what="the block's output",
                says="BatchNorm stands between the painting and the ReLU: the size of the input cancels out."),
        Compare("hidden", "one", "double", "triple", points=0.5, test=rectified, what="the block's output",
                says="ReLU comes last: nothing negative, and about half of the values are 0 since BatchNorm centres them."),
        Compare("last", "half", "zero", "far", points=0.5, test=ends_in_tanh, what="the last block's output",
                says="The last block: tanh of the painting, from -1 to 1, without BatchNorm and without ReLU."),
        Compare("slopes", "kinds", "reaches", points=0.25, test=all_work, what="the gradient of the block's parameters",
                says="No parameter is idle: BatchNorm takes away what an offset in front of it adds."),
        Compare("offsets", "last_offsets", points=0.5, what={"offsets": "the number of vectors (scales, offsets) among the parameters",
                "last_offsets": "the number of vectors (offsets) in the last block"},
                says="Each channel has one offset: BatchNorm's own, with its scale; in the last block that of the convolution."),
    ],
    hints=[
        "Section 1 says which kernels paint evenly. Which of them, with which padding, gives exactly 2H of H? Or double the side "
        "first, by repeating pixels, and let a convolution follow that keeps it.",
        "(H - 1) s - 2p + k = 2H with s = 2 leaves k = 2 + 2p: 2, 4, 6, … Then BatchNorm2d and ReLU, or Tanh alone. A bias only "
        "where no BatchNorm follows.",
        "paint = nn.ConvTranspose2d(inside, out, 4, stride=2, padding=1, bias=last); return nn.Sequential(paint, nn.Tanh()) if "
        "last, else nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU()).",
    ],
    afterwards="Kernels of 2, 4 and 6 pass, and so does doubling by repetition with any odd kernel after it: they differ in speed, and "
               "in what they find easy to learn.",
)
