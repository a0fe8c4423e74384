# %% [markdown]
# # Text to speech
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/genlab-course/genlab/blob/main/notebooks/61_text_to_speech.ipynb)
# [![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/genlab-course/genlab/main?labpath=notebooks%2F61_text_to_speech.ipynb)
#
# ![A map of letters over time with a dark line that runs down through the letters, and below it the spectrogram that was spoken](attachment:61_text_to_speech.png)
#
# *A network reads letters and speaks. The dark line shows which letter it is at.*
#
# Reading 15 minutes, coding 70, running 5. A good place to stop is before *Train*. You need an LSTM, and attention as in
# lesson 41.

# %% cellView="form" jupyter={"source_hidden": true} tags=["parameters", "hide-input"]
import os

lesson = "61_text_to_speech"
profile = os.environ.get("GENLAB_PROFILE", "cpu")
seed = 0

# %% cellView="form" jupyter={"source_hidden": true} tags=["hide-input"]
# Set-up: installs the course's package where it is missing, as on Colab, and says how large everything is.
import importlib.util
import subprocess
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads sleep while they wait: quicker on a busy machine
version = "0.1.0"
if importlib.util.find_spec("genlab") is None:
    source = f"genlab[speech] @ git+https://github.com/genlab-course/genlab@v{version}"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", source])

import copy
import math
import time
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from genlab import metrics, results
from genlab.audio import MelSpectrogram
from genlab.audio import griffin_lim as two_turns
from genlab.data import Batches, espeak, spoken_digits
from genlab.data.speech import DIGIT_LETTERS, SOUND, numbers
from genlab.data.speech import encode as as_letters
from genlab.display import (
    LivePicture,
    listen,
    play,
    plot_alignments,
    plot_lines,
    plot_mels,
    plot_planes,
    show,
    speaker,
    voice_of,
)
from genlab.fit import fit
from genlab.models.digit_speaker import SMALL, schedule
from genlab.models.location import guided_penalty
from genlab.models.tacotron import Tacotron2
from genlab.pretrained import digit_speaker
from grading import check, expect_version, use

expect_version(version)

# `cpu` is made for two processor cores, `gpu` trains a wider network for longer, `smoke` and `stub` only show that every
# cell runs. The bars: digit errors per digit when it speaks freely, and after Griffin and Lim's method.
SIZES = {
    "stub": dict(steps=1, broken=1, batch=4, spoken=12, tested=4, rounds=2, wide={}, bars=None),
    "smoke": dict(steps=12, broken=4, batch=8, spoken=60, tested=8, rounds=8, wide={}, bars=None),
    "cpu": dict(steps=700, broken=120, batch=32, spoken=None, tested=None, rounds=30, wide={}, bars=(0.05, 0.1)),
    "gpu": dict(steps=3000, broken=300, batch=32, spoken=None, tested=None, rounds=60,
                wide=dict(encoder_dim=256, decoder_dim=512, postnet_dim=256), bars=(0.02, 0.05)),
}
if profile not in SIZES:
    raise ValueError(f"there is no profile {profile!r}: choose {', '.join(SIZES)} in the first cell")
size = SIZES[profile]
device = "cuda" if profile == "gpu" and torch.cuda.is_available() else "cpu"
voice = "espeak" if espeak.available() and profile != "stub" else "tones"
if voice == "tones" and profile != "stub":
    print("eSpeak NG is missing here (pip install espeakng-loader), so the data are tones instead of a voice: all cells run, "
          "but nobody will recognise a digit")

# %% [markdown]
# ## 1. Type a number
#
# Type digits below and press *Speak*. A network reads the *letters* of their words; the map shows, step by step, which
# letter it looks at while it speaks. Then try `sixteen`, `fourtree` or `xxx`: it has never met these words.
#
# Now draw on the map. Drag across a word so that the dark line leaves it out, or keep the line on one letter for a while.
# What do you hear?

# %% tags=["touch"]
first_voice = digit_speaker()
speaker(first_voice, "314")

# %% [markdown]
# Nobody told the network which letters make which sound, how long a sound lasts, or where a word ends. It has heard 1000
# strings of digits, each with its letters. You will write its parts, train one, and make it fail in four ways. (The
# voice that it learns from is eSpeak NG, a program that speaks by rules. It makes the data on the spot. With recordings of
# a person and far more training, the same kind of network was published as nearly as natural as the person.)
#
# ## 2. Sound as a picture
#
# A second of sound is 11,025 numbers, most of which say where in a cycle the air just is. The ear does not care. So
# cut the sound into short windows, 128 samples apart, and keep for each only how much of each frequency there is: the
# magnitude of a Fourier transform. On the right, the frequencies are collected into 48 *mel bands*.

# %% tags=["figure"]
train_set = spoken_digits("train", voice=voice, count=size["spoken"])
test_set = spoken_digits("test", voice=voice, count=size["tested"])
wave = espeak.say("three one four", speed=160)[0][::2] if voice == "espeak" else SOUND.invert(test_set.mels[0])
spectrum = SOUND.magnitude(wave)
plain = MelSpectrogram(SOUND.rate, SOUND.n_fft, SOUND.hop, SOUND.bands, floor=1e-4)
show(plot_mels({"257 frequencies": spectrum.clamp(min=1e-3).log().T}, value_range=(-6, 4), label="frequency",
               alt="The spectrogram of three spoken words: bands of energy that bend, most of it in the lower third"))
show(plot_mels({"48 mel bands": plain(wave)}, value_range=(-9, 0),
               alt="The same in 48 mel bands: the lower third now fills three fifths of the picture"))
listen({"three one four": wave})

# %% [markdown]
# In symbols, with a window $g$ of 512 samples, a *hop* of 128, and a matrix $M$ whose rows are the bands,
#
# $$ S_{ft} = \Big| \sum_{k=0}^{511} g_k\, x_{128\,t + k}\, e^{-2\pi i f k / 512} \Big|, \qquad y_{tb} = \log \max\Big( \sum_f M_{bf} S_{ft},\ 10^{-4} \Big) . $$
#
# Windows overlap by three quarters, so nothing is lost between them. What is lost are the phases of the sum, and section 8 will
# have to find them again.
#
# **Predict.** The frequencies end at 5512 Hz. How many of the 48 bands have their middle below 1000 Hz? (A guess is
# enough.)

# %%
# Exercise speech-predict-bands
### BEGIN SOLUTION
predicted_bands = 19
### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-predict-bands", predicted_bands)

# %% [markdown]
# An exercise is a cell like the one above. Fill it in and run the check below it, which has three hints folded under
# it. A line `my_... = use(...)` hands your answer on, or the course's own until yours passes.
#
# People asked to halve a pitch set it the same way at low frequencies, and far too low at high ones. The *mel*
# scale counts what they hear as equal steps. Up to about 1000 Hz it is nearly linear, above that logarithmic:

# %% tags=["figure"]
f = torch.linspace(0, 5512.5, 200)
mel_of_f = 2595 * torch.log10(1 + f / 700)
plot_lines([{"mel": (f, mel_of_f)}], x="Hz", y="mel",
           alt="Mel over frequency: a curve that rises steeply at first and ever more slowly; 1000 Hz is 1000 mel, 5512 Hz is 2460")

# %% tags=["claim"]
assert abs(float(2595 * math.log10(1 + 1000 / 700)) - 1000) < 1 and 2455 < float(mel_of_f[-1]) < 2465

# %% [markdown]
# $$ \operatorname{mel}(f) = 2595 \, \log_{10} \Big( 1 + \frac{f}{700\,\text{Hz}} \Big) . $$
#
# A band is a triangle over frequency: from its left neighbour's middle, up to its own, down to its right neighbour's. The
# middles are evenly spaced in mel. Wide triangles would collect more than narrow ones, so each is divided by its area.
#
# **Exercise: the filters** (3 points, about 15 minutes).

# %%
# Exercise speech-mel
def mel_filters(rate, n_fft, bands, low, high):
    """A bank of triangular filters, evenly spaced in mel, that turns spectra into mel bands.

    There are bands + 2 corners, evenly spaced in mel from `low` to `high`.

    Args:
        rate: samples per second; n_fft: the transform's size, even or odd.
        bands: how many filters, at least 1; low, high: first and last corner in Hz, 0 <= low < high <= rate / 2.

    Returns:
        (bands, n_fft // 2 + 1), float32 or float64. Column k stands for the frequency k * rate / n_fft Hz. Row b rises linearly
        in Hz from 0 at corner b to its peak at corner b + 1 and falls linearly to 0 at corner b + 2. The area of that triangle
        over Hz is 1. A filter that lies between two columns is 0 throughout.
    """
    ### BEGIN SOLUTION
    ends = [2595 * math.log10(1 + f / 700) for f in (low, high)]
    corners = 700 * (10 ** (torch.linspace(*ends, bands + 2, dtype=torch.float64) / 2595) - 1)
    f = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * rate / n_fft
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangle = torch.minimum((f - left) / (middle - left), (right - f) / (right - middle)).clamp(min=0)
    return triangle * 2 / (right - left)
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-mel", mel_filters)

# %%
my_mel_filters = use("speech-mel", mel_filters)

# %% [markdown]
# The logarithm of the bands is what the network will draw: about 86 frames a second with 48 numbers each, little more than a third
# of what the wave has.

# %%
mine = my_mel_filters(SOUND.rate, SOUND.n_fft, SOUND.bands, 0, SOUND.rate / 2).float()
gap = ((mine @ spectrum).clamp(min=1e-4).log().T - plain(wave)).abs().max()
peaks = mine.argmax(1) * SOUND.rate / SOUND.n_fft
print(f"your log mel spectrogram and the library's differ by {gap:.1e}; {int((peaks < 1000).sum())} bands peak below 1000 Hz")

# %% tags=["claim"]
assert gap < 1e-3 and 16 <= (peaks < 1000).sum() <= 22

# %% [markdown]
# ## 3. Letters in their surroundings
#
# The *e* of *three* and the *e* of *seven* sound different, and the *e* of *five* is silent. A letter must know its neighbours.
# Convolutions look at five letters at a time; then an LSTM runs over the word in each direction, and each letter gets both of
# their states. Utterances of a batch have different lengths, and the shorter ones are padded.
#
# **Exercise, extra: find the bug** (2 points, all or nothing, about 10 minutes). This encoder looks careful. Yet the same
# word comes out differently when a longer one stands beside it.

# %%
def buggy_encode(lstm, vectors, lengths):
    real = (torch.arange(vectors.shape[1]) < lengths[:, None])[..., None]
    memory, _ = lstm(vectors * real)
    return memory * real

# %%
# Exercise speech-bug
def encode(lstm, vectors, lengths):
    """What an LSTM in both directions makes of rows of different lengths, as if each were alone.

    Args:
        lstm: nn.LSTM with batch_first=True and bidirectional=True, H numbers in each direction, one layer or more.
        vectors: (B, N, C); behind a row's end stands padding, any numbers.
        lengths: (B,) int64, 1 ... N, in any order; their largest may be smaller than N.

    Returns:
        (B, N, 2H): in each row what the LSTM gives for the row alone, without its padding, and 0 on padding.
    """
    ### BEGIN SOLUTION
    packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths.cpu(), batch_first=True, enforce_sorted=False)
    memory, _ = lstm(packed)
    return nn.utils.rnn.pad_packed_sequence(memory, batch_first=True, total_length=vectors.shape[1])[0]
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-bug", encode)

# %%
my_encode = use("speech-bug", encode)

# %%
torch.manual_seed(seed)
lstm, vectors = nn.LSTM(8, 6, batch_first=True, bidirectional=True), torch.randn(1, 4, 8)
beside = F.pad(vectors, (0, 0, 0, 5))
with torch.no_grad():
    alone = lstm(vectors)[0]
    moved = {name: (how(lstm, beside, torch.tensor([4]))[:, :4] - alone).abs().amax((0, 2))
             for name, how in (("with the bug", buggy_encode), ("yours", my_encode))}
plot_lines([{name: ([1, 2, 3, 4], values) for name, values in moved.items()}], x="letter of a word with four", y="changed by padding",
           alt="By how much padding changes what the encoder says of each of four letters: with the bug at every letter, yours "
               "nowhere")

# %% tags=["claim"]
assert moved["with the bug"][3] > 0.01 > 1e-5 > moved["yours"].max()

# %% [markdown]
# <details><summary>What the bug was</summary>
#
# The backward direction begins at the far right. Zeros go in there, but its biases move its state all the same, and the word's
# last letter inherits that. Nobody notices in training, where the neighbours are always there. In use, the voice depends
# on who is in the batch.
#
# </details>
#
# ## 4. Where to read next
#
# The decoder speaks a few frames a step, and must choose at each step which letters to look at. Attention as in
# lesson 41 compares a query with what each letter *holds*. Here is the trained voice with *five five five*. On the right,
# the same voice is not told *where it has been*. What would you do, three words in, if you knew only what letters there are?

# %% tags=["figure"]
def without_place(model):
    """The same voice, with the location features cut off."""
    cut = copy.deepcopy(model)
    cut.attention.place.weight.data.zero_()
    return cut


@torch.no_grad()
def speak(model, texts, **options):
    """Speech for some texts, the same dropout each time."""
    return model.sample(as_letters(texts).to(device if model is not first_voice else "cpu"),
                        rng=torch.Generator(device).manual_seed(seed) if device != "cpu" else torch.Generator().manual_seed(seed), **options)


text = "five five five"
said = {"with place": speak(first_voice, [text]), "content alone": speak(without_place(first_voice), [text], max_frames=150)}
maps = {name: voice_of(s, [text], 0, first_voice) for name, s in said.items()}
plot_alignments(maps, alt="Two maps of attention over the text five five five. With place: one line from the first letter to the last. "
                          "Content alone: it stays at the first letter")

# %% tags=["claim"]
assert (maps["content alone"][0].argmax(1) == 0).all() and maps["with place"][0].argmax(1)[-1] == len(text) - 1

# %% [markdown]
# It never gets away from the first letter. What the letters hold does not change while it speaks, and three equal words hold nearly
# the same. So the scores also get **location features**: a convolution over the letters, of two channels: the weights of the last step, $w_{t-1}$, and the sum of all weights so far, which
# says what has been read. With a decoder state $q_t$, letters $h_n$ and matrices $W, V, U$:
#
# $$ \begin{aligned}
# f &= \operatorname{conv}\Big(\big[\, w_{t-1} ;\; \textstyle\sum_{s<t} w_s \big]\Big), &
# e_n &= v^\top \tanh\big( W q_t + V h_n + U f_n \big), \\
# w_t &= \operatorname{softmax}(e), & c_t &= \textstyle\sum_n w_{tn}\, h_n .
# \end{aligned} $$
#
# **Exercise: where to read next** (4 points, about 20 minutes). The constructor is given. What must not happen on padding?

# %%
# Exercise speech-attention
class LocationAttention(nn.Module):
    """Where to read next, from the decoder's state and from where it has read so far."""

    def __init__(self, query_dim, memory_dim, dim, filters=8, width=15):
        super().__init__()
        self.query = nn.Linear(query_dim, dim, bias=False)
        self.key = nn.Linear(memory_dim, dim, bias=False)
        self.location = nn.Conv1d(2, filters, width, padding=width // 2, bias=False)
        self.place = nn.Linear(filters, dim, bias=False)
        self.score = nn.Linear(dim, 1, bias=False)

    def forward(self, query, memory, last, total, mask):
        """One step.

        Args:
            query: (B, Q) the decoder's state; memory: (B, N, M) one vector for each letter.
            last: (B, N) the weights of the step before; total: (B, N) the sum of the weights of all steps before. 0 at the first step.
            mask: (B, N) bool, True where there is a letter, at least one in each row.

        Returns:
            context (B, M), the average of memory under the new weights; weights (B, N), a softmax over the letters, exactly 0 outside
            the mask; and the new total (B, N). Channel 0 of `location` is last, channel 1 total. Nothing is detached, and no argument is
            changed in place.
        """
        ### BEGIN SOLUTION
        features = self.location(torch.stack([last, total], 1)).transpose(1, 2)
        hidden = torch.tanh(self.query(query)[:, None] + self.key(memory) + self.place(features))
        weights = self.score(hidden)[..., 0].masked_fill(~mask, -math.inf).softmax(1)
        return (weights[:, :, None] * memory).sum(1), weights, total + weights
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-attention", LocationAttention)

# %%
my_LocationAttention = use("speech-attention", LocationAttention)

# %% [markdown]
# A network that begins at random looks everywhere. Before it finds the diagonal it learns to speak without reading. But
# we know that speech goes through its text at a nearly even pace. So weight far from the diagonal costs something:

# %% tags=["figure"]
steps, letters = 30, 18
apart = (torch.arange(letters) / letters)[:, None] - torch.arange(steps) / steps
cost = {f"width {g}": 1 - torch.exp(-apart**2 / (2 * g**2)) for g in (0.1, 0.2, 0.4)}
plot_planes(cost, numbers=False, label="cost",
            alt="The cost of weight at each letter (downwards) and step (to the right): white along the diagonal, blue in the corners; "
                "the white band grows with the width")

# %% [markdown]
# $$ L_\text{guide} = \operatorname{mean}_t \sum_n w_{tn} \Big( 1 - e^{-(n/N - t/T)^2 / 2 g^2} \Big), \qquad g = 0.2 . $$
#
# This *guided attention* is not in the Tacotron 2 paper, which trained for days. It is what makes minutes enough.
#
# ## 5. What it learns from
#
# The decoder's frames are compared with the true ones twice: as they come, and after a **postnet**, five convolutions
# over the finished picture that add a correction. And a third output says *stop*. In training there is one last step in each
# utterance.
#
# **Predict.** An utterance has 40 steps. A network that always says "go on" is right in how many per cent of them?

# %%
# Exercise speech-predict-stop
### BEGIN SOLUTION
predicted_right = 97.5
### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-predict-stop", predicted_right)

# %% tags=["figure"]
p = torch.linspace(0.01, 0.99, 99)
curves = {f"weight {w}": (p, (-w * p.log() - 39 * (1 - p).log()) / 40) for w in (1, 5, 39)}
lowest = {name: float(x[y.argmin()]) for name, (x, y) in curves.items()}
plot_lines([curves], x="constant guess of “stop”", y="cross-entropy per step", ylim=(0, 4),
           alt="Cross-entropy over a constant guess, for three weights of the one stop: it is lowest near 0.03, 0.11 and 0.5")

# %% tags=["claim"]
assert lowest["weight 1"] < 0.05 and 0.08 < lowest["weight 5"] < 0.15 and abs(lowest["weight 39"] - 0.5) < 0.02

# %% [markdown]
# A network that does not know yet guesses the lowest point, and learns from there. So the one stop counts $\omega = 5$ times. With
# stop logits $\ell_t$, labels $s_t$, spectrograms $y$, $\hat y$ before and $\hat y'$ after the postnet:
#
# $$ L = \operatorname{mean}\,(\hat y - y)^2 + \operatorname{mean}\,(\hat y' - y)^2
#   + \operatorname{mean}_t \big[ \omega\, s_t \operatorname{softplus}(-\ell_t) + (1 - s_t) \operatorname{softplus}(\ell_t) \big] . $$
#
# **Exercise: the loss** (3 points, about 15 minutes). All means are over what is real in the batch.

# %%
# Exercise speech-loss
def speech_loss(before, after, stop, target, lengths, stop_weight):
    """Squared errors before and after the postnet, and the cross-entropy of the stop token.

    Args:
        before, after, target: (B, T, M) spectrograms; stop: (B, T) logits.
        lengths: (B,) int64, how many of the T frames are real, 1 ... T. Padding holds any finite numbers.
        stop_weight: > 0, how often the label 1 counts.

    Returns:
        A single number, the sum of three means: of (before - target)² and of (after - target)² over real frames and bands, and of the
        cross-entropy of `stop` over real frames. The label is 1 at a row's own last real frame and 0 before. The last mean is divided by the
        number of real frames of the batch, whatever stop_weight is. Padding has no influence and gets no gradient. Finite
        for logits of ±800.
    """
    ### BEGIN SOLUTION
    place = torch.arange(target.shape[1], device=target.device)
    real, last = place < lengths[:, None], (place == lengths[:, None] - 1).to(stop)
    squares = (before - target)[real].square().mean() + (after - target)[real].square().mean()
    costs = stop_weight * last * F.softplus(-stop) + (1 - last) * F.softplus(stop)
    return squares + costs[real].mean()
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-loss", speech_loss)

# %%
my_speech_loss = use("speech-loss", speech_loss)

# %% [markdown]
# ## 6. Train
#
# Your attention and your loss, in the course's frame. At each step the decoder is fed the *true* frame of the step before
# (teacher forcing), through a **prenet** of two layers with dropout that is never switched off: else it would copy that
# frame and not read. A step makes three frames. The picture shows the map for a held-out text.

# %%
r = SMALL["frames_per_step"]


class Voice(Tacotron2):
    """The library's network with your attention and your loss; a step's three frames are taken together."""

    def __init__(self, attention=my_LocationAttention, **sizes):
        sizes = {**SMALL, **size["wide"], **sizes}
        super().__init__(1 + len(DIGIT_LETTERS), **sizes)
        self.attention = attention(sizes["decoder_dim"], sizes["encoder_dim"], sizes["attention_dim"], sizes["filters"], sizes["filter_width"])

    def loss(self, letters, mels, frames, *, rng=None):
        steps = frames // r
        letters, mels = letters[:, :int((letters != 0).sum(1).max())], mels[:, :r * int(steps.max())]
        said = self(letters, mels, lengths=r * steps, rng=rng)
        before, after, target = (x.unflatten(1, (-1, r)).flatten(2) for x in (said.before, said.after, mels))
        guide = guided_penalty(said.weights, (letters != 0).sum(1), steps, 0.2)
        loss = my_speech_loss(before, after, said.stop, target, steps, 5.0) + self.guide * guide
        return {"loss": loss, "mel": F.mse_loss(after.detach(), target), "guide": guide.detach()}


def train(steps, watch=None, **sizes):
    """A voice after so many steps, and its history."""
    torch.manual_seed(seed)
    model, rng = Voice(**sizes).to(device), torch.Generator().manual_seed(seed)
    batches = Batches(train_set.letters, train_set.mels, train_set.frames, size=size["batch"], rng=rng)
    optimizer = torch.optim.Adam(model.parameters(), 4e-3, betas=(0.9, 0.98))
    return model, fit(model, batches, optimizer, steps=steps, clip=1.0, schedule=schedule, ema=0.98, watch=watch,
                      every=max(1, size["steps"] // 14))


film, held_out = [], test_set.texts[0]


@torch.no_grad()
def forced_walk(model):
    """Where it looks while the first held-out utterance is fed to it: (steps, letters)."""
    letters = test_set.letters[:1, :len(held_out)].to(device)
    return model(letters, test_set.mels[:1, :test_set.frames[0]].to(device)).weights[0].cpu()


def look(model):
    film.append(forced_walk(model))
    return plot_alignments({held_out: (film[-1], held_out)})


live = LivePicture(look, names=["mel", "guide"], alt="the map of the attention for a held-out text")
_, history = train(size["steps"], live)
model = history.ema.eval()
parameters = sum(p.numel() for p in model.parameters())
print(f"{parameters:,} parameters, {len(history)} steps in {history.seconds:.0f} s")

# %% [markdown]
# The film of that map. When does the line appear, and from which end?

# %% tags=["touch"]
frames = [1 - F.interpolate(walk.T[None, None].sqrt(), scale_factor=6) for walk in film or [forced_walk(model)]]
play(torch.cat(frames).clamp(0, 1), interval=500, strip=5, title="The attention while the network learns")

# %% [markdown]
# ## 7. Speak
#
# In use there is no true frame. Each step is fed its own, beginning with zeros, and the network itself says when it is done. In a
# batch, each utterance ends on its own.
#
# **Exercise: speak** (4 points, about 20 minutes).

# %%
# Exercise speech-decode
def decode(step, state, go, max_steps):
    """Speak freely: each step is fed the frame of the step before.

    Args:
        step: step(frame (B, M), state) -> frame (B, M), stop logit (B,), state.
        state, go: what the first step is fed; go (B, M).
        max_steps: at least 1.

    Returns:
        frames (B, T, M) and lengths (B,) int64. A row ends with the first frame whose stop probability is above 1/2 (1/2 itself is not
        above); that frame still belongs to it, and what its later steps say counts no more. A row that never ends has length
        max_steps. T is the largest length; behind the end of a row stand zeros. `step` is called once for each of the T frames, always with the
        whole batch, and not again once every row has ended. What a row is fed after its end does not matter.
    """
    ### BEGIN SOLUTION
    frame, made = go, []
    lengths = torch.full((len(go),), max_steps, device=go.device)
    running = torch.ones(len(go), dtype=torch.bool, device=go.device)
    while len(made) < max_steps and running.any():
        frame, stop, state = step(frame, state)
        made.append(torch.where(running[:, None], frame, 0))
        ends = running & (stop > 0)
        lengths[ends] = len(made)
        running = running & ~ends
    return torch.stack(made, 1), lengths
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-decode", decode)

# %%
my_decode = use("speech-decode", decode)

# %%
@torch.no_grad()
def speak_freely(model, letters):
    """Your loop around the network's step: spectrograms (B, T, 48), their lengths, and weights (B, steps, N)."""
    memory, mask, seen = model.encoder(letters), letters != 0, []
    rng = torch.Generator(letters.device).manual_seed(seed)

    def step(frames, state):
        frames, stop, state = model.step(frames[:, -SOUND.bands:], state, memory, mask, rng)
        seen.append(state[0][3])
        return frames.flatten(1), stop, state

    frames, lengths = my_decode(step, (model._begin(memory), None), memory.new_zeros(len(letters), r * SOUND.bands), 100)
    said = model._finish(frames.unflatten(2, (r, -1)).flatten(1, 2), r * lengths, None, torch.stack(seen, 1))
    return said.after.cpu(), (r * lengths).cpu(), said.weights.cpu()


mels, lengths, weights = speak_freely(model, test_set.letters.to(device))
close = ((lengths - test_set.frames).abs() <= 0.2 * test_set.frames).double().mean().item()
print(f"{close:.0%} of the {len(lengths)} held-out utterances have a length within a fifth of the true one")

# %% tags=["claim"]
assert close >= 0.95

# %% tags=["picture"]
shown = max(range(len(test_set)), key=lambda k: len(test_set.texts[k]))
words, count = test_set.texts[shown], int(lengths[shown])
plot_alignments({words: (weights[shown, :count // r, :len(words)], words)}, mels={words: mels[shown, :count]},
                alt="Above, the map of the attention for a held-out text, a dark line from the first letter to the last; below, the "
                    "spectrogram that the network spoke")

# %% [markdown]
# And the page of section 1 with your own network. This one you can show to a friend.

# %% tags=["touch"]
speaker(model, "2718") if parameters < 360_000 else print("too large for the page")

# %% [markdown]
# ## 8. From the picture back to sound
#
# The spectrogram has forgotten the phases: where in its cycle each frequency was. Windows overlap, however, by three quarters here.
# Most choices of phases contradict themselves where they overlap, so the magnitudes nearly determine them. Hear the same
# magnitudes with phases of zero, and after some rounds of a search:

# %% tags=["figure"]
true_mel = SOUND(wave)
magnitude = SOUND.spectrum(true_mel)
rounds, sounds, errors = (0, 2, size["rounds"]), {}, []
for k in range(size["rounds"] + 1):
    heard_ = two_turns(magnitude, n_fft=SOUND.n_fft, hop=SOUND.hop, rounds=k, momentum=0)
    errors.append(float((SOUND.magnitude(heard_) - magnitude).norm() / magnitude.norm()))
    if k in rounds:
        sounds[f"{k} rounds"] = heard_
listen(sounds)
plot_lines([{"contradiction": (list(range(len(errors))), errors)}], x="rounds", y="relative error of magnitudes",
           alt="How far the wave's own magnitudes are from those that were asked for, over rounds: a steep fall, then a slow one")

# %% tags=["claim"]
assert max(b - a for a, b in pairwise(errors)) <= 1e-4 and errors[-1] < 0.5 * errors[0]

# %% [markdown]
# The method of Griffin and Lim takes turns. With magnitudes $S$ and phases $\varphi$:
#
# $$ x = \operatorname{istft}\big( S e^{i\varphi} \big), \qquad \varphi \leftarrow \arg \operatorname{stft}(x) . $$
#
# Each turn is a projection, so the contradiction never grows. Today a second network (a *vocoder*) does this better.
#
# **Exercise, extra: the phases** (3 points, about 15 minutes).

# %%
# Exercise speech-griffin-lim
def griffin_lim(magnitude, phase, n_fft, hop, rounds):
    """A wave whose spectrum has nearly this magnitude (Griffin and Lim 1984).

    Args:
        magnitude: (F, T), >= 0, F = n_fft // 2 + 1, no powers; phase: (F, T), the angles to begin with, in radians.
        hop: samples from frame to frame; rounds: >= 0.

    Returns:
        The wave, ((T - 1) * hop,), real, of magnitude's dtype. Frames are those of torch.stft and torch.istft, centred, with
        the window torch.hann_window(n_fft). Each round keeps the magnitude and takes the angles of the wave's own spectrum, that of 0 being 0;
        with rounds = 0 it is the wave of the given magnitude and phase. Silence stays silent and finite.
    """
    ### BEGIN SOLUTION
    window = torch.hann_window(n_fft, dtype=magnitude.dtype, device=magnitude.device)
    wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=window)
    for _ in range(rounds):
        phase = torch.stft(wave, n_fft, hop, window=window, return_complex=True).angle()
        wave = torch.istft(torch.polar(magnitude, phase), n_fft, hop, window=window)
    return wave
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-griffin-lim", griffin_lim)

# %%
my_griffin_lim = use("speech-griffin-lim", griffin_lim)

# %%
def to_wave(mel):
    """Your phases for a spectrogram (T, 48), at least eight frames of it."""
    magnitude = SOUND.spectrum(F.pad(mel, (0, 0, 0, max(0, 8 - len(mel))), value=-2.1))
    return my_griffin_lim(magnitude, torch.zeros_like(magnitude), SOUND.n_fft, SOUND.hop, size["rounds"])


listen({f"“{words}”, spoken by your network": to_wave(mels[shown, :count]),
        "the same, as eSpeak says it, after Griffin and Lim": to_wave(test_set.mels[shown, :test_set.frames[shown]])})

# %% [markdown]
# ## 9. Look and measure
#
# Do *others* understand it? A small recogniser, trained on the real voice, writes down the digits that it hears. The **digit error rate**
# counts the digits that are wrong, missing or too many, for each digit asked for.

# %%
wanted = numbers("test")[:len(test_set)]
waves = [to_wave(mel[:n]) for mel, n in zip(mels, lengths, strict=True)]
again = [SOUND(x) for x in waves]
padded, frames_again = nn.utils.rnn.pad_sequence(again, batch_first=True), torch.tensor([len(x) for x in again])
rates = {"eSpeak itself": metrics.digit_error_rate(test_set.mels, test_set.frames, wanted),
         "yours, spectrogram": metrics.digit_error_rate(mels, lengths, wanted),
         "yours, as sound": metrics.digit_error_rate(padded, frames_again, wanted),
         "eSpeak, other digits": metrics.digit_error_rate(test_set.mels, test_set.frames, wanted[1:] + wanted[:1])}
for name, rate in rates.items():
    print(f"{name}: digit error rate {rate.value:.3f} ± {rate.error:.3f}, n = {rate.n}")

# %% tags=["claim"]
assert rates["eSpeak itself"].value <= 0.01 and rates["eSpeak, other digits"].value > 0.7
assert rates["yours, spectrogram"].value <= 0.05 and rates["yours, as sound"].value <= 0.1

# %% [markdown]
# And how did it walk? Three numbers tell a good alignment from a bad one before anybody has listened: how much of the weight is near the
# diagonal, whether the most attended letter ever goes back, and whether each letter was read at all.
#
# **Exercise, extra: three numbers for a walk** (2 points, about 10 minutes).

# %%
# Exercise speech-alignment
def alignment_report(weights, width, least):
    """Three numbers about an alignment: is it diagonal, does it go on, does it read everything?

    Args:
        weights: (T, N), each row with sum 1, for T steps and N letters, without padding.
        width: how far from the diagonal, as a share of the whole; least: how much weight makes a letter read.

    Returns:
        diagonal, monotone, covered: three numbers or tensors (). The share of the weight in cells with |n / N - t / T| <= width, n and t
        counted from 0; the share of the T - 1 steps from one frame to the next at which the place of the largest weight (of equal ones
        the first) does not go back, 1 if T = 1; the share of letters whose weights, added over all frames, are at least `least`.
    """
    ### BEGIN SOLUTION
    T, N = weights.shape
    apart = (torch.arange(N) / N - (torch.arange(T) / T)[:, None]).abs()
    places = weights.argmax(1)
    monotone = float((places[1:] >= places[:-1]).double().mean()) if T > 1 else 1.0
    return float(weights[apart <= width].sum() / weights.sum()), monotone, float((weights.sum(0) >= least).double().mean())
    ### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-alignment", alignment_report)

# %%
my_alignment_report = use("speech-alignment", alignment_report)


def report(weights, lengths, texts):
    """The mean of your three numbers over some utterances."""
    rows = [[float(v) for v in my_alignment_report(w[:int(n) // r, :len(t)], 0.2, 0.3)] for w, n, t in zip(weights, lengths, texts, strict=True)]
    return dict(zip(("diagonal", "monotone", "covered"), torch.tensor(rows).mean(0).tolist(), strict=True))


walked = report(weights, lengths, test_set.texts)
print(", ".join(f"{name} {value:.3f}" for name, value in walked.items()))

# %% tags=["claim"]
assert walked["monotone"] >= 0.98

# %% [markdown]
# ## 10. Break it
#
# Four maps for the same text. One is your voice as it is. In one the attention is without its location features. One voice was
# trained without guided attention, briefly, at a time when yours had its line long since. In one nobody listens to the stop
# token. Which is which?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
never = copy.deepcopy(model)
never.stop.bias.data.fill_(-1e4)
unguided = train(size["broken"], guide=0.0)[1].ema.eval()
broken_text = "six six two"
SECRET = {"A": without_place(model), "B": unguided, "C": model, "D": never}
broken = {name: speak(faulty, [broken_text], max_frames=150) for name, faulty in SECRET.items()}
walks = {name: voice_of(said, [broken_text], 0, model) for name, said in broken.items()}
plot_alignments(walks, alt="Four maps of attention over the text six six two")

# %%
# Exercise speech-predict-faults
### BEGIN SOLUTION
A = "no place"
B = "no guided attention"
C = "none"
D = "no stop token"
### END SOLUTION

# %% tags=["nbval-check-output"]
check("speech-predict-faults", {"A": A, "B": B, "C": C, "D": D})  # or "none", "no place", "no guided attention", "no stop token"

# %%
vital = {name: report([said.weights[0]], said.lengths, [broken_text]) for name, said in broken.items()}
for name, said in broken.items():
    heard_ = metrics.heard(said.after, said.lengths)[0]
    print(f"{name}: {', '.join(f'{k} {v:.2f}' for k, v in vital[name].items())}; {int(said.lengths[0]) / 86:.1f} s, heard as {heard_!r}")
listen({name: to_wave(said.after[0, :int(said.lengths[0])].cpu()) for name, said in broken.items()})

# %% tags=["claim"]
assert vital["C"]["monotone"] > 0.95 and vital["C"]["diagonal"] > 0.8 > vital["B"]["diagonal"]
assert int(broken["D"].lengths[0]) == 150 > 1.3 * int(broken["C"].lengths[0]) and vital["A"]["diagonal"] < vital["C"]["diagonal"]

# %% [markdown]
# <details><summary>Why each map looks as it does</summary>
#
# **A**, no location features: nothing says what has been read, and the walk does not get away from the beginning. **B**, no guided attention: the map is a blur. The loss falls all the same, since a mean voice that follows its own last frame is
# not so bad a guess. **C** is right. **D**, no stop token: the walk is right up to the last letter, stays there, and the voice goes on about
# nothing.
#
# </details>
#
# ## What you can do now
#
# You can turn sound into a picture and back, let a network find its way through a text, tell it when to stop, and read from a map what
# is wrong with a voice. Recordings of your own, in the form of LJSpeech, are one line away, and the network has the paper's size
# by default. It takes a graphics card and a day.
#
# ```python
# spoken = genlab.data.speech_folder("LJSpeech-1.1")
# model = Tacotron2(1 + len(spoken.alphabet), mels=48, guide=1.0)
# ```

# %%
written = {"speech-mel": mel_filters, "speech-bug": encode, "speech-attention": LocationAttention, "speech-loss": speech_loss,
           "speech-decode": decode, "speech-griffin-lim": griffin_lim, "speech-alignment": alignment_report}
verdicts = {id: check(id, answer) for id, answer in written.items()}
points = sum(float(getattr(v, "points", v) or 0) for v in verdicts.values())
print(f"points so far: {points:g}; passed: {', '.join(id for id, v in verdicts.items() if getattr(v, 'passed', v)) or 'none'}")
bars, reached = size["bars"], (rates["yours, spectrogram"].value, rates["yours, as sound"].value)
verdict = "no bar at this profile" if bars is None else "reached" if reached[0] <= bars[0] and reached[1] <= bars[1] else "missed"
print(f"digit error rate {reached[0]:.3f}, as sound {reached[1]:.3f}; bars {bars or '–'}: {verdict}")

began = time.perf_counter()
speak_freely(model, test_set.letters[:4].to(device))
milliseconds = 1000 * (time.perf_counter() - began) / 4
measured = {"digit_error_rate": (reached[0], len(test_set)), "digit_error_rate_sound": (reached[1], len(test_set)),
            "monotone": (walked["monotone"], len(test_set)), "parameters": (parameters, 1),
            "milliseconds_per_sample": (milliseconds, 4),
            "network_evaluations_per_sample": (float(lengths.double().mean()) / r, len(test_set))}
for metric, (value, number) in measured.items():
    results.record(model="Tacotron2", metric=metric, value=value, n=number, lesson=lesson, seed=seed, profile=profile,
                   seconds=history.cpu_seconds)

# %% tags=["claim"]
assert reached[0] <= bars[0] and reached[1] <= bars[1]

# %% [markdown]
# **What can go wrong.** *The map stays a blur*: no guide, or padding that is attended to. *Words are left out or said twice*: look whether the
# line jumps. *It mumbles, but the loss is fine*: the prenet's dropout is too weak in training, and the decoder copies. *It
# never ends*: the stop label is not at each utterance's own end.
#
# **Read on.** Shen et al., *Natural TTS synthesis by conditioning WaveNet on mel spectrogram predictions* (arXiv:1712.05884). Griffin and
# Lim (1984), *Signal estimation from modified short-time Fourier transform*.
#
# <details><summary>More reading</summary>
#
# Wang et al., *Tacotron* (arXiv:1703.10135). Chorowski et al., *Attention-based models for speech recognition* (arXiv:1506.07503), from
# which the location features come. Tachibana, Uenoyama and Aihara, *Efficiently trainable text-to-speech* (arXiv:1710.08969),
# guided attention. A vocoder: Kong, Kim and Bae, *HiFi-GAN* (arXiv:2010.05646). Without attention:
# Ren et al., *FastSpeech 2* (arXiv:2006.04558).
#
# </details>
#
# **Save and hand in.** Save (Ctrl+S, on a Mac ⌘S). In Colab first choose *File → Save a copy in Drive*, later *File →
# Download → Download .ipynb*; from Binder download the file. Restart the kernel and run all cells once: what is marked is
# the notebook from top to bottom. Hand in `61_text_to_speech.ipynb` under this name, with the first line of each answer's cell
# (`# Exercise …`) as it is.
