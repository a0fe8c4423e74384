"""The small `Tacotron2` of lesson 61, untrained, and how its learning rate goes.

genlab.weights.digit_speaker trains it; genlab.pretrained.digit_speaker is the trained one.
"""

import math

from genlab.models.tacotron import Tacotron2

LETTERS, BANDS = 16, 48  # those of genlab.data.speech, which models do not import
SMALL = dict(embedding_dim=48, encoder_dim=64, mels=BANDS, attention_dim=48, decoder_dim=96, prenet_dim=48,
             postnet_dim=40, filters=8, filter_width=15, frames_per_step=3, dropout=0.1, guide=1.0, stop_weight=5.0,
             max_frames=300)


def untrained() -> Tacotron2:
    """The network: 342,337 weights, few enough for a page of the browser."""
    return Tacotron2(1 + LETTERS, **SMALL)


def schedule(progress: float) -> float:
    """A short rise, then half a cosine: LSTMs with attention bear no large steps at the beginning."""
    return min(1.0, 0.02 + 25 * progress) * (0.51 + 0.49 * math.cos(math.pi * progress))
