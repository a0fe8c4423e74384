"""Text to speech: an encoder reads the letters, a decoder speaks frames and says when it is done.

    h = encoder(letters)                        convolutions, then one bidirectional LSTM
    q_t = LSTM([prenet(frame_{t-1}); c_{t-1}])  the first frame fed is 0
    c_t = Σ_n w_tn h_n                          location-sensitive attention (genlab.models.location)
    s_t = LSTM([q_t; c_t]);  frame_t, stop_t = linear([s_t; c_t])
    spectrogram = frames + postnet(frames)

    L = mean (frames - y)² + mean (spectrogram - y)² + BCE(stop) + guide · penalty of attention off the diagonal

Shen et al. (2017), Natural TTS synthesis by conditioning WaveNet on mel spectrogram predictions, arXiv:1712.05884, with
several frames a step as in Wang et al. (2017), arXiv:1703.10135, and the guided attention of Tachibana, Uenoyama and
Aihara (2017), arXiv:1710.08969.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from genlab.layers import configurable, evaluating
from genlab.models.location import LocationAttention, guided_penalty
from genlab.models.speech_losses import Speech, free_run, speech_loss
from genlab.random import rand


def convolution(inside: int, outside: int, width: int = 5) -> nn.Sequential:
    """A convolution over places that keeps their number, and a batch norm: (B, inside, N) -> (B, outside, N)."""
    return nn.Sequential(nn.Conv1d(inside, outside, width, padding=width // 2, bias=False), nn.BatchNorm1d(outside))


class Encoder(nn.Module):
    """Letters (B, N) -> (B, N, dim): three convolutions, then an LSTM in each direction. 0 is padding, and stays 0."""

    def __init__(self, vocab_size: int, embedding_dim: int, dim: int, layers: int = 3, dropout: float = 0.5):
        super().__init__()
        if dim % 2:
            raise ValueError(f"encoder_dim must be even, got {dim}: half of it reads in each direction")
        self.dropout = dropout
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=0)
        self.convolutions = nn.ModuleList(convolution(embedding_dim if k == 0 else dim, dim) for k in range(layers))
        self.lstm = nn.LSTM(dim, dim // 2, batch_first=True, bidirectional=True)

    def forward(self, letters: Tensor) -> Tensor:
        mask = (letters != 0)[:, None]
        h = self.embedding(letters).transpose(1, 2)  # (B, dim, N)
        for layer in self.convolutions:
            h = F.dropout(F.relu(layer(h)), self.dropout, self.training) * mask
        packed = pack_padded_sequence(h.transpose(1, 2), mask.sum((1, 2)).cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=letters.shape[1])[0]


class Prenet(nn.Module):
    """Two layers with dropout that is never off: (…, in) -> (…, dim). It keeps the decoder from merely copying."""

    def __init__(self, inside: int, dim: int, dropout: float = 0.5):
        super().__init__()
        self.dropout = dropout
        self.layers = nn.ModuleList([nn.Linear(inside, dim), nn.Linear(dim, dim)])

    def forward(self, x: Tensor, rng: torch.Generator | None = None) -> Tensor:
        for layer in self.layers:
            x = F.relu(layer(x))
            if self.dropout:
                x = x * (rand(x.shape, like=x, rng=rng) >= self.dropout) / (1 - self.dropout)
        return x


class Postnet(nn.Module):
    """A correction to a whole spectrogram: (B, T, mels) -> (B, T, mels). Padding is treated as 0."""

    def __init__(self, mels: int, dim: int, layers: int = 5, dropout: float = 0.5):
        super().__init__()
        self.dropout = dropout
        sizes = [mels, *[dim] * (layers - 1), mels]
        self.convolutions = nn.ModuleList(convolution(*pair) for pair in pairwise(sizes))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        h, mask = x.transpose(1, 2) * mask[:, None], mask[:, None]
        for k, layer in enumerate(self.convolutions):
            h = layer(h)
            h = torch.tanh(h) if k + 1 < len(self.convolutions) else h
            h = F.dropout(h, self.dropout, self.training) * mask
        return h.transpose(1, 2)


@configurable
class Tacotron2(nn.Module):
    """Letters (B, N), 0 for padding, to spectrograms (B, T, mels); the defaults are the paper's sizes.

    `model(letters, mels)` feeds the true frames (for training), `model(letters)` its own. Both return a `Speech`.

    Args:
        vocab_size: letters, the padding 0 included.
        frames_per_step: how many frames one step of the decoder makes; the paper has 1. The last of them is fed on.
        dropout: of convolutions; the prenet's is fixed to one half and always on.
        guide: weight of the guided attention, of `width` 0.2; the paper has none (0).
        stop_weight: how many times the one frame at which to stop counts.
    """

    def __init__(self, vocab_size: int, embedding_dim: int = 512, encoder_dim: int = 512, *, mels: int = 80,
                 attention_dim: int = 128, decoder_dim: int = 1024, prenet_dim: int = 256, postnet_dim: int = 512,
                 filters: int = 32, filter_width: int = 31, frames_per_step: int = 1, dropout: float = 0.5,
                 guide: float = 0.0, width: float = 0.2, stop_weight: float = 1.0, max_frames: int = 1000):
        super().__init__()
        self.mels, self.frames_per_step, self.max_frames = mels, frames_per_step, max_frames
        self.guide, self.width, self.stop_weight = guide, width, stop_weight
        self.encoder = Encoder(vocab_size, embedding_dim, encoder_dim, dropout=dropout)
        self.prenet = Prenet(mels, prenet_dim)
        self.listen = nn.LSTMCell(prenet_dim + encoder_dim, decoder_dim)
        self.attention = LocationAttention(decoder_dim, encoder_dim, attention_dim, filters, filter_width)
        self.speak = nn.LSTM(decoder_dim + encoder_dim, decoder_dim, batch_first=True)
        self.frame = nn.Linear(decoder_dim + encoder_dim, mels * frames_per_step)
        self.stop = nn.Linear(decoder_dim + encoder_dim, 1)
        self.postnet = Postnet(mels, postnet_dim, dropout=dropout)

    def forward(self, text: Tensor, mel_targets: Tensor | None = None, *, lengths: Tensor | None = None,
                rng: torch.Generator | None = None, max_frames: int | None = None) -> Speech:
        """Letters (B, N), and for training true frames (B, T, mels) of which `lengths` (B,) are real.

        Without targets the model runs freely, until each utterance has said that it ends or has `max_frames`.
        """
        if text.ndim != 2 or text.is_floating_point() or bool((text == 0).all(1).any()):
            raise ValueError("text must be (B, N) whole numbers, each row with a letter before its padding of 0")
        if mel_targets is None:
            return self._free(text, max_frames or self.max_frames, rng)
        if lengths is None:
            lengths = torch.full((len(text),), mel_targets.shape[1], device=text.device)
        steps = -(-mel_targets.shape[1] // self.frames_per_step)
        padded = F.pad(mel_targets, (0, 0, 0, steps * self.frames_per_step - mel_targets.shape[1]))
        fed = padded[:, self.frames_per_step - 1::self.frames_per_step]
        prepared = self.prenet(F.pad(fed[:, :-1], (0, 0, 1, 0)), rng)  # what was true one step before; at first 0
        memory, mask = self.encoder(text), text != 0
        state, heard, weights = self._begin(memory), [], []
        for t in range(steps):
            both, state = self._attend(prepared[:, t], memory, mask, state)
            heard.append(both)
            weights.append(state[3])
        seen = torch.stack(heard, 1)  # (B, steps, decoder + encoder)
        spoken = torch.cat([self.speak(seen)[0], seen[..., self.speak.hidden_size:]], -1)
        before = self.frame(spoken).unflatten(-1, (self.frames_per_step, self.mels)).flatten(1, 2)
        before = before[:, :mel_targets.shape[1]]
        return self._finish(before, lengths, self.stop(spoken)[..., 0], torch.stack(weights, 1))

    def _begin(self, memory: Tensor) -> tuple:
        """Hidden and cell state, context, weights of the last step, sum of all weights: 0."""
        B, N, _ = memory.shape
        zero = memory.new_zeros
        return (zero(B, self.listen.hidden_size), zero(B, self.listen.hidden_size), zero(B, memory.shape[2]),
                zero(B, N), zero(B, N))

    def _attend(self, frame: Tensor, memory: Tensor, mask: Tensor, state: tuple) -> tuple[Tensor, tuple]:
        """One step of the first LSTM and the attention."""
        hidden, cell, context, last, total = state
        hidden, cell = self.listen(torch.cat([frame, context], 1), (hidden, cell))
        context, last, total = self.attention(hidden, memory, last, total, mask)
        return torch.cat([hidden, context], 1), (hidden, cell, context, last, total)

    def step(self, frame: Tensor, state: tuple, memory: Tensor, mask: Tensor,
             rng: torch.Generator | None = None) -> tuple[Tensor, Tensor, tuple]:
        """One step on its own: the last frame (B, mels) -> frames (B, r, mels), stop logits (B,), the next state."""
        attend, speak = state
        both, attend = self._attend(self.prenet(frame, rng), memory, mask, attend)
        out, speak = self.speak(both[:, None], speak)
        spoken = torch.cat([out[:, 0], attend[2]], 1)
        return self.frame(spoken).unflatten(-1, (self.frames_per_step, self.mels)), self.stop(spoken)[:, 0], (attend,
                                                                                                             speak)

    def _free(self, text: Tensor, max_frames: int, rng: torch.Generator | None) -> Speech:
        memory, mask, weights = self.encoder(text), text != 0, []

        def step(frames, state):
            frames, stop, state = self.step(frames[:, -1], state, memory, mask, rng)
            weights.append(state[0][3])
            return frames, stop, state

        go = memory.new_zeros(len(text), 1, self.mels)
        steps = max(1, max_frames // self.frames_per_step)
        frames, stops, lengths = free_run(step, (self._begin(memory), None), go, steps)
        return self._finish(frames.flatten(1, 2), lengths * self.frames_per_step, stops, torch.stack(weights, 1))

    def _finish(self, before: Tensor, lengths: Tensor, stop: Tensor, weights: Tensor) -> Speech:
        real = torch.arange(before.shape[1], device=before.device) < lengths[:, None]
        return Speech(before, before + self.postnet(before, real), stop, weights, lengths)

    def loss(self, text: Tensor, mels: Tensor, frames: Tensor, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """What `genlab.fit.fit` minimises, for a batch that may be padded further than it needs."""
        text, mels = text[:, :int((text != 0).sum(1).max())], mels[:, :int(frames.max())]
        said = self(text, mels, lengths=frames, rng=rng)
        steps = -(-frames // self.frames_per_step)
        mel, stop = speech_loss(said.before, said.after, said.stop, mels, frames, steps, self.stop_weight)
        guide = guided_penalty(said.weights, (text != 0).sum(1), steps, self.width)
        return {"loss": mel + stop + self.guide * guide, "mel": mel.detach(), "stop": stop.detach(),
                "guide": guide.detach()}

    def sample(self, text: Tensor, *, max_frames: int | None = None, rng: torch.Generator | None = None) -> Speech:
        """Speech for these letters, free-running, without gradients; the prenet's dropout stays on."""
        with evaluating(self):
            return self(text, max_frames=max_frames, rng=rng)
