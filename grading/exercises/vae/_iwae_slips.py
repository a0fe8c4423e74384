"""Slips in the formula of vae-iwae: what each would give on the draws that were seen, and its sentence."""

import math


def _bound(weights):
    return weights.logsumexp(0) - math.log(len(weights))


def _normal(z, mu, std):
    return (-0.5 * ((z - mu) / std) ** 2 - std.abs().log() - math.log(2 * math.pi) / 2).sum(-1)


def _kl(mu, sigma):
    return 0.5 * (mu**2 + sigma**2 - 1 - 2 * sigma.log()).sum(-1)


OVERFLOW = ("exp of a log-weight near ±1000 is inf or 0, and a small number inside the logarithm changes tiny weights: "
            "use logsumexp.")
MIXED = ("The weights of different images are mixed: rows in the order of repeat_interleave are seen as (B, k), those "
         "of repeat as (k, B).")

# By name: what it computes from z (k, B, K), μ, σ and the three logarithms (k, B); its sentence.
SLIPS = {
    "mean_of_logs": (
        lambda z, mu, sigma, like, prior, q: (like + prior - q).mean(0),
        "You average the logarithms of the weights: that is the ELBO again. Average the weights, then take the log."),
    "no_log_k": (
        lambda z, mu, sigma, like, prior, q: (like + prior - q).logsumexp(0),
        "You add the weights up but do not divide by k: log k is missing."),
    "log_k_added": (
        lambda z, mu, sigma, like, prior, q: (like + prior - q).logsumexp(0) + math.log(len(z)),
        "log k has the wrong sign: dividing by k subtracts log k."),
    "divided_by_k": (
        lambda z, mu, sigma, like, prior, q: (like + prior - q).logsumexp(0) / len(z),
        "You divide the logarithm by k: the mean of the weights is taken inside, so log k is subtracted."),
    "largest_weight": (
        lambda z, mu, sigma, like, prior, q: (like + prior - q).amax(0),
        "You keep the largest weight only: the bound is the logarithm of the mean of all k."),
    "maximum_not_put_back": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - q) - (like + prior - q).amax(0),
        "You subtract the largest log-weight for stability, but do not add it again."),
    "sum_of_the_logarithms": (
        lambda z, mu, sigma, like, prior, q: (like + prior - q).sum(0),
        "You add up the logarithms, which multiplies the weights: average the weights, then take the log."),
    "mean_weight": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - q).exp(),
        "This is the mean weight: its logarithm is asked for."),
    "negative": (
        lambda z, mu, sigma, like, prior, q: -_bound(like + prior - q),
        "This is minus the bound, a loss. The bound itself is asked for."),
    "small_number_added": (
        lambda z, mu, sigma, like, prior, q: ((like + prior - q).exp().mean(0) + 1e-8).log(), OVERFLOW),
    "smaller_number_added": (
        lambda z, mu, sigma, like, prior, q: ((like + prior - q).exp().mean(0) + 1e-10).log(), OVERFLOW),
    "self_normalised": (
        lambda z, mu, sigma, like, prior, q: (
            (like + prior - q) * (like + prior - q).softmax(0)).sum(0),
        "You average the log-weights, weighted by themselves. Average the weights, then take the logarithm."),
    "elbo": (
        lambda z, mu, sigma, like, prior, q: like.mean(0) - _kl(mu, sigma),
        "This is the ELBO with k draws: the mean of the logarithms less the KL. Average the weights instead."),
    "wrong_view": (
        lambda z, mu, sigma, like, prior, q: _bound((like + prior - q).T.reshape(like.shape)), MIXED),
    "wrong_view_of_turns": (
        lambda z, mu, sigma, like, prior, q: _bound((like + prior - q).reshape(like.shape[::-1]).T), MIXED),
    "no_prior": (
        lambda z, mu, sigma, like, prior, q: _bound(like - q), "log p(z) is missing from the weights."),
    "no_q": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior),
        "log q(z|x) is missing from the weights: dividing by q makes up for drawing from it."),
    "q_added": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior + q),
        "log q(z|x) is subtracted: the weight is divided by q."),
    "prior_subtracted": (
        lambda z, mu, sigma, like, prior, q: _bound(like - prior - q), "log p(z) is added to the log-weight."),
    "ratio_upside_down": (
        lambda z, mu, sigma, like, prior, q: _bound(like - prior + q),
        "log p(z) and log q(z|x) have changed places: the weight is p(x|z) p(z) / q(z|x)."),
    "likelihood_alone": (
        lambda z, mu, sigma, like, prior, q: _bound(like),
        "You average the likelihoods alone, which is right for draws from the prior. Yours come from q: the weights "
        "are p(x|z) p(z) / q(z|x)."),
    "kl_in_closed_form": (
        lambda z, mu, sigma, like, prior, q: _bound(like) - _kl(mu, sigma),
        "The KL is the mean of log q - log p. Here each draw needs its own ratio, inside the logarithm."),
    "variance_in_density": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - _normal(z, mu, sigma**2)),
        "Your log q(z|x) has σ² where σ belongs: the standard deviation is exp(logvar / 2)."),
    "logvar_in_density": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - _normal(z, mu, 2 * sigma.log())),
        "Your log q(z|x) has log σ² where σ belongs: the standard deviation is exp(logvar / 2)."),
    "q_without_log_sigma": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - q - sigma.log().sum(-1)),
        "Your log q(z|x) lacks - log σ of each dimension: a narrower density is higher."),
    "q_without_constant": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - q - z.shape[-1] * math.log(2 * math.pi) / 2),
        "log 2π stands in log p(z) but not in log q(z|x): in both, or in neither."),
    "prior_without_constant": (
        lambda z, mu, sigma, like, prior, q: _bound(like + prior - q + z.shape[-1] * math.log(2 * math.pi) / 2),
        "log 2π stands in log q(z|x) but not in log p(z): in both, or in neither."),
    "mean_over_latents": (
        lambda z, mu, sigma, like, prior, q: _bound(like + (prior - q) / z.shape[-1]),
        "You average log p(z) and log q(z|x) over the latent dimensions: sum over them."),
}
