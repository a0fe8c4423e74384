"""Ways from one latent code to another."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """sin((1 - t)ω)/sin ω a + sin(tω)/sin ω b, with ω the angle between a and b: (..., K) -> (..., K).

    A straight line between two normal draws passes near 0, where hardly any draw lies; the arc
    keeps the norm (Shoemake 1985; White 2016, arXiv:1609.04468). Parallel or zero vectors: the
    straight line. Opposite vectors: one of the equally short arcs.
    """
    a_norm, b_norm = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    a_unit, b_unit = a / a_norm.clamp_min(1e-12), b / b_norm.clamp_min(1e-12)
    # Kahan's form of the angle: acos of the scalar product loses half the digits near 0 and π.
    apart, along = (a_unit - b_unit).norm(dim=-1, keepdim=True), (a_unit + b_unit).norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(apart, along)
    arc = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    aside = F.one_hot(a.abs().argmin(-1), a.shape[-1]).to(a)
    aside = F.normalize(aside - (aside * a_unit).sum(-1, keepdim=True) * a_unit, dim=-1)
    half_turn = (a_norm.lerp(b_norm, t)) * (math.cos(math.pi * t) * a_unit + math.sin(math.pi * t) * aside)
    straight = (angle < 1e-4) | (a_norm == 0) | (b_norm == 0)
    return torch.where(straight, torch.lerp(a, b, t), torch.where(math.pi - angle < 1e-4, half_turn, arc))
