"""Speech to see, hear and touch: spectrograms, attention as a map of letters over time, players, a voice on a page."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

import torch
from torch import Tensor, nn

from genlab.audio import MelSpectrogram, wav_bytes
from genlab.data.speech import DIGIT_LETTERS, SOUND, encode
from genlab.display.language import visible
from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import Picture, in_notebook, in_style, new_picture
from genlab.models.tacotron import Tacotron2

MOST = 360_000  # weights that travel with a widget, in half precision


def speaker(model: nn.Module, text: str = "314", *, alphabet: str = DIGIT_LETTERS, sound: MelSpectrogram = SOUND,
            seed: int = 0) -> Touchable:
    """A field for a number, its sound, and the map of the attention, on which the reader may draw another walk.

    The network and Griffin and Lim's method run in the browser, from weights in half precision.

    Args:
        model: a `Tacotron2` with at most 360,000 weights, or a module with the same parts.
        text: digits, or letters of the alphabet.
        seed: of the prenet's dropout.

    Raises:
        ValueError: a model that is too large for a page.
    """
    weights, shape = packed(model)
    half = sound.inverse.half().numpy().astype("<f2").tobytes()
    settings = dict(rate=sound.rate, nFft=sound.n_fft, hop=sound.hop, centre=sound.centre, spread=sound.spread,
                    rounds=30)
    widget = make("speak.js", dict(weights=weights, inverse=half, shape=shape, alphabet=alphabet, sound=settings,
                                   seed=seed), dict(text=text))
    words = spelled(text)
    with quietly(model):
        said = model(encode([words], alphabet), rng=torch.Generator().manual_seed(seed))
    steps = int(said.lengths[0]) // model.frames_per_step
    return Touchable(widget, plot_alignments({words: (said.weights[0, :steps], words)}, mels={
        words: said.after[0, :int(said.lengths[0])]}))


def spelled(text: str) -> str:
    """Digits in words, other letters as they are."""
    from genlab.data.speech import WORDS

    return " ".join("".join(f" {WORDS[int(c)]} " if c in "0123456789" else c for c in text.lower()).split())


def packed(model: nn.Module) -> tuple[bytes, dict[str, int]]:
    """A Tacotron's weights in the order in which the page reads them, batch norms worked in, and its sizes."""
    parts: list[Tensor] = [model.encoder.embedding.weight]
    for layer in model.encoder.convolutions:
        parts += _folded(layer)
    lstm = model.encoder.lstm
    for end in ("", "_reverse"):
        parts += [getattr(lstm, f"weight_ih_l0{end}"), getattr(lstm, f"weight_hh_l0{end}"),
                  getattr(lstm, f"bias_ih_l0{end}") + getattr(lstm, f"bias_hh_l0{end}")]
    for layer in model.prenet.layers:
        parts += [layer.weight, layer.bias]
    parts += [model.listen.weight_ih, model.listen.weight_hh, model.listen.bias_ih + model.listen.bias_hh]
    look = model.attention
    parts += [look.query.weight, look.key.weight, look.location.weight, look.place.weight, look.score.weight]
    parts += [model.speak.weight_ih_l0, model.speak.weight_hh_l0, model.speak.bias_ih_l0 + model.speak.bias_hh_l0]
    parts += [model.frame.weight, model.frame.bias, model.stop.weight, model.stop.bias]
    for layer in model.postnet.convolutions:
        parts += _folded(layer)
    count = sum(part.numel() for part in parts)
    if count > MOST:
        raise ValueError(f"the page takes a voice with at most {MOST:,} weights, got {count:,}: use smaller sizes")
    shape = dict(vocab=model.encoder.embedding.num_embeddings, embedding=model.encoder.embedding.embedding_dim,
                 encoder=2 * lstm.hidden_size, bands=model.mels, prenet=model.prenet.layers[0].out_features,
                 decoder=model.listen.hidden_size, attention=look.score.in_features,
                 filters=look.location.out_channels, width=look.location.kernel_size[0],
                 frames=model.frames_per_step, postnet=model.postnet.convolutions[0][0].out_channels)
    return b"".join(part.detach().cpu().half().numpy().astype("<f2").tobytes() for part in parts), shape


def _folded(layer: nn.Sequential) -> list[Tensor]:
    """A convolution and its batch norm in eval mode as one convolution: weight and bias."""
    convolution, norm = layer
    gain = norm.weight / (norm.running_var + norm.eps).sqrt()
    return [convolution.weight * gain[:, None, None], norm.bias - gain * norm.running_mean]


class Players:
    """Sounds with their names, side by side; as the value of a cell it shows a player for each."""

    def __init__(self, waves: Mapping[str, Tensor], rate: int):
        self.waves, self.rate = dict(waves), rate

    def _repr_html_(self) -> str:
        cells = []
        for name, wave in self.waves.items():
            data = base64.b64encode(wav_bytes(wave, self.rate)).decode()
            word = escape(name, quote=True)
            cells.append(f'<figure style="margin:0 14px 8px 0"><figcaption style="font:13px sans-serif">{word}'
                         f'</figcaption><audio controls preload="auto" style="width:230px;height:34px" '
                         f'aria-label="{word}" src="data:audio/wav;base64,{data}"></audio></figure>')
        return f'<div style="display:flex;flex-wrap:wrap">{"".join(cells)}</div>'


def listen(waves: Mapping[str, Tensor], rate: int = SOUND.rate) -> None:
    """Players for waves (N,), by their names; they are stored with the notebook, so keep them short."""
    if in_notebook():
        from IPython.display import display

        display(Players(waves, rate))


def plot_mels(mels: Mapping[str, Tensor], *, sound: MelSpectrogram = SOUND, alt: str | None = None,
              value_range: tuple[float, float] = (-2.1, 2.1), label: str = "mel band") -> Picture:
    """Spectrograms side by side, (T, bands) each, low frequencies at the bottom; dark is loud."""
    if alt is None:
        alt = "; ".join(f"{name}: {len(mel) * sound.hop / sound.rate:.2f} s" for name, mel in mels.items())
        alt = f"Spectrograms, dark where it is loud. {alt}"
    with in_style():
        figure = new_picture(7.0, 2.3, alt=alt)
        axes = figure.subplots(1, len(mels), squeeze=False, sharey=True)[0]
        for ax, (name, mel) in zip(axes, mels.items(), strict=True):
            ends = (0, len(mel) * sound.hop / sound.rate, -0.5, mel.shape[1] - 0.5)
            ax.imshow(mel.detach().cpu().T.numpy(), origin="lower", aspect="auto", cmap="Greys", extent=ends,
                      vmin=value_range[0], vmax=value_range[1], interpolation="nearest")
            ax.grid(visible=False)
            ax.set_title(name, fontsize=9.5)
            ax.set_xlabel("seconds", fontsize=9)
        axes[0].set_ylabel(label, fontsize=9)
    return figure


def plot_alignments(maps: Mapping[str, tuple[Tensor, str]], *, mels: Mapping[str, Tensor] | None = None,
                    alt: str | None = None) -> Picture:
    """What the attention looked at: for each name the weights (T, N), steps by letters, and the text with N letters.

    Time runs to the right, the text downwards, dark is much weight.

    Args:
        mels: spectrograms (frames, bands) under some of the maps, by the same names.
    """
    alt = alt or ("Maps of attention, letters downwards and steps to the right: " + "; ".join(
        f"{name}: {_walk(weights)}" for name, (weights, _) in maps.items()))
    rows = 2 if mels else 1
    with in_style():
        figure = new_picture(7.0, 2.9 + (1.2 if mels else 0), alt=alt)
        axes = figure.subplots(rows, len(maps), squeeze=False, gridspec_kw={"height_ratios": [2.2, 1][:rows]})
        for k, (name, (weights, text)) in enumerate(maps.items()):
            ax = axes[0, k]
            ax.imshow(weights.detach().cpu().sqrt().T.numpy(), aspect="auto", cmap="Blues", vmin=0, vmax=1,
                      interpolation="nearest")
            ax.set_yticks(range(len(text)), visible(text), fontsize=6.5, family="DejaVu Sans Mono")
            ax.set_title(name, fontsize=9.5)
            ax.grid(visible=False)
            if not mels or name not in mels:
                ax.set_xlabel("step", fontsize=9)
                continue
            axes[1, k].imshow(mels[name].detach().cpu().T.numpy(), origin="lower", aspect="auto", cmap="Greys",
                              vmin=-2.1, vmax=2.1, interpolation="nearest")
            axes[1, k].grid(visible=False)
            axes[1, k].set_xlabel("frame", fontsize=9)
            axes[1, k].set_ylabel("mel band", fontsize=9)
    return figure


def _walk(weights: Tensor) -> str:
    places = weights.argmax(1)
    back = int((places.diff() < 0).sum())
    return f"from letter {int(places[0]) + 1} to letter {int(places[-1]) + 1} of {weights.shape[1]}, back {back} times"


def voice_of(said, texts: Sequence[str], k: int, model: Tacotron2) -> tuple[Tensor, str]:
    """Weights (T, N) and text of one of a batch that a `Tacotron2` has said, without padding."""
    steps = -(-int(said.lengths[k]) // model.frames_per_step)
    return said.weights[k, :steps, :len(texts[k])], texts[k]
