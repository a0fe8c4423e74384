"""vae-iwae: the importance-weighted bound on log p(x), on a model whose log p(x) is known.

    log p(x) ≥ E log (1/k) Σ_i p(x|z_i) p(z_i) / q(z_i|x),   z_i ~ q(z|x) independent, p(z) = N(0, I)

(Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, eq. 8). Fixed: encode(x) gives μ and log σ² of
rows x (N, D), each (N, K); log_likelihood(x, z) gives log p(x|z) of *paired* rows x (N, D) and z (N, K),
in nats, (N,). Free: one call with k·B rows, k calls with B rows, a call for each image, in any order. Each
image uses exactly k draws. No gradient is asked for.

The model behind the two functions is linear and Gaussian, x = W z + b + s ε. They record the rows and
z's that log_likelihood received; from these the judge computes the bound again, and asks whether
the z's are k independent draws from q for each image. Four laws are tested there (mean, spread,
correlations, distance from the normal), each with a quarter of p = 1e-4, divided among its columns or
pairs (grading/laws.py). Two draws must miss: 1e-8.
"""

import math

import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from genlab.models import vae
from genlab.random import rand, randn
from grading import laws, probing
from grading.exercise import Compare, Exercise, Mistake

P, K_MANY = 1e-4, 100


def inputs(rng, n=1):
    """W has orthogonal columns, so that the exact posterior is diagonal; q is off in mean and spread."""
    B, D, K = 5, 7, 3
    double = torch.zeros((), dtype=torch.float64)
    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    scale = 0.5 + rand((K,), like=double, rng=rng)
    W = torch.linalg.qr(draw(D, K)).Q * scale
    s = 0.4 + 0.4 * rand((), like=double, rng=rng)
    precision = scale**2 + s**2
    x = draw(B, D)
    return {
        "x": x, "rows": draw(20 * n, D), "k": 7, "many": K_MANY, "W": W, "b": 0.5 * draw(D), "s": s,
        "exact_map": W / precision, "exact_logvar": torch.log(s**2 / precision),
        "q_map": W / precision + 0.1 * draw(D, K), "q_logvar": torch.log(s**2 / precision) + 0.3 * draw(K),
        "q_logvar_map": 0.1 * draw(D, K),
        "shift": 900 + 300 * rand((), like=double, rng=rng), "side": x[0] - x[1], "middle": (x[0] + x[1]) / 2,
    }


def probe(iwae_bound, x, rows, k, many, W, b, s, exact_map, exact_logvar, q_map, q_logvar,
          q_logvar_map, shift, side, middle):
    """The bound in five settings, each with the rows and z's that log_likelihood received."""
    def play(x, k, shift, mean_map, logvar, logvar_map):
        seen = [torch.cat([x, x @ mean_map], 1)[:0]]

        def encode(x):
            return (x - b) @ mean_map, x @ logvar_map + logvar

        def log_likelihood(x, z):
            if x.dim() != 2 or z.dim() != 2 or x.shape != (len(z), len(W)) or z.shape[1] != W.shape[1]:
                raise probing.WrongType("`log_likelihood(x, z)` takes paired rows: x (N, D) and z (N, K)")
            seen.append(torch.cat([x, z], 1).detach().clone())
            nats = -0.5 * ((x - b - z @ W.T) / s) ** 2 - torch.log(s) - math.log(2 * math.pi) / 2
            return nats.sum(1) + shift * torch.sign((x - middle) @ side)

        return probing.tensor(iwae_bound(x, k, encode, log_likelihood), "`iwae_bound`"), torch.cat(seen)

    q = q_map, q_logvar, q_logvar_map
    values = dict(exact=play(x, k, 0, exact_map, exact_logvar, 0 * q_logvar_map), several=play(x, k, 0, *q),
                  single=play(x, 1, 0, *q), large=play(x, k, shift, *q), many=play(rows, many, 0, *q))
    bounds = {f"bound ({name})": value for name, (value, _) in values.items()}
    return bounds | {f"{name}_seen": seen for name, (_, seen) in values.items()}


def reference(x, k, encode, log_likelihood):
    """By genlab's densities and bound."""
    mu, logvar = (part.expand(k, -1, -1) for part in encode(x))
    z = vae.reparameterize(mu, logvar)
    likelihood = log_likelihood(x.repeat(k, 1), z.flatten(0, 1)).view(k, -1)
    prior = vae.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
    return vae.iwae_bound(likelihood + prior - vae.gaussian_log_density(z, mu, logvar))


# The judge's side: everything from the inputs and the recorded z's


def draws(inputs, got, name, x, k):
    """The recorded z's as (k, B, K), those of each image in the order of arrival; or what is wrong, in words."""
    seen, D = got.get(f"{name}_seen"), x.shape[1]
    if not isinstance(seen, torch.Tensor) or seen.dim() != 2 or seen.shape[1] != D + inputs["W"].shape[1]:
        return "no record"
    if not torch.isfinite(seen).all():
        return "inf or nan as z"
    seen = seen.double()
    gap, image = torch.cdist(seen[:, :D], x, compute_mode="donot_use_mm_for_euclid_dist").min(1)
    counts = image.bincount(minlength=len(x))
    wrong = counts[counts != k]
    if len(wrong):
        return f"{wrong[0].item()} draws for an image"
    if gap.max() > 1e-5:
        return "rows that are not images"
    return seen[image.argsort(stable=True), D:].view(len(x), k, -1).transpose(0, 1)


def encoded(inputs, x, exact=False):
    """μ and σ of q as the two settings of the probe have them."""
    mean = (x - inputs["b"]) @ inputs["exact_map" if exact else "q_map"]
    logvar = inputs["exact_logvar"] + 0 * mean if exact else x @ inputs["q_logvar_map"] + inputs["q_logvar"]
    return mean, torch.exp(logvar / 2)


def terms(inputs, x, z, mu, sigma, shift):
    """log p(x|z), log p(z), log q(z|x): (k, B) each, by torch.distributions."""
    likelihood = Independent(Normal(inputs["b"] + z @ inputs["W"].T, inputs["s"]), 1).log_prob(x)
    likelihood = likelihood + shift * torch.sign((x - inputs["middle"]) @ inputs["side"])
    prior = Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(-1)
    return likelihood, prior, Normal(mu, sigma).log_prob(z).sum(-1)


def mispaired(inputs, seen, x, k, exact):
    """Do the z's fit q when images are taken in another order (each k times in a row, or in turn)?"""
    B, D = x.shape
    orders = (torch.arange(k * B) // k, torch.arange(k * B) % B)

    def misfit(images):
        mean, sigma = encoded(inputs, images, exact)
        return ((seen[:, D:] - mean) / sigma).square().mean().item()

    best = min(misfit(x[order]) for order in orders)
    return 0.5 < best < 1.6 and best < 0.8 * misfit(seen[:, :D])


def value_of(name, *, exact=False, one=False, shifted=False):
    """A test: the bound from the recorded draws, or log p(x) itself where q is the exact posterior."""

    def test(inputs, got, expected, n):
        x, k = inputs["x"], 1 if one else inputs["k"]
        z, value = draws(inputs, got, name, x, k), got[f"bound ({name})"].double()
        if exact:
            covariance = inputs["W"] @ inputs["W"].T + inputs["s"] ** 2 * torch.eye(x.shape[1], dtype=x.dtype)
            right = MultivariateNormal(inputs["b"], covariance).log_prob(x)
            if torch.allclose(value, right, rtol=1e-5, atol=1e-4):
                return True, value, right
        if isinstance(z, str):
            return False, z, f"{k} draws for an image"
        mu, sigma = encoded(inputs, x, exact)
        parts = terms(inputs, x, z, mu, sigma, inputs["shift"] if shifted else 0)
        if not exact:
            right = (parts[0] + parts[1] - parts[2]).logsumexp(0) - math.log(k)
            if torch.allclose(value, right, rtol=1e-5, atol=1e-4):
                return True, value, right
        if mispaired(inputs, got[f"{name}_seen"].double(), x, k, exact):
            return False, "z's of other images", "paired rows"
        for slip, (formula, _) in SLIPS.items():
            if torch.allclose(value, formula(z, mu, sigma, *parts), rtol=1e-5, atol=1e-4):
                return False, slip.replace("_", " "), "log of the mean weight"
        return False, value, right

    return test


def large_weights(inputs, got, expected, n):
    """The bound with log-weights near ±1000; inf and -inf are told apart, since they have different causes."""
    value = got.get("bound (large)")
    if not isinstance(value, torch.Tensor) or value.shape != inputs["x"].shape[:1]:
        return False, "another shape", "(B,)"
    if not torch.isfinite(value).all():
        return False, "underflow" if (value < math.inf).all() else "overflow", "a number for each image"
    return value_of("large", shifted=True)(inputs, got, expected, n)


def k_independent_draws(inputs, got, expected, n):
    """The recorded z's of many draws: standard normal after standardising, and independent."""
    x, k = inputs["rows"], inputs["many"]
    z = draws(inputs, got, "many", x, k)
    if isinstance(z, str):
        return False, z, f"{k} draws for an image"
    mu, sigma = encoded(inputs, x)
    eps = (z - mu) / sigma
    flat, K = eps.flatten(0, 1), eps.shape[-1]
    word = _same_draws(eps, z, mu, inputs, got)
    if word:
        return False, word, "independent draws from q"
    mean, size = flat.mean(0), flat.square().mean(0)
    if (mean.abs() > laws.mean_limit(len(flat), P / 4 / K)).any():
        return False, mean[mean.abs().argmax()].item(), 0.0
    if ((size - 1).abs() > laws.square_limit(len(flat), P / 4 / K)).any():
        return False, size.mean().sqrt().item(), 1.0
    return _unrelated(eps)


def _same_draws(eps, z, mu, inputs, got):
    """Names for what is no random coincidence: each has probability 0 for a right answer, or < 1e-100."""
    if eps.abs().max() < 1e-6:
        return "μ in place of draws"
    if len(eps) > 1 and (z - z[0]).abs().max() < 1e-9:
        return "the same z k times"
    if (eps - eps[:, :1]).abs().max() < 1e-6:
        return "the same noise for all images"
    if (eps - eps[:, :, :1]).abs().max() < 1e-6:
        return "the same noise in all dimensions"
    a, b = (draws(inputs, got, name, inputs["x"], inputs["k"]) for name in ("several", "large"))
    if not isinstance(a, str) and not isinstance(b, str) and (a - b).abs().max() < 1e-9:
        return "the same noise at every call"
    size = eps.square().mean()
    if size > 1.5 and abs(z.mean()) < 0.1 and abs(z.square().mean() - 1) < 0.15:
        return "draws from the prior"
    if size > 1.5 and ((z - mu).square().mean() - 1).abs() < 0.15:
        return "draws of standard deviation 1"
    return ""


def _unrelated(eps):
    """Correlations between draws, images and dimensions, then the distance from the normal law."""
    K = eps.shape[-1]
    tests = {"related draws": [(eps[::2, :, i], eps[1::2, :, i]) for i in range(K)],
             "related images": [(eps[:, ::2, i], eps[:, 1::2, i]) for i in range(K)],
             "related dimensions": [(eps[..., i], eps[..., j]) for i in range(K) for j in range(i)]}
    share = P / 4 / sum(map(len, tests.values()))
    for what, pairs in tests.items():
        for a, b in pairs:
            if abs(laws.correlation(a.flatten(), b.flatten())) > laws.correlation_limit(a.numel(), share):
                return False, what, "independent draws from q"
    distance, limit = laws.distance_from_normal(eps), laws.distance_limit(eps.numel(), P / 4)
    return distance <= limit, "noise that is not normal", "independent draws from q"


# Known mistakes: first slips in the formula, then in the draws


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


exercise = Exercise(
    id="vae-iwae", defines="iwae_bound(x, k, encode, log_likelihood)", core=False, points=4, level=4, minutes=25,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.models.vae.iwae_bound", "genlab.models.vae.gaussian_log_density",
               "genlab.models.vae.VAE.iwae"],
    comparisons=[
        Compare("bound (exact)", shape="(B,)", points=1, test=value_of("exact", exact=True), resolution=1e-5,
                says="Where q is the exact posterior, every weight is p(x), and the bound is log p(x) for any k."),
        Compare("bound (several)", shape="(B,)", points=1, test=value_of("several"), resolution=1e-5,
                says="The bound of each image: the logarithm of the mean of its k weights p(x|z) p(z) / q(z|x)."),
        Compare("bound (single)", shape="(B,)", points=0.5, test=value_of("single", one=True), resolution=1e-5,
                says="With k = 1 the bound is log p(x|z) + log p(z) - log q(z|x) at one draw."),
        Compare("bound (single)", points=0.5, test=large_weights, resolution=1e-5,
                says="Log-weights near ±1000 overflow exp: stay with logarithms (logsumexp), image by image."),
        Compare("bound (many)", shape="(B,)", points=1, test=k_independent_draws, false_refusal=P, resolution=0.1,
                says="The z's that `log_likelihood` sees are k independent draws from q(z|x) for each image."),
    ],
    mistakes=[
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
    ],
    equivalent_mutants={
        "z = mu + torch.exp(logvar / 2) * noise: mu + torch.exp(logvar / 2) * noise → "
        "mu - torch.exp(logvar / 2) * noise": "the normal law is symmetric",
        "return torch.logsumexp(log_w.view(-1, k), 1) - math.log(k): 1 → -1": "the last axis of a matrix is its axis 1",
        "log_prior, log_q = -(z**2).sum(1) / 2, -(noise**2 + logvar).sum(1) / 2  # the constant cancels: 1 → -1":
            "the last axis of a matrix is its axis 1",
    },
    also_right=[draw_by_draw, image_by_image, each_image_k_times],
    hints=[
        "The ELBO of one draw is log w with w = p(x|z) p(z) / q(z|x). With k draws, average the w's before the "
        "logarithm, not after it.",
        "log w = log_likelihood(x, z) + log N(z; 0, I) - log N(z; μ, σ²), summed over the latent dimensions; then "
        "logsumexp over the k draws, minus log k.",
        "In a loop over k: z = mu + sigma * torch.randn_like(mu); log_w = log_likelihood(x, z) + "
        "Normal(0, 1).log_prob(z).sum(1) - Normal(mu, sigma).log_prob(z).sum(1). Then "
        "torch.stack(log_ws).logsumexp(0) - math.log(k).",
    ],
)
