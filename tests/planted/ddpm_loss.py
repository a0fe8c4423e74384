"""Planted answers to ddpm-loss, by another author than the check's."""

import torch
import torch.nn.functional as F


def _parts(x_0, alpha_bar, t, noise):
    a = alpha_bar[t].reshape([-1] + [1] * (x_0.dim() - 1))
    return a.sqrt() * x_0 + (1 - a).sqrt() * noise, a.sqrt() * noise - (1 - a).sqrt() * x_0


def target_is_the_image(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), v if kind == "v" else x_0)


def sum_of_squares(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), v if kind == "v" else e, reduction="sum")


def no_reduction(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), v if kind == "v" else e, reduction="none").flatten(1).mean(1)


def l1(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.l1_loss(network(x_t, t), v if kind == "v" else e)


def papers_times(network, x_0, alpha_bar, kind):
    t, e = torch.randint(1, len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), v if kind == "v" else e)


def single_time(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (1,)).repeat(len(x_0)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), v if kind == "v" else e)


def rand_for_randn(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.rand_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), v if kind == "v" else e)


def new_noise_for_the_target(network, x_0, alpha_bar, kind):
    t = torch.randint(len(alpha_bar), (len(x_0),))
    x_t, _ = _parts(x_0, alpha_bar, t, torch.randn_like(x_0))
    e = torch.randn_like(x_0)
    return F.mse_loss(network(x_t, t), _parts(x_0, alpha_bar, t, e)[1] if kind == "v" else e)


def kind_ignored(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    return F.mse_loss(network(_parts(x_0, alpha_bar, t, e)[0], t), e)


def minus_v(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return F.mse_loss(network(x_t, t), -v if kind == "v" else e)


def as_a_number(network, x_0, alpha_bar, kind):
    t, e = torch.randint(len(alpha_bar), (len(x_0),)), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return torch.tensor(F.mse_loss(network(x_t, t), v if kind == "v" else e).item())


def by_rows(network, x_0, alpha_bar, kind):
    t = torch.tensor([int(torch.randint(0, len(alpha_bar), ())) for _ in x_0])
    e = torch.stack([torch.randn(x.shape, dtype=x.dtype) for x in x_0])
    x_t, v = _parts(x_0, alpha_bar, t, e)
    miss = (network(x_t, t) - (v if kind == "v" else e)).flatten(1)
    return sum(row.pow(2).mean() for row in miss) / len(miss)


def by_norm(network, x_0, alpha_bar, kind):
    t, e = torch.randint(0, alpha_bar.numel(), x_0.shape[:1]), torch.randn_like(x_0)
    x_t, v = _parts(x_0, alpha_bar, t, e)
    return torch.linalg.vector_norm(network(x_t, t) - (v if kind == "v" else e)) ** 2 / x_0.numel()


wrong = [
    (target_is_the_image, "predicts_the_data"), (sum_of_squares, "summed"), (no_reduction, "one_for_each_row"), (l1,
                                                                                                                 "absolute"),
    (papers_times, "first_time_never"), (single_time, "one_time_for_all"), (rand_for_randn, "uniform_noise"),
    (new_noise_for_the_target, "noise_drawn_again"), (kind_ignored, "always_noise"), (minus_v, "v_of_other_sign"),
    (as_a_number, "detached"),
]
right = [by_rows, by_norm]
