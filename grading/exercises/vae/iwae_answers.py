"""Answers to vae-iwae: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from grading.checks.exercise import Mistake
from grading.exercises.vae._iwae_slips import OVERFLOW, SLIPS, _bound, _normal
from grading.exercises.vae.iwae import reference


def _answer(name, formula, draw=None):
    """An iwae_bound with this formula, and draws z from μ, σ and k."""

    def answer(x, k, encode, log_likelihood):
        mu, logvar = encode(x)
        sigma = torch.exp(logvar / 2)
        z = draw(mu, sigma, k) if draw else mu + sigma * torch.randn(k, *mu.shape, dtype=mu.dtype)
        like = log_likelihood(x.repeat(k, 1), z.flatten(0, 1)).view(k, -1)
        zero = torch.zeros_like(z)
        return formula(z, mu, sigma, like, _normal(z, zero, zero + 1), _normal(z, mu, sigma))

    answer.__name__ = name
    return answer


def _right(z, mu, sigma, like, prior, q):
    return _bound(like + prior - q)


def _randn(mu, k):
    return torch.randn(k, *mu.shape, dtype=mu.dtype)


naive_exponential = _answer("naive_exponential", lambda *a: (a[3] + a[4] - a[5]).exp().mean(0).log())


shared_maximum = _answer("shared_maximum", lambda *a: (
    (a[3] + a[4] - a[5] - (a[3] + a[4] - a[5]).max()).exp().mean(0).log() + (a[3] + a[4] - a[5]).max()))


batch_mean = _answer("batch_mean", lambda *a: _right(*a).mean())


over_the_batch = _answer("over_the_batch", lambda *a: (a[3] + a[4] - a[5]).logsumexp(1) - math.log(a[3].shape[1]))


same_z = _answer("same_z", _right, lambda mu, sigma, k: (mu + sigma * torch.randn_like(mu)).expand(k, -1, -1))


means_for_draws = _answer("means_for_draws", _right, lambda mu, sigma, k: mu.expand(k, -1, -1))


shared_noise = _answer("shared_noise", _right, lambda mu, sigma, k: mu + sigma * _randn(mu, k)[:, :1])


prior_draws = _answer("prior_draws", _right, lambda mu, sigma, k: _randn(mu, k))


prior_alone = _answer("prior_alone", SLIPS["likelihood_alone"][0], lambda mu, sigma, k: _randn(mu, k))


unit_draws = _answer("unit_draws", _right, lambda mu, sigma, k: mu + _randn(mu, k))


variance_draws = _answer("variance_draws", _right, lambda mu, sigma, k: mu + sigma**2 * _randn(mu, k))


uniform_draws = _answer("uniform_draws", _right, lambda mu, sigma, k: (
    mu + sigma * math.sqrt(12) * (torch.rand(k, *mu.shape, dtype=mu.dtype) - 0.5)))


variance_everywhere = _answer(
    "variance_everywhere", SLIPS["variance_in_density"][0],
    lambda mu, sigma, k: mu + sigma**2 * _randn(mu, k))


def fixed_seed(x, k, encode, log_likelihood):
    torch.manual_seed(0)
    return reference(x, k, encode, log_likelihood)


def one_draw(x, k, encode, log_likelihood):
    return reference(x, 1, encode, log_likelihood)


def rows_mispaired(x, k, encode, log_likelihood):
    mu, logvar = encode(x)
    z = mu[:, None] + torch.exp(logvar / 2)[:, None] * torch.randn(len(x), k, mu.shape[1], dtype=mu.dtype)
    like = log_likelihood(x.repeat(k, 1), z.flatten(0, 1)).view(len(x), k)
    prior, q = Normal(0, 1).log_prob(z).sum(-1), Normal(mu, torch.exp(logvar / 2)).log_prob(z.transpose(0, 1)).sum(-1)
    return (like + prior - q.T).logsumexp(1) - math.log(k)


def images_not_repeated(x, k, encode, log_likelihood):
    mu, logvar = encode(x)
    z = mu + torch.exp(logvar / 2) * torch.randn(k, *mu.shape, dtype=mu.dtype)
    return log_likelihood(x, z).logsumexp(0) - math.log(k)


# Also right


def draw_by_draw(x, k, encode, log_likelihood):
    mu, logvar = encode(x)
    q, prior = Normal(mu, logvar.exp().sqrt()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    total = None
    for _ in range(k):
        z = q.rsample()
        weight = log_likelihood(x, z) + (prior.log_prob(z) - q.log_prob(z)).sum(1)
        total = weight if total is None else torch.logaddexp(total, weight)
    return total - math.log(k)


def image_by_image(x, k, encode, log_likelihood):
    bounds = []
    for image in x.flip(0):
        mu, logvar = encode(image[None])
        eps = torch.randn(k, mu.shape[1])
        z = mu - eps * torch.exp(logvar / 2)
        # log 2π is in both densities, and cancels
        weight = log_likelihood(image.expand(k, -1), z) + 0.5 * (eps**2 + logvar - z**2).sum(1)
        top = weight.max()
        bounds.append(top + torch.exp(weight - top).mean().log())
    return torch.stack(bounds[::-1])


@torch.no_grad()
def each_image_k_times(x, k, encode, log_likelihood):
    mu, logvar = (part.repeat_interleave(k, 0) for part in encode(x))
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    z = q.sample()
    prior = MultivariateNormal(torch.zeros_like(z[0]), torch.eye(z.shape[1], dtype=z.dtype))
    weight = log_likelihood(x.repeat_interleave(k, 0), z) + prior.log_prob(z) - q.log_prob(z)
    return weight.reshape(len(x), k).log_softmax(1).neg()[:, 0] + weight[::k] - math.log(k)


mistakes = [
    Mistake(variance_everywhere, "The standard deviation of q is exp(logvar / 2); you use exp(logvar)."),
    *(Mistake(_answer(name, formula), says) for name, (formula, says) in SLIPS.items()),
    Mistake(naive_exponential, OVERFLOW),
    Mistake(shared_maximum, "You subtract one maximum for the whole batch, so that other images underflow: every "
            "image needs its own (logsumexp does that)."),
    Mistake(batch_mean, "You average over the batch: one number for each image is asked for."),
    Mistake(over_the_batch, "You take the logsumexp over the images: take it over the k draws."),
    Mistake(same_z, "All k draws of an image are the same z: then k changes nothing. Draw k times."),
    Mistake(means_for_draws, "You use μ in place of draws from q(z|x)."),
    Mistake(shared_noise, "All images share the same noise: draw for each image."),
    Mistake(prior_draws, "Your z's come from the prior: the bound draws them from q(z|x)."),
    Mistake(prior_alone, "Your z's come from the prior: the bound draws them from q(z|x)."),
    Mistake(unit_draws, "Your draws have standard deviation 1 around μ: multiply the noise by σ."),
    Mistake(variance_draws, "Your draws have standard deviation σ²: multiply the noise by exp(logvar / 2)."),
    Mistake(uniform_draws, "The noise of your draws is uniform: q is normal."),
    Mistake(fixed_seed, "Every call draws the same noise: do not set a seed inside the function."),
    Mistake(one_draw, "You draw a single z for each image, whatever k is: k draws are asked for."),
    Mistake(rows_mispaired, "Images and z's are paired wrongly: x.repeat(k, 1) goes round the batch k times, "
            "x.repeat_interleave(k, 0) gives each image k times in a row; the z's must come in the same order."),
    Mistake(images_not_repeated, "`log_likelihood` takes paired rows, x (N, D) and z (N, K), no third axis: "
            "repeat the images to match the z's, or call it once for each draw."),
]

also_right = [draw_by_draw, image_by_image, each_image_k_times]

equivalent_mutants = {
    "z = mu + torch.exp(logvar / 2) * noise: mu + torch.exp(logvar / 2) * noise → "
    "mu - torch.exp(logvar / 2) * noise": "the normal law is symmetric",
    "return torch.logsumexp(log_w.view(-1, k), 1) - math.log(k): 1 → -1": "the last axis of a matrix is its axis 1",
    "log_prior, log_q = -(z**2).sum(1) / 2, -(noise**2 + logvar).sum(1) / 2  # the constant cancels: 1 → -1":
        "the last axis of a matrix is its axis 1",
}
