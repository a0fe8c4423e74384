"""vae-iwae: the importance-weighted bound on log p(x), on a model whose log p(x) is known.

    log p(x) ≥ E log (1/k) Σ_i p(x|z_i) p(z_i) / q(z_i|x),   z_i ~ q(z|x) independent, p(z) = N(0, I)

(Burda, Grosse and Salakhutdinov 2015, arXiv:1509.00519, eq. 8). Fixed: encode(x) gives μ and log σ² of
rows x (N, D), each (N, K); log_likelihood(x, z) gives log p(x|z) of *paired* rows x (N, D) and z (N, K),
in nats, (N,). Free: one call with k·B rows, k calls with B rows, a call for each image, in any order. Each
image uses exactly k draws. No gradient is asked for.

The model behind the two functions is linear and Gaussian, x = W z + b + s ε. They record the rows and
z's that log_likelihood received; from these the judge computes the bound again, and asks whether
the z's are k independent draws from q for each image: by the laws of `_iwae_laws`, which a right answer fails
with 1.4e-4 in one draw. Two draws must miss: 2e-8.
"""

import math

import torch

from genlab.models import vae
from genlab.random import rand, randn
from grading.checks import probing
from grading.checks.draws import placed
from grading.checks.exercise import Compare, Exercise
from grading.exercises.vae._iwae_laws import FALSE_REFUSAL, extreme, k_independent_draws, value_of

K_MANY = 100


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
        "q_logvar_map": 0.1 * draw(D, K), "far_logvar": placed(draw(K), (13.0, -13.0), rng=rng),
        "shift": 900 + 300 * rand((), like=double, rng=rng), "side": x[0] - x[1], "middle": (x[0] + x[1]) / 2,
    }


def probe(iwae_bound, x, rows, k, many, W, b, s, exact_map, exact_logvar, q_map, q_logvar,
          q_logvar_map, far_logvar, shift, side, middle):
    """The bound in six settings, each with the rows and z's that log_likelihood received."""
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
                  single=play(x, 1, 0, *q), large=play(x, k, shift, *q), many=play(rows, many, 0, *q),
                  far=play(x, k, 0, q_map, far_logvar, q_logvar_map))
    bounds = {f"bound ({name})": value for name, (value, _) in values.items()}
    return bounds | {f"{name}_seen": seen for name, (_, seen) in values.items()}


def reference(x, k, encode, log_likelihood):
    """By genlab's densities and bound."""
    mu, logvar = (part.expand(k, -1, -1) for part in encode(x))
    z = vae.reparameterize(mu, logvar)
    likelihood = log_likelihood(x.repeat(k, 1), z.flatten(0, 1)).view(k, -1)
    prior = vae.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z))
    return vae.iwae_bound(likelihood + prior - vae.gaussian_log_density(z, mu, logvar))


exercise = Exercise(
    id="vae-iwae", defines="iwae_bound(x, k, encode, log_likelihood)", core=False, points=4, level=4, minutes=25,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.models.vae.iwae_bound", "genlab.models.vae.gaussian_log_density",
               "genlab.models.vae.VAE.iwae", "genlab.models.likelihoods.Gaussian.log_prob"],
    comparisons=[
        Compare("bound (exact)", shape="(B,)", points=1, test=value_of("exact", exact=True), resolution=1e-5,
                says="Where q is the exact posterior, every weight is p(x), and the bound is log p(x) for any k."),
        Compare("bound (several)", shape="(B,)", points=0.5, test=value_of("several"), resolution=1e-5,
                says="The bound of each image: the logarithm of the mean of its k weights p(x|z) p(z) / q(z|x)."),
        Compare("bound (single)", shape="(B,)", points=0.5, test=value_of("single", one=True), resolution=1e-5,
                says="With k = 1 the bound is log p(x|z) + log p(z) - log q(z|x) at one draw."),
        Compare("bound (single)", points=0.5, test=extreme("large", shifted=True), resolution=1e-5,
                says="Log-weights near ±1000 overflow exp: stay with logarithms (logsumexp), image by image."),
        Compare("bound (single)", points=0.5, test=extreme("far"), resolution=1e-5, what="the bound",
                says="Where log σ² of q is near 13 or -13 as well: it is used as it is, and so is every weight."),
        Compare("bound (many)", shape="(B,)", points=1, test=k_independent_draws, false_refusal=FALSE_REFUSAL, resolution=0.1,
                says="The z's that `log_likelihood` sees are k independent draws from q(z|x) for each image."),
    ],
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
