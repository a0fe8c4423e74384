"""The transformer against sums over all texts, torch's attention and encoder, and GPT-2, by hand and a package's."""

import math
import time

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from genlab.data import Batches
from genlab.fit import fit
from genlab.models.autoregressive import Autoregressive
from genlab.models.transformer import GPT, attention_weights, causal_attention, draw, restrict


def model(levels=5, length=7, seed=0, scale=8.0, **options):
    """A model with strong dependences: its weights are larger than fresh ones."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        gpt = GPT(levels, length, **{"dim": 12, "depth": 2, "heads": 3, **options})
    with torch.no_grad():
        for name, p in gpt.named_parameters():
            if p.ndim == 2:
                p.mul_(scale)
            elif "bias" in name:
                p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1)))
    return gpt.double().requires_grad_(False)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def tokens(*shape, levels=5, seed=3):
    return torch.randint(0, levels, shape, generator=seeded(seed))


def texts(levels, length):
    return torch.cartesian_prod(*[torch.arange(levels)] * length).view(-1, length)


# Attention


def queries(*shape, seed=0):
    return torch.randn(3, *shape, generator=seeded(seed), dtype=torch.float64)


def test_attention_is_what_torch_computes():
    q, k, v = queries(2, 3, 6, 4)
    torch.testing.assert_close(causal_attention(q, k, v), F.scaled_dot_product_attention(q, k, v, is_causal=True))


@pytest.mark.parametrize("new", [1, 2, 5, 6])
def test_the_last_queries_of_many_keys_see_all_keys_before_them(new):
    """torch's is_causal counts from the top left, so that a single query would see the first key alone."""
    q, k, v = queries(2, 3, 6, 4)
    whole = causal_attention(q, k, v)
    torch.testing.assert_close(causal_attention(q[..., -new:, :], k, v), whole[..., -new:, :])
    mask = torch.ones(new, 6, dtype=torch.bool).tril(6 - new)
    torch.testing.assert_close(causal_attention(q[..., -new:, :], k, v),
                               F.scaled_dot_product_attention(q[..., -new:, :], k, v, attn_mask=mask))
    if new == 1:
        trap = F.scaled_dot_product_attention(q[..., -1:, :], k, v, is_causal=True)
        torch.testing.assert_close(trap, v[..., :1, :])


def test_rows_of_weights_add_up_and_look_at_nothing_later():
    q, k, _ = queries(2, 3, 6, 4)
    weights = attention_weights(20 * q, 20 * k)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 6).double())
    assert not weights.triu(1).any() and (weights.tril() >= 0).all()


# Distribution


@pytest.mark.parametrize("levels, length", [(2, 7), (5, 3), (4, 1)])
def test_probabilities_of_all_texts_sum_to_one(levels, length):
    p = model(levels, length).log_prob(texts(levels, length)).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)
    assert p.max() > 1.5 * p.median(), "a uniform model would pass as well"


def test_every_class_is_a_distribution_and_another():
    gpt, x = model(3, 4, num_classes=3), texts(3, 4)
    p = torch.stack([gpt.log_prob(x, torch.full((len(x),), c)).exp() for c in range(3)])
    torch.testing.assert_close(p.sum(1), torch.ones(3).double())
    assert (p[0] - p[1]).abs().sum() > 0.1 < (p[1] - p[2]).abs().sum()


def test_it_serves_as_the_network_of_an_autoregressive_model():
    """Another implementation of the chain rule, and of its samples, one pass over everything for each."""
    gpt, x = model(), tokens(6, 7)
    peer = Autoregressive(gpt, 7, 5)
    torch.testing.assert_close(gpt.log_prob(x), peer.log_prob(x))
    assert torch.equal(gpt.sample(40, rng=seeded()), peer.sample(40, rng=seeded()))


@pytest.mark.parametrize("length", [2, 7, 64])
def test_all_earlier_tokens_are_seen_and_no_later_one(length):
    """By gradients with respect to the embedded tokens, with the sizes of a fresh model."""
    torch.manual_seed(0)
    gpt = GPT(11, 64)
    x, kept = tokens(1, length, levels=11), []
    gpt.token.register_forward_hook(lambda _, __, output: kept.append(output.requires_grad_()))
    logits = gpt(x)
    for t in range(length):
        reached, = torch.autograd.grad(logits[0, t].square().sum(), kept, retain_graph=True)
        seen = reached[0].abs().sum(1) > 0  # of x_1 … x_{length-1}
        assert seen[:t].all() and not seen[t:].any()


def test_a_later_token_changes_nothing_before_it():
    gpt, x = model(), tokens(2, 7)
    other = x.clone()
    other[:, 4:] = (x[:, 4:] + 1) % 5
    torch.testing.assert_close(gpt(x)[:, :5], gpt(other)[:, :5])
    assert not torch.allclose(gpt(x)[:, 5:], gpt(other)[:, 5:])


def test_order_matters_by_positions_alone():
    """Without them the last of the tokens sees a bag; with them two orders differ."""
    gpt, x = model(), torch.tensor([[0, 1, 2, 3, 4], [2, 1, 0, 3, 4]])
    assert (gpt(x)[0, 4] - gpt(x)[1, 4]).abs().max() > 0.01
    bag = model(depth=1)
    nn.init.zeros_(bag.position.weight)
    torch.testing.assert_close(bag(x)[0, 4], bag(x)[1, 4])


# Peers


def encoder(gpt):
    """torch's own stack of blocks with the same weights."""
    dim = gpt.norm.weight.numel()
    layers = []
    for block in gpt.blocks:
        layer = nn.TransformerEncoderLayer(dim, block.heads, 4 * dim, dropout=0, norm_first=True, batch_first=True,
                                           activation=lambda h: F.gelu(h, approximate="tanh")).double()
        layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias = block.qkv.weight, block.qkv.bias
        layer.self_attn.out_proj, layer.norm1, layer.norm2 = block.out, block.norm1, block.norm2
        layer.linear1, layer.linear2 = block.mlp[0], block.mlp[2]
        layers.append(layer)
    return layers


def test_blocks_are_those_of_torch():
    gpt, x = model(), tokens(4, 7)
    h = torch.cat([gpt.start.weight.expand(4, 1, -1), gpt.token(x[:, :-1])], 1) + gpt.position.weight
    mask = nn.Transformer.generate_square_subsequent_mask(7, dtype=torch.float64)
    for layer in encoder(gpt):
        h = layer(h, src_mask=mask, is_causal=True)
    torch.testing.assert_close(gpt(x), F.linear(gpt.norm(h), gpt.token.weight))


def gpt2(weights, ids, heads):
    """GPT-2 as its paper has it, one number after another: lists and loops, nothing of torch's."""
    w = {name: value.tolist() for name, value in weights.items()}

    def linear(rows, name):
        return [[sum(a * b for a, b in zip(row, column, strict=True)) + bias
                 for column, bias in zip(w[name + ".weight"], w[name + ".bias"], strict=True)] for row in rows]

    def norm(rows, name):
        out = []
        for row in rows:
            mean = sum(row) / len(row)
            std = math.sqrt(sum((a - mean) ** 2 for a in row) / len(row) + 1e-5)
            out.append([(a - mean) / std * g + b
                        for a, g, b in zip(row, w[name + ".weight"], w[name + ".bias"], strict=True)])
        return out

    def gelu(a):
        return 0.5 * a * (1 + math.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))

    dim = len(w["norm.weight"])
    size = dim // heads
    rows = [[a + b for a, b in zip(w["start.weight"][0] if t == 0 else w["token.weight"][ids[t - 1]],
                                   w["position.weight"][t], strict=True)] for t in range(len(ids))]
    depth = 1 + max(int(name.split(".")[1]) for name in w if name.startswith("blocks."))
    for i in range(depth):
        qkv = linear(norm(rows, f"blocks.{i}.norm1"), f"blocks.{i}.qkv")
        mixed = []
        for t in range(len(rows)):
            row = []
            for h in range(heads):
                q = qkv[t][h * size:(h + 1) * size]
                keys = [qkv[s][dim + h * size:dim + (h + 1) * size] for s in range(t + 1)]
                values = [qkv[s][2 * dim + h * size:2 * dim + (h + 1) * size] for s in range(t + 1)]
                scores = [math.exp(sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(size)) for k in keys]
                row += [sum(s * v[j] for s, v in zip(scores, values, strict=True)) / sum(scores)
                        for j in range(size)]
            mixed.append(row)
        added = linear(mixed, f"blocks.{i}.out")
        rows = [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(rows, added, strict=True)]
        hidden = [[gelu(a) for a in row] for row in linear(norm(rows, f"blocks.{i}.norm2"), f"blocks.{i}.mlp.0")]
        added = linear(hidden, f"blocks.{i}.mlp.2")
        rows = [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(rows, added, strict=True)]
    return [[sum(a * b for a, b in zip(row, token, strict=True)) for token in w["token.weight"]]
            for row in norm(rows, "norm")]


def test_it_is_gpt2_with_the_same_weights():
    gpt, x = model(), tokens(1, 7)
    expected = torch.tensor(gpt2(gpt.state_dict(), x[0].tolist(), heads=3), dtype=torch.float64)
    torch.testing.assert_close(gpt(x)[0], expected, rtol=1e-10, atol=1e-10)


def test_it_is_the_gpt2_of_transformers_with_the_same_weights():
    """Its vocabulary has the start as a token more."""
    from genlab import _torchvision

    _torchvision.load()
    from transformers import GPT2Config, GPT2LMHeadModel

    gpt, x = model(), tokens(3, 7)
    peer = GPT2LMHeadModel(GPT2Config(vocab_size=6, n_positions=7, n_embd=12, n_layer=2, n_head=3, resid_pdrop=0,
                                      embd_pdrop=0, attn_pdrop=0, bos_token_id=5, eos_token_id=5)).double().eval()
    ours = gpt.state_dict()
    names = {"ln_1": "norm1", "ln_2": "norm2", "attn.c_attn": "qkv", "attn.c_proj": "out", "mlp.c_fc": "mlp.0",
             "mlp.c_proj": "mlp.2"}
    theirs = {f"transformer.h.{i}.{their}.{kind}": value.t() if value.ndim == 2 else value
              for i in range(2) for their, our in names.items() for kind in ("weight", "bias")
              for value in [ours[f"blocks.{i}.{our}.{kind}"]]}
    words = torch.cat([ours["token.weight"], ours["start.weight"]])
    theirs |= {"transformer.wte.weight": words, "lm_head.weight": words,
               "transformer.wpe.weight": ours["position.weight"],
               "transformer.ln_f.weight": ours["norm.weight"], "transformer.ln_f.bias": ours["norm.bias"]}
    assert not peer.load_state_dict(theirs, strict=False).missing_keys
    started = torch.cat([torch.full((3, 1), 5), x[:, :-1]], 1)
    with torch.no_grad():
        torch.testing.assert_close(gpt(x), peer(started).logits[..., :5])


# The cache


@pytest.mark.parametrize("pieces", [[1] * 6, [6], [2, 3, 1], [5, 1]])
def test_keys_and_values_that_are_kept_give_the_logits_of_the_full_pass(pieces):
    gpt, x = model(), tokens(3, 7)
    full, past, at = gpt(x), None, 0
    logits, past = gpt.next_logits(None, num_samples=3)
    torch.testing.assert_close(logits, full[:, 0])
    for piece in pieces:
        logits, past = gpt.next_logits(x[:, at:at + piece], past=past)
        at += piece
        torch.testing.assert_close(logits, full[:, at])
    assert all(k.shape == v.shape == (3, 3, 7, 4) for k, v in past)


def test_a_call_leaves_what_was_kept_as_it_was():
    """Two texts may go on from the same beginning."""
    gpt, x = model(), tokens(2, 4)
    _, past = gpt.next_logits(x)
    before = [(k.clone(), v.clone()) for k, v in past]
    gpt.next_logits(x[:, :1], past=past)
    assert all(torch.equal(a, b) for old, new in zip(before, past, strict=True)
               for a, b in zip(old, new, strict=True))


def test_sampling_gives_each_token_to_the_network_once():
    gpt, seen = model(length=30), []
    gpt.blocks[0].register_forward_hook(lambda _, given, __: seen.append(given[0].shape[1]))
    gpt.sample(2, rng=seeded())
    assert seen == [1] * 30


def test_the_cache_makes_sampling_several_times_faster():
    """With 128 tokens; measured again where something else kept the machine busy."""
    torch.manual_seed(0)
    gpt = GPT(20, 128, dim=64, depth=3)
    slow = Autoregressive(gpt, 128, 20)

    def ratio():
        times = []
        for sampler in (slow, gpt):
            start = time.process_time()
            sampler.sample(4, rng=seeded())
            times.append(time.process_time() - start)
        return times[0] / times[1]

    assert max(ratio() for _ in range(2)) > 3


def test_a_long_sample_goes_on_beyond_the_models_length():
    """When the window is full the model starts anew from its last half: token by token the same as by hand."""
    gpt, sampled = model(length=6), None
    sampled = gpt.sample(5, length=17, rng=seeded())
    assert sampled.shape == (5, 17)
    u, x = seeded(), torch.zeros(5, 0, dtype=torch.int64)
    begin = 0
    for t in range(17):
        if t - begin == 6:
            begin = t - 3
        window = torch.cat([x[:, begin:], torch.zeros(5, 1, dtype=torch.int64)], 1)
        p = gpt(window)[:, -1].softmax(-1)
        x = torch.cat([x, draw(p, torch.rand((5, 1), generator=u, dtype=torch.float64))[:, None]], 1)
    assert torch.equal(sampled, x)


def test_a_prompt_is_kept_and_makes_a_difference():
    gpt, prompt = model(), torch.tensor([4, 0, 4])
    found = gpt.sample(300, prompt=prompt, length=5, rng=seeded())
    assert (found[:, :3] == prompt).all()
    expected = gpt(torch.tensor([[4, 0, 4, 0]]))[0, 3].softmax(-1)
    frequency = torch.bincount(found[:, 3], minlength=5) / 300
    assert (frequency - expected).abs().max() < 5 * (0.25 / 300) ** 0.5
    rows = gpt.sample(2, prompt=torch.tensor([[1], [2]]), rng=seeded())
    assert rows[:, 0].tolist() == [1, 2]


# Restricted draws


def test_restriction_on_a_distribution_done_by_hand():
    logits = torch.tensor([0.05, 0.4, 0.15, 0.3, 0.1], dtype=torch.float64).log()

    def is_(expected, **options):
        torch.testing.assert_close(restrict(logits, **options), torch.tensor(expected, dtype=torch.float64))

    is_([0.05, 0.4, 0.15, 0.3, 0.1])
    is_([0, 4 / 7, 0, 3 / 7, 0], top_k=2)
    is_([0, 4 / 7, 0, 3 / 7, 0], top_p=0.6)  # the one that crosses 0.6 belongs to the set
    is_([0, 0.4 / 0.85, 0.15 / 0.85, 0.3 / 0.85, 0], top_p=0.71)
    is_([0, 1, 0, 0, 0], top_p=0.01)
    is_([0, 1, 0, 0, 0], top_k=3, top_p=0.4)  # 0.4 of what is left is less than 0.4
    squares = [p * p for p in (0.05, 0.4, 0.15, 0.3, 0.1)]
    is_([s / sum(squares) for s in squares], temperature=0.5)


def test_restriction_at_its_ends():
    logits = 3 * torch.randn(4, 9, generator=seeded(), dtype=torch.float64)
    plain = logits.softmax(-1)
    torch.testing.assert_close(restrict(logits, top_k=9, top_p=1.0), plain)
    torch.testing.assert_close(restrict(logits, top_k=100), plain)
    for greedy in (restrict(logits, temperature=1e-6), restrict(logits, top_k=1), restrict(logits, top_p=1e-9)):
        torch.testing.assert_close(greedy, F.one_hot(logits.argmax(-1), 9).double())
    equal = restrict(torch.zeros(6), top_k=2)
    assert (equal > 0).sum() == 2
    assert torch.equal(restrict(torch.tensor([0.0, -math.inf])), torch.tensor([1.0, 0.0]))


@pytest.mark.parametrize("options, words", [({"temperature": 0}, "temperature must be above 0"),
                                            ({"top_k": 0}, "top_k must be at least 1"),
                                            ({"top_p": 0.0}, "top_p must lie in"),
                                            ({"top_p": 1.5}, "top_p must lie in")])
def test_restrictions_that_leave_nothing_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        restrict(torch.zeros(3), **options)


def test_draws_have_the_probabilities():
    p = torch.tensor([[0.2, 0.0, 0.5, 0.3]]).expand(4000, -1)
    found = torch.bincount(draw(p, torch.rand(4000, 1, generator=seeded())), minlength=4) / 4000
    assert found[1] == 0 and (found - p[0]).abs().max() < 5 * (0.25 / 4000) ** 0.5


# Training, and what is refused


def test_a_fresh_model_knows_nothing():
    torch.manual_seed(0)
    fresh = GPT(50, 20)
    loss = fresh.loss(tokens(16, 20, levels=50))
    assert math.log(50) - 0.1 < loss["loss"].item() < math.log(50) + 0.8**2  # its logits have the deviation 0.8
    assert loss["bits_per_token"].item() == pytest.approx(loss["loss"].item() / math.log(2))


def test_it_learns_to_copy_what_stood_four_tokens_before():
    """No mean of the past does: a head has to find the place."""
    torch.manual_seed(0)
    half = tokens(400, 4, levels=6)
    x = half.repeat(1, 3)
    gpt = GPT(6, 12, dim=32, depth=2, heads=2)
    fit(gpt, Batches(x, size=32, rng=seeded()), torch.optim.AdamW(gpt.parameters(), lr=3e-3), steps=400,
        progress=False)
    costs = -gpt(x[:50]).log_softmax(-1).gather(-1, x[:50, :, None])[..., 0].mean(0)
    assert costs[4:].max() < 0.3 and costs[:4].mean() > 1.4, costs
    maps = gpt.attention(x[:50])
    assert maps.shape == (50, 2, 2, 12, 12)
    torch.testing.assert_close(maps.sum(-1), torch.ones(50, 2, 2, 12))
    assert not maps.triu(1).any()


@pytest.mark.parametrize("call, words", [
    (lambda gpt: gpt(tokens(2, 8)), r"T in 1 … 7"),
    (lambda gpt: gpt(tokens(2, 3).float()), "whole numbers"),
    (lambda gpt: gpt(torch.full((1, 2), 5)), "fewer levels"),
    (lambda gpt: gpt.next_logits(tokens(1, 7)), "looks over 7 tokens"),
    (lambda gpt: gpt.sample(2, labels=1), "no labels to choose from"),
    (lambda gpt: model(num_classes=3)(tokens(2, 3)), "is conditional"),
    (lambda gpt: model(num_classes=3).sample(2, labels=3), "count from 0"),
    (lambda gpt: GPT(5, 7, dim=10, heads=3), "multiple of heads"),
])
def test_what_cannot_be_meant_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(model())
