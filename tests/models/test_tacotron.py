"""Tacotron 2: published sizes, attention by loops, padding that changes nothing, free running (outline T1 to T9)."""

import math

import pytest
import torch
from torch import nn

import genlab
from genlab.data import Batches
from genlab.fit import fit
from genlab.models import Tacotron2
from genlab.models.digit_speaker import schedule, untrained
from genlab.models.location import LocationAttention, guided_penalty
from genlab.models.speech_losses import free_run, speech_loss

SMALL = dict(embedding_dim=12, encoder_dim=10, mels=5, attention_dim=7, decoder_dim=14, prenet_dim=6, postnet_dim=8,
             filters=3, filter_width=5, max_frames=30)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(**options):
    torch.manual_seed(0)
    return Tacotron2(9, **{**SMALL, **options})


@pytest.fixture
def batch():
    text = torch.tensor([[3, 1, 4, 1, 5], [2, 7, 8, 0, 0]])
    return text, torch.randn(2, 12, 5, generator=seeded()), torch.tensor([12, 7])


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_the_published_sizes():
    with torch.device("meta"):
        model = Tacotron2(148)
    assert count(model.encoder.lstm) == 2 * 4 * 256 * (512 + 256 + 2)
    assert count(model.postnet) == 4_348_144 - 4 * 512 - 80  # no biases before a batch norm, which would undo them
    assert [p.shape for p in model.listen.parameters()][:2] == [(4096, 768), (4096, 1024)]
    assert model.speak.input_size == 1536 and model.attention.location.weight.shape == (32, 2, 31)
    assert 27.5e6 < count(model) < 28.5e6  # 28.2 million in the best known public implementation


def test_full_size_runs_forward_and_freely():
    model = Tacotron2(30)
    text, mels = torch.tensor([[5, 3, 9]]), torch.randn(1, 4, 80, generator=seeded())
    said = model(text, mels)
    assert said.before.shape == said.after.shape == (1, 4, 80) and said.weights.shape == (1, 4, 3)
    free = model.sample(text, max_frames=3)
    assert free.after.shape[0] == 1 and free.after.shape[1] <= 3 and not free.after.requires_grad and model.training


def by_loops(attention, query, memory, last, total, mask):
    """Chorowski's formula, letter by letter."""
    B, N = last.shape
    half = attention.location.kernel_size[0] // 2
    scores = torch.full((B, N), -math.inf, dtype=query.dtype)
    for b in range(B):
        for n in range(N):
            if not mask[b, n]:
                continue
            f = torch.zeros(attention.location.out_channels, dtype=query.dtype)
            for k in range(2 * half + 1):
                if 0 <= n + k - half < N:
                    f += attention.location.weight[:, 0, k] * last[b, n + k - half]
                    f += attention.location.weight[:, 1, k] * total[b, n + k - half]
            parts = (attention.query, query[b]), (attention.key, memory[b, n]), (attention.place, f)
            scores[b, n] = attention.score.weight[0] @ sum(layer.weight @ x for layer, x in parts).tanh()
    return scores.softmax(1)


def test_attention_is_the_formula():
    torch.manual_seed(0)
    attention = LocationAttention(4, 6, 5, 3, 7).double()
    query, memory = torch.randn(2, 4).double(), torch.randn(2, 5, 6).double()
    last, total = torch.rand(2, 5).double(), 3 * torch.rand(2, 5).double()
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
    context, weights, after = attention(query, memory, last, total, mask)
    assert torch.allclose(weights, by_loops(attention, query, memory, last, total, mask), atol=1e-12)
    assert torch.allclose(context, torch.einsum("bn,bnm->bm", weights, memory)) and torch.equal(after, total + weights)
    assert weights[1, 2:].eq(0).all() and torch.allclose(weights.sum(1), torch.ones(2).double())
    with pytest.raises(ValueError, match="odd"):
        LocationAttention(4, 6, width=4)


def test_rows_sum_to_one_and_the_sum_of_all_weights_is_the_number_of_steps(batch):
    said = small()(*batch[:2], lengths=batch[2])
    assert torch.allclose(said.weights.sum(2), torch.ones(2, 12), atol=1e-6) and said.weights[1, :, 3:].eq(0).all()
    assert torch.allclose(said.weights.sum((1, 2)), torch.full((2,), 12.0), atol=1e-4)


@pytest.mark.parametrize("frames", [1, 3])
def test_fed_its_own_frames_it_says_the_same(frames):
    """T9: teacher forcing with what free running said, dropout off, is free running."""
    model = small(frames_per_step=frames).eval()
    model.prenet.dropout = 0.0
    model.stop.bias.data.fill_(-50)
    text = torch.tensor([[3, 1, 4, 1, 5], [2, 7, 8, 0, 0]])
    with torch.no_grad():
        free = model(text, max_frames=12)
        forced = model(text, free.before, lengths=free.lengths)
    assert free.before.shape == (2, 12, 5) and torch.allclose(free.before, forced.before, atol=1e-5)
    assert torch.allclose(free.after, forced.after, atol=1e-5)
    assert torch.allclose(free.weights, forced.weights, atol=1e-5)


def test_padding_changes_nothing(batch):
    """T5: two more letters of padding, two more frames of padding, other neighbours."""
    text, mels, lengths = batch
    model = small().eval()
    model.prenet.dropout = 0.0
    with torch.no_grad():
        together = model(text, mels, lengths=lengths)
        alone = model(text[1:, :3], mels[1:, :7])
        wider = model(nn.functional.pad(text, (0, 2)), mels, lengths=lengths)
    assert torch.allclose(together.after[1, :7], alone.after[0], atol=1e-5)
    assert torch.allclose(together.stop[1, :7], alone.stop[0], atol=1e-5)
    assert torch.allclose(wider.after, together.after, atol=1e-5)


def test_the_prenet_is_never_quiet_and_the_generator_decides():
    model = small().eval()
    text = torch.tensor([[3, 1, 4]])
    one, two = (model.sample(text, rng=seeded(k), max_frames=6).before for k in (1, 2))
    again = model.sample(text, rng=seeded(1), max_frames=6).before
    assert not torch.equal(one[:, 1:3], two[:, 1:3]) and torch.equal(one, again)


def test_a_postnet_of_zeros_changes_nothing(batch):
    model = small()
    norm = model.postnet.convolutions[-1][1]
    nn.init.zeros_(norm.weight)
    said = model(*batch[:2], lengths=batch[2])
    assert torch.equal(said.before, said.after)


def test_each_utterance_ends_on_its_own():
    """T4: at the first stop, that step included; later steps do not undo it; nobody is asked when all have ended."""
    stops = torch.tensor([[-1.0, 2.0, -1.0, -1.0], [-1.0, -1.0, 0.0, 3.0], [-9.0, -9.0, -9.0, -9.0]])
    calls = []

    def step(frame, state):
        calls.append(frame[:, 0].tolist())
        return frame + 1, stops[:, state] if state < 4 else torch.full((3,), -1.0), state + 1

    made, logits, lengths = free_run(step, 0, torch.zeros(3, 2), 6)
    assert lengths.tolist() == [2, 4, 6] and made.shape == (3, 6, 2) and logits.shape == (3, 6)
    assert made[0, :, 0].tolist() == [1, 2, 0, 0, 0, 0] and calls[3] == [3, 3, 3]
    short = free_run(lambda frame, state: (frame + 1, torch.ones(2), state), None, torch.zeros(2, 1), 5)
    assert short[2].tolist() == [1, 1] and short[0].shape == (2, 1, 1)


def test_the_loss_by_hand_and_blind_to_padding():
    before, after, target = (torch.randn(2, 4, 3, generator=seeded(k), requires_grad=k < 2) for k in range(3))
    stop = torch.tensor([[0.5, -1.0, 2.0, 7.0], [3.0, 7.0, 7.0, 7.0]], requires_grad=True)
    frames = torch.tensor([3, 1])
    mel, end = speech_loss(before, after, stop, target, frames, frames, 5.0)
    real = [(0, 0), (0, 1), (0, 2), (1, 0)]
    squares = sum(((x[i] - target[i]) ** 2).mean() for x in (before, after) for i in real) / 4
    soft = torch.nn.functional.softplus
    costs = soft(torch.tensor([0.5, -1.0])).sum() + 5 * soft(torch.tensor([-2.0, -3.0])).sum()
    assert mel.item() == pytest.approx(squares.item(), rel=1e-5)
    assert end.item() == pytest.approx(costs.item() / 4, rel=1e-5)
    (mel + end).backward()
    assert before.grad[0, 3].eq(0).all() and after.grad[1, 1:].eq(0).all() and stop.grad[1, 1:].eq(0).all()
    assert speech_loss(before, after, 800 * stop, target, frames, frames)[1].isfinite()


def test_the_guide_is_free_on_the_diagonal_and_counts_each_utterance_by_its_own_lengths():
    eye = torch.eye(6)[None]
    assert guided_penalty(eye, torch.tensor([6]), torch.tensor([6])) == 0
    weights = torch.zeros(2, 6, 6)
    weights[0], weights[1, :3, :3] = torch.eye(6), torch.eye(3)
    both = torch.tensor([6, 3])
    assert guided_penalty(weights, both, both) == 0
    corner = torch.zeros(1, 4, 5)
    corner[:, :, 4] = 1
    expected = sum(1 - math.exp(-((4 / 5 - t / 4) ** 2) / (2 * 0.3**2)) for t in range(4)) / 4
    assert guided_penalty(corner, torch.tensor([5]), torch.tensor([4]), 0.3).item() == pytest.approx(expected)


def test_it_learns_and_its_gradients_reach_everything(batch):
    model = small(dropout=0.0, guide=1.0, frames_per_step=3)
    model.loss(*batch, rng=seeded())["loss"].backward()
    still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []
    history = fit(model, Batches(*batch, size=2), torch.optim.Adam(model.parameters(), 1e-2), steps=60, progress=False)
    assert history.last(5, "loss") < 0.7 * history["loss"][0] and history.last(5, "guide") < history["guide"][0]


def test_misuse_is_refused():
    model = small()
    for text in (torch.zeros(1, 3, dtype=torch.int64), torch.ones(3, dtype=torch.int64), torch.ones(1, 3)):
        with pytest.raises(ValueError, match="text must be"):
            model(text)
    with pytest.raises(ValueError, match="even"):
        small(encoder_dim=9)


def test_it_is_saved_and_made_again(tmp_path):
    model = small().eval()
    genlab.save(model, tmp_path / "voice.safetensors")
    again = genlab.load(tmp_path / "voice.safetensors").eval()
    text = torch.tensor([[3, 1, 4]])
    assert torch.equal(*(m.sample(text, rng=seeded(), max_frames=4).after for m in (model, again)))


def test_the_small_voice_fits_a_page_and_its_schedule_begins_low():
    assert count(untrained()) == 342_337 and schedule(0) < 0.05 < 0.9 < schedule(0.1) and schedule(1.0) < 0.03
