"""Planted answers to vae-iwae, by another author than the check's."""

import math

import torch
from torch.distributions import Independent, Normal


def _log_normal(z, mu, logvar):
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp()).sum(-1)


def _prior(z):
    return _log_normal(z, torch.zeros_like(z), torch.zeros_like(z))


def _draws(x, k, encode):
    """x, mu, logvar and z, k times in a row for each image: (B·k, …)."""
    mu, logvar = encode(x)
    mu, logvar = mu.repeat_interleave(k, 0), logvar.repeat_interleave(k, 0)
    return x.repeat_interleave(k, 0), mu, logvar, mu + (logvar / 2).exp() * torch.randn_like(mu)


def _log_w(x, k, encode, log_likelihood):
    """(B, k)."""
    rows, mu, logvar, z = _draws(x, k, encode)
    return (log_likelihood(rows, z) + _prior(z) - _log_normal(z, mu, logvar)).reshape(len(x), k)


def mean_of_logs(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).mean(1)


def forgets_log_k(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).logsumexp(1)


def adds_log_k(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).logsumexp(1) + math.log(k)


def divides_by_k(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).logsumexp(1) / k


def overflows(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).exp().mean(1).log()


def shared_maximum(x, k, encode, log_likelihood):
    """One maximum for the batch taken out: the other images underflow."""
    log_w = _log_w(x, k, encode, log_likelihood)
    top = log_w.max()
    return top + (log_w - top).exp().mean(1).log()


def epsilon_in_logarithm(x, k, encode, log_likelihood):
    return torch.log(_log_w(x, k, encode, log_likelihood).exp().mean(1) + 1e-10)


def largest_weight(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).amax(1)


def self_normalised(x, k, encode, log_likelihood):
    """Σ w̃ log w, with normalised weights."""
    log_w = _log_w(x, k, encode, log_likelihood)
    return (log_w.softmax(1) * log_w).sum(1)


def no_prior(x, k, encode, log_likelihood):
    rows, mu, logvar, z = _draws(x, k, encode)
    log_w = log_likelihood(rows, z) - _log_normal(z, mu, logvar)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def no_q(x, k, encode, log_likelihood):
    rows, _, _, z = _draws(x, k, encode)
    return (log_likelihood(rows, z) + _prior(z)).view(-1, k).logsumexp(1) - math.log(k)


def likelihood_alone(x, k, encode, log_likelihood):
    rows, _, _, z = _draws(x, k, encode)
    return log_likelihood(rows, z).view(-1, k).logsumexp(1) - math.log(k)


def q_added(x, k, encode, log_likelihood):
    rows, mu, logvar, z = _draws(x, k, encode)
    log_w = log_likelihood(rows, z) + _prior(z) + _log_normal(z, mu, logvar)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def prior_subtracted(x, k, encode, log_likelihood):
    """The ratio q/p for p/q."""
    rows, mu, logvar, z = _draws(x, k, encode)
    log_w = log_likelihood(rows, z) + _log_normal(z, mu, logvar) - _prior(z)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def kl_in_closed_form(x, k, encode, log_likelihood):
    """log of the mean likelihood, less the KL."""
    rows, mu, logvar, z = _draws(x, k, encode)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return (log_likelihood(rows, z) - kl).view(-1, k).logsumexp(1) - math.log(k)


def elbo_again(x, k, encode, log_likelihood):
    """Mean likelihood less the KL: the plain ELBO with k draws."""
    rows, _, _, z = _draws(x, k, encode)
    mu, logvar = encode(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return log_likelihood(rows, z).view(-1, k).mean(1) - kl


def wrong_view(x, k, encode, log_likelihood):
    """(k, B) read from rows in the order (B, k)."""
    return _log_w(x, k, encode, log_likelihood).reshape(k, -1).logsumexp(0) - math.log(k)


def mixed_order(x, k, encode, log_likelihood):
    """z by repeat_interleave, x by repeat: other images' codes."""
    _, mu, logvar, z = _draws(x, k, encode)
    log_w = log_likelihood(x.repeat(k, 1), z) + _prior(z) - _log_normal(z, mu, logvar)
    return log_w.view(len(x), k).logsumexp(1) - math.log(k)


def mean_over_batch(x, k, encode, log_likelihood):
    return (_log_w(x, k, encode, log_likelihood).logsumexp(1) - math.log(k)).mean()


def logsumexp_over_images(x, k, encode, log_likelihood):
    return _log_w(x, k, encode, log_likelihood).logsumexp(0) - math.log(len(x))


def one_draw_repeated(x, k, encode, log_likelihood):
    mu, logvar = encode(x)
    z = (mu + (logvar / 2).exp() * torch.randn_like(mu)).repeat_interleave(k, 0)
    mu, logvar = mu.repeat_interleave(k, 0), logvar.repeat_interleave(k, 0)
    log_w = log_likelihood(x.repeat_interleave(k, 0), z) + _prior(z) - _log_normal(z, mu, logvar)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def one_draw(x, k, encode, log_likelihood):
    """k is not used."""
    return _log_w(x, 1, encode, log_likelihood)[:, 0]


def one_too_few(x, k, encode, log_likelihood):
    m = max(k - 1, 1)
    return _log_w(x, m, encode, log_likelihood).logsumexp(1) - math.log(m)


def from_the_prior(x, k, encode, log_likelihood):
    """z ~ p(z), weights p(x|z): right on average, and no bound with q."""
    rows, mu, _, _ = _draws(x, k, encode)
    return log_likelihood(rows, torch.randn_like(mu)).view(-1, k).logsumexp(1) - math.log(k)


def at_the_mean(x, k, encode, log_likelihood):
    rows, mu, logvar, _ = _draws(x, k, encode)
    log_w = log_likelihood(rows, mu) + _prior(mu) - _log_normal(mu, mu, logvar)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def shared_noise(x, k, encode, log_likelihood):
    """The same k noises for all images."""
    mu, logvar = encode(x)
    z = mu + (logvar / 2).exp() * torch.randn(k, 1, mu.shape[1], dtype=mu.dtype)
    flat = z.reshape(-1, mu.shape[1])
    log_w = log_likelihood(x.repeat(k, 1), flat).view(k, -1) + _prior(z) - _log_normal(z, mu, logvar)
    return log_w.logsumexp(0) - math.log(k)


def seeded(x, k, encode, log_likelihood):
    torch.manual_seed(1)
    return _log_w(x, k, encode, log_likelihood).logsumexp(1) - math.log(k)


def variance_as_deviation(x, k, encode, log_likelihood):
    """Normal(mu, exp(logvar)) throughout."""
    mu, logvar = (p.repeat_interleave(k, 0) for p in encode(x))
    q = Independent(Normal(mu, logvar.exp()), 1)
    z = q.rsample()
    log_w = log_likelihood(x.repeat_interleave(k, 0), z) + _prior(z) - q.log_prob(z)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def deviation_in_density_only(x, k, encode, log_likelihood):
    """Drawn with σ, weighed with σ²."""
    rows, mu, logvar, z = _draws(x, k, encode)
    log_w = log_likelihood(rows, z) + _prior(z) - Normal(mu, logvar.exp()).log_prob(z).sum(1)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def not_summed_over_latents(x, k, encode, log_likelihood):
    """Mean over latent dimensions of the log densities."""
    rows, mu, logvar, z = _draws(x, k, encode)
    K = z.shape[1]
    log_w = log_likelihood(rows, z) + (_prior(z) - _log_normal(z, mu, logvar)) / K
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def normaliser_of_q_lost(x, k, encode, log_likelihood):
    """-½ log σ² is missing in log q."""
    rows, mu, logvar, z = _draws(x, k, encode)
    log_q = -0.5 * (math.log(2 * math.pi) + (z - mu) ** 2 / logvar.exp()).sum(1)
    return (log_likelihood(rows, z) + _prior(z) - log_q).view(-1, k).logsumexp(1) - math.log(k)


def prior_without_constant(x, k, encode, log_likelihood):
    rows, mu, logvar, z = _draws(x, k, encode)
    log_w = log_likelihood(rows, z) - 0.5 * (z**2).sum(1) - _log_normal(z, mu, logvar)
    return log_w.view(-1, k).logsumexp(1) - math.log(k)


def negative(x, k, encode, log_likelihood):
    return math.log(k) - _log_w(x, k, encode, log_likelihood).logsumexp(1)


def three_axes(x, k, encode, log_likelihood):
    """log_likelihood is called with (k, B, …)."""
    mu, logvar = encode(x)
    z = mu + (logvar / 2).exp() * torch.randn(k, *mu.shape, dtype=mu.dtype)
    log_w = log_likelihood(x.expand(k, -1, -1), z) + _prior(z) - _log_normal(z, mu, logvar)
    return log_w.logsumexp(0) - math.log(k)


def in_a_loop(x, k, encode, log_likelihood):
    mu, logvar = encode(x)
    q, p = Normal(mu, (0.5 * logvar).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    log_ws = []
    for _ in range(k):
        z = q.rsample()
        log_ws.append(log_likelihood(x, z) + p.log_prob(z).sum(-1) - q.log_prob(z).sum(-1))
    return torch.stack(log_ws, dim=1).logsumexp(dim=1) - math.log(k)


def image_by_image(x, k, encode, log_likelihood):
    out = []
    for row in x:
        mu, logvar = (p.expand(k, -1) for p in encode(row[None]))
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        log_w = log_likelihood(row.expand(k, -1), z) + _prior(z) - _log_normal(z, mu, logvar)
        top = log_w.max()
        out.append(top + (log_w - top).exp().mean().log())
    return torch.stack(out)


def running(x, k, encode, log_likelihood):
    """logaddexp, one draw after another."""
    mu, logvar = encode(x)
    total = torch.full((len(x),), -math.inf, dtype=mu.dtype)
    for _ in range(k):
        eps = torch.randn_like(mu)
        z = mu + eps * (logvar / 2).exp()
        ratio = 0.5 * (eps**2 + logvar - z**2).sum(1)  # log p(z) - log q(z|x): the constants cancel
        total = torch.logaddexp(total, log_likelihood(x, z) + ratio)
    return total - math.log(k)


def tiled(x, k, encode, log_likelihood):
    B = len(x)
    mu, logvar = encode(x.repeat(k, 1))
    q = Independent(Normal(mu, torch.exp(logvar).sqrt()), 1)
    z = q.sample()
    p = Independent(Normal(torch.zeros_like(z), 1.0), 1)
    log_w = (log_likelihood(x.repeat(k, 1), z) + p.log_prob(z) - q.log_prob(z)).view(k, B)
    return (log_w - math.log(k)).logsumexp(0)


def in_float32(x, k, encode, log_likelihood):
    """Draws and densities in float32; encoder and decoder keep their dtype."""
    mu, logvar = (p.float() for p in encode(x))
    log_ws = []
    for _ in range(k):
        z = mu + (logvar / 2).exp() * torch.randn_like(mu)
        like = log_likelihood(x, z.to(x.dtype)).float()
        log_ws.append(like + _prior(z) - _log_normal(z, mu, logvar))
    return torch.stack(log_ws).logsumexp(0) - math.log(k)


wrong = [
    (mean_of_logs, "mean_of_logs"),
    (forgets_log_k, "no_log_k"),
    (adds_log_k, "log_k_added"),
    (divides_by_k, "divided_by_k"),
    (overflows, "naive_exponential"),
    (shared_maximum, "shared_maximum"),
    (epsilon_in_logarithm, "naive_exponential"),
    (largest_weight, "largest_weight"),
    (self_normalised, "self_normalised"),
    (no_prior, "no_prior"),
    (no_q, "no_q"),
    (likelihood_alone, "likelihood_alone"),
    (q_added, "q_added"),
    (prior_subtracted, "ratio_upside_down"),
    (kl_in_closed_form, "kl_in_closed_form"),
    (elbo_again, "elbo"),
    (wrong_view, "wrong_view"),
    (mixed_order, "rows_mispaired"),
    (mean_over_batch, "batch_mean"),
    (logsumexp_over_images, "over_the_batch"),
    (one_draw_repeated, "same_z"),
    (one_draw, "one_draw"),
    (one_too_few, "The bound of each image: the logarithm of the mean of its k weights "
                  "p(x|z) p(z) / q(z|x)."),
    (from_the_prior, "prior_draws"),
    (at_the_mean, "means_for_draws"),
    (shared_noise, "shared_noise"),
    (seeded, "fixed_seed"),
    (variance_as_deviation, "variance_everywhere"),
    (deviation_in_density_only, "variance_in_density"),
    (not_summed_over_latents, "mean_over_latents"),
    (normaliser_of_q_lost, "q_without_log_sigma"),
    (prior_without_constant, "prior_without_constant"),
    (negative, "negative"),
    (three_axes, "images_not_repeated"),
]
right = [in_a_loop, image_by_image, running, tiled, in_float32]


def _weights(x, k, encode, log_likelihood, noise=None, cut=None):
    mu, logvar = encode(x)
    if cut is not None:
        logvar = logvar.clamp(-cut, cut)
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample((k,)) if noise is None else mu + torch.exp(logvar / 2) * noise(k, mu)
    like = log_likelihood(x.repeat(k, 1), z.flatten(0, 1)).view(k, -1)
    prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu)).log_prob(z).sum(2)
    return like + prior - q.log_prob(z).sum(2)


def logvar_cut_at_10(x, k, encode, log_likelihood):
    return _weights(x, k, encode, log_likelihood, cut=10).logsumexp(0) - math.log(k)


def logvar_cut_at_5(x, k, encode, log_likelihood):
    return _weights(x, k, encode, log_likelihood, cut=5).logsumexp(0) - math.log(k)


def weights_cut(x, k, encode, log_likelihood):
    return _weights(x, k, encode, log_likelihood).clamp(-700, 700).logsumexp(0) - math.log(k)


def largest_of_the_batch_taken_out(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    return (w - w.max()).exp().mean(0).log() + w.max()


def trifle_in_the_logarithm(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    top = w.amax(0)
    return torch.log((w - top).exp().mean(0) + 1e-3) + top


def weights_truncated(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    level = w.logsumexp(0) - math.log(k) + math.log(k) / 2
    return torch.minimum(w, level).logsumexp(0) - math.log(k)


def bias_corrected(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    bound = w.logsumexp(0) - math.log(k)
    relative = (w - bound).exp()
    return bound + relative.var(0, correction=0) / (2 * k)


def median_weight(x, k, encode, log_likelihood):
    return _weights(x, k, encode, log_likelihood).median(0).values


def bound_of_one_by_the_formula(x, k, encode, log_likelihood):
    if k > 1:
        return _weights(x, k, encode, log_likelihood).logsumexp(0) - math.log(k)
    mu, logvar = encode(x)
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return log_likelihood(x, z) - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def mean_among_the_draws(x, k, encode, log_likelihood):
    def noise(k, mu):
        eps = torch.randn(k, *mu.shape, dtype=mu.dtype)
        eps[0] = 0
        return eps

    return _weights(x, k, encode, log_likelihood, noise).logsumexp(0) - math.log(k)


def mirrored_pairs(x, k, encode, log_likelihood):
    def noise(k, mu):
        eps = torch.randn(k // 2 + 1, *mu.shape, dtype=mu.dtype)
        return torch.cat([eps, -eps])[:k]

    return _weights(x, k, encode, log_likelihood, noise).logsumexp(0) - math.log(k)


def evenly_spread(x, k, encode, log_likelihood):
    def noise(k, mu):
        u = (torch.rand(k, *mu.shape, dtype=mu.dtype).argsort(0) + torch.rand(k, *mu.shape, dtype=mu.dtype)) / k
        return torch.special.ndtri(u)

    return _weights(x, k, encode, log_likelihood, noise).logsumexp(0) - math.log(k)


def tempered(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    return 2 * ((w / 2).logsumexp(0) - math.log(k))


def batch_pooled(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    return (w.flatten().logsumexp(0) - math.log(w.numel())).expand(len(x))


def seed_of_k(x, k, encode, log_likelihood):
    torch.manual_seed(k)
    return _weights(x, k, encode, log_likelihood).logsumexp(0) - math.log(k)


def images_centred_in_place(x, k, encode, log_likelihood):
    bound = _weights(x, k, encode, log_likelihood).logsumexp(0) - math.log(k)
    x -= x.mean(0)
    return bound


def half_drawn_twice(x, k, encode, log_likelihood):
    def noise(k, mu):
        eps = torch.randn(k // 2 + 1, *mu.shape, dtype=mu.dtype)
        return torch.cat([eps, eps])[:k]

    return _weights(x, k, encode, log_likelihood, noise).logsumexp(0) - math.log(k)


def in_chunks(x, k, encode, log_likelihood):
    parts = [_weights(x, min(9, k - i), encode, log_likelihood) for i in range(0, k, 9)]
    return torch.cat(parts).logsumexp(0) - math.log(k)


def one_after_another(x, k, encode, log_likelihood):
    total = torch.full_like(x[:, 0], -math.inf)
    for _ in range(k):
        total = torch.logaddexp(total, _weights(x, 1, encode, log_likelihood)[0])
    return total - math.log(k)


@torch.no_grad()
def without_a_graph(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood, lambda k, mu: torch.randn(k, *mu.shape, dtype=mu.dtype))
    top = w.amax(0, keepdim=True)
    return (w - top).exp().mean(0).log() + top[0]


def by_softmax(x, k, encode, log_likelihood):
    w = _weights(x, k, encode, log_likelihood)
    return (w - w.log_softmax(0)).mean(0) - math.log(k)


SAYS_1 = ("Where log σ² of q is near 13 or -13 as well: it is used as it is, and so is every weight.")
SAYS_3 = ("Where q is the exact posterior, every weight is p(x), and the bound is log p(x) for any k.")
SAYS_4 = ("The bound of each image: the logarithm of the mean of its k weights p(x|z) p(z) / q(z|x).")
SAYS_5 = ("With k = 1 the bound is log p(x|z) + log p(z) - log q(z|x) at one draw.")
SAYS_6 = ("The z's that `log_likelihood` sees are k independent draws from q(z|x) for each image.")
SAYS_7 = ("`iwae_bound` changes its argument `x` in place: work on a copy. The bound of each image: the "
          "logarithm of the mean of its k weights p(x|z) p(z) / q(z|x).")

wrong += [
    (logvar_cut_at_10, SAYS_1), (logvar_cut_at_5, SAYS_1), (weights_cut, SAYS_1), (largest_of_the_batch_taken_out,
    "shared_maximum"), (trifle_in_the_logarithm, SAYS_3), (weights_truncated, SAYS_4), (bias_corrected, SAYS_4),
    (median_weight, SAYS_4), (bound_of_one_by_the_formula, SAYS_5), (mean_among_the_draws, SAYS_6),
    (mirrored_pairs, SAYS_6),
    (evenly_spread, SAYS_6), (tempered, SAYS_4), (batch_pooled, SAYS_3), (seed_of_k, "fixed_seed"),
    (images_centred_in_place, SAYS_7), (half_drawn_twice, SAYS_6),
]
right += [in_chunks, one_after_another, without_a_graph, by_softmax]
