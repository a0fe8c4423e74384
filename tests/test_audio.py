"""Spectrograms against sums written out, tones whose bands are known, and phases that come back."""

import io
import math
import wave as wave_files
from itertools import pairwise

import pytest
import torch

from genlab.audio import MelSpectrogram, griffin_lim, hz_to_mel, mel_filters, mel_to_hz, resample, wav_bytes

RATE, N_FFT, HOP = 11025, 512, 128


def tone(hz, seconds=0.5, rate=RATE):
    return 0.5 * torch.sin(2 * math.pi * hz * torch.arange(round(seconds * rate)) / rate)


def test_the_scale_and_its_inverse():
    f = torch.tensor([0.0, 700.0, 1000.0, 5512.5], dtype=torch.float64)
    assert torch.allclose(mel_to_hz(hz_to_mel(f)), f, atol=1e-9)
    assert float(hz_to_mel(700.0)) == pytest.approx(2595 * math.log10(2)) and abs(float(hz_to_mel(1000.0)) - 1000) < 0.1


@pytest.mark.parametrize("rate, n_fft, bands, low, high", [(11025, 512, 48, 0, None), (22050, 1024, 80, 125, 7600),
                                                           (8000, 301, 5, 50, 3000)])
def test_filters_are_triangles_of_area_one(rate, n_fft, bands, low, high):
    filters = mel_filters(rate, n_fft, bands, low, high)
    assert filters.shape == (bands, n_fft // 2 + 1) and filters.min() == 0
    ends = [float(hz_to_mel(f)) for f in (low, high or rate / 2)]
    for b, row in enumerate(filters):
        step = (ends[1] - ends[0]) / (bands + 1)
        left, middle, right = (float(mel_to_hz(ends[0] + (b + k) * step)) for k in range(3))
        for k, value in enumerate(row.tolist()):
            f = k * rate / n_fft
            rising = (f - left) / (middle - left) if f <= middle else (right - f) / (right - middle)
            assert value == pytest.approx(max(0.0, rising) * 2 / (right - left), abs=1e-12)
    fine = mel_filters(rate, 64 * n_fft, bands, low, high)  # an integral over Hz
    assert torch.allclose(fine.sum(1) * rate / (64 * n_fft), torch.ones(bands, dtype=torch.float64), atol=2e-3)


def test_filters_refuse_impossible_ends():
    for low, high in ((-1, 100), (100, 100), (0, 6000)):
        with pytest.raises(ValueError, match="half the rate"):
            mel_filters(RATE, N_FFT, 10, low, high)


@pytest.mark.parametrize("hz", [220, 1000, 3500])
def test_a_tone_is_loudest_in_its_own_band(hz):
    sound = MelSpectrogram(RATE, N_FFT, HOP, 48)
    mel = sound(tone(hz))
    assert mel.shape == (round(0.5 * RATE) // HOP + 1, 48)
    corners = mel_to_hz(torch.linspace(0, float(hz_to_mel(RATE / 2)), 50, dtype=torch.float64))
    band = int(mel[10].argmax())
    assert corners[band] <= hz <= corners[band + 2]


def test_the_magnitude_is_that_of_a_sum_written_out():
    sound = MelSpectrogram(RATE, 64, 16, 8)
    x = torch.randn(200, generator=torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(x[None, None], (32, 32), mode="reflect")[0, 0]
    n = torch.arange(64)
    window = 0.5 - 0.5 * torch.cos(2 * math.pi * n / 64)
    for t in (0, 3, 12):
        for f in (0, 5, 32):
            total = (window * padded[16 * t:16 * t + 64] * torch.exp(-2j * math.pi * f * n / 64)).sum()
            assert sound.magnitude(x)[f, t] == pytest.approx(float(total.abs()), abs=1e-3)


def test_louder_is_a_constant_more_and_silence_is_the_floor():
    sound = MelSpectrogram(floor=1e-4, centre=-5.0, spread=2.0)
    x = tone(440)
    twice = (sound(2 * x) - sound(x))[5:-5]
    assert torch.allclose(twice[:, 5:12], torch.full_like(twice[:, 5:12], math.log(2) / 2), atol=1e-3)
    assert torch.allclose(sound(torch.zeros(2000)), torch.full((16, 48), (math.log(1e-4) + 5) / 2))


def test_batches_are_spectrograms_side_by_side():
    sound, x = MelSpectrogram(bands=20), torch.randn(2, 3, 1500, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(sound(x)[1, 2], sound(x[1, 2]), atol=1e-5) and sound(x).shape == (2, 3, 12, 20)


def contradiction(wave, magnitude):
    spectrum = torch.stft(wave, N_FFT, HOP, window=torch.hann_window(N_FFT, dtype=wave.dtype), return_complex=True)
    return float((spectrum.abs() - magnitude).norm() / magnitude.norm())


def test_griffin_and_lim_contradict_themselves_ever_less():
    x = sum(tone(hz) for hz in (200, 450, 1900)).double() * torch.linspace(0, 1, 5512)
    magnitude = MelSpectrogram().magnitude(x)
    errors = [contradiction(griffin_lim(magnitude, n_fft=N_FFT, hop=HOP, rounds=k, momentum=0), magnitude)
              for k in (0, 1, 2, 5, 20)]
    assert all(b < a for a, b in pairwise(errors)) and errors[-1] < 0.5 * errors[0]
    fast = contradiction(griffin_lim(magnitude, n_fft=N_FFT, hop=HOP, rounds=20), magnitude)
    assert fast < errors[-1]


def test_true_phases_are_left_as_they_are():
    x = torch.randn(40 * HOP, generator=torch.Generator().manual_seed(0)).double()
    spectrum = torch.stft(x, N_FFT, HOP, window=torch.hann_window(N_FFT, dtype=x.dtype), return_complex=True)
    for rounds in (0, 3):
        again = griffin_lim(spectrum.abs(), spectrum.angle(), n_fft=N_FFT, hop=HOP, rounds=rounds, momentum=0)
        assert again.shape == x.shape and torch.allclose(again, x, atol=1e-9)


def test_what_is_too_short_for_a_window_is_refused():
    with pytest.raises(ValueError, match="pad the spectrogram"):
        griffin_lim(torch.ones(257, 3), n_fft=N_FFT, hop=HOP, rounds=1)


def test_a_spectrogram_comes_back_as_sound():
    sound = MelSpectrogram(floor=1e-4)
    x = tone(300) + 0.3 * tone(1200)
    before, after = sound(x).exp(), sound(sound.invert(sound(x))).exp()
    assert (after - before)[4:-4].norm() < 0.15 * before[4:-4].norm()


def test_resampling_keeps_tones_and_drops_what_the_slower_rate_cannot_hold():
    low, high = tone(440, 1, 22050), tone(8000, 1, 22050)
    assert (resample(low + high, 22050, RATE) - tone(440, 1))[200:-200].abs().max() < 2e-3
    assert resample(low, RATE, RATE) is low
    assert resample(torch.zeros(2, 22051), 22050, 16000).shape == (2, 16001)


def test_a_wav_file_holds_the_samples():
    x = torch.tensor([0.0, 0.5, -1.0, 1.0])
    with wave_files.open(io.BytesIO(wav_bytes(x, RATE))) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (RATE, 4, 1)
        samples = torch.frombuffer(bytearray(file.readframes(4)), dtype=torch.int16)
    assert samples.tolist() == [0, 16384, -32767, 32767]
    with pytest.raises(ValueError, match="one channel"):
        wav_bytes(x[None], RATE)
    with pytest.raises(ValueError, match="not finite"):
        wav_bytes(x / 0, RATE)
