"""The speech synthesiser eSpeak NG, from the package espeakng-loader: text in, samples out, no audio device.

    wave, rate = say("one two three")

It comes with the extra `speech` (`make` installs it), is a program of its own under the GNU GPL 3, and is called
through ctypes. Two calls with the same text may differ in the last bits, so what it says is kept (see
`genlab.data.speech`), not compared.
"""

import ctypes
import threading
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

SYNCHRONOUS, UTF8, RATE, PITCH = 2, 1, 1, 3  # constants of speak_lib.h
REMEDY = ("espeakng-loader has no build here: `pip install espeakng-loader`, or go on with the tone voice, "
          'spoken_digits(voice="tones")')
_one_at_a_time = threading.Lock()


def available() -> bool:
    """Can `say` speak here?"""
    try:
        _library()
    except (ImportError, OSError):
        return False
    return True


@lru_cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The library, initialised, and its samples per second."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0:
        raise OSError("eSpeak NG found none of its data")
    return library, rate


def say(text: str, *, voice: str = "en-us", speed: int = 175, pitch: int = 50) -> tuple[Tensor, int]:
    """Samples of the spoken text, (N,) in [-1, 1], and how many there are a second.

    Args:
        voice: such as "en-us", or "en-us+f3" for another speaker.
        speed: words a minute, 80 to 450.
        pitch: 0 to 99.

    Raises:
        ImportError: there is no eSpeak NG here; the message says what to do.
        ValueError: no such voice.
    """
    try:
        library, rate = _library()
    except (ImportError, OSError) as error:
        raise ImportError(f"{REMEDY} ({error})") from error
    parts: list[np.ndarray] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def keep(samples, count, _events):
        if samples and count > 0:
            parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    with _one_at_a_time:  # the library has one state
        library.espeak_SetSynthCallback(keep)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"eSpeak NG knows no voice {voice!r}: try 'en-us' or 'en-us+f3'")
        library.espeak_SetParameter(RATE, speed, 0)
        library.espeak_SetParameter(PITCH, pitch, 0)
        content = text.encode()
        library.espeak_Synth(content, ctypes.c_size_t(len(content) + 1), 0, 0, 0, UTF8, None, None)
        library.espeak_Synchronize()
    whole = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    return torch.from_numpy(whole.astype(np.float32) / 32768), rate
