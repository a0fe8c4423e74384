"""Planted answers to evaluation-bias-curve, by another author than the check's."""

from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def _eval(network):
    was = network.training
    network.eval()
    with torch.no_grad():
        yield
    network.train(was)


def _fit(u, v):
    slope, limit = np.polyfit(np.asarray(u, dtype=float), np.asarray(v, dtype=float), 1)
    return float(limit), float(slope)


def _measure(sample, network, distance, sizes):
    return [float(distance(network(sample(n)))) for n in sizes]


def _result(sizes, values, u=None):
    u = [1 / n for n in sizes] if u is None else u
    return torch.tensor(values, dtype=torch.float64), *_fit(u, values)


def subsets_of_one_draw(sample, network, distance, sizes):
    with _eval(network):
        features = network(sample(max(sizes)))
        values = [float(distance(features[:n])) for n in sizes]
    return _result(sizes, values)


def mode_never_touched(sample, network, distance, sizes):
    with torch.no_grad():
        values = _measure(sample, network, distance, sizes)
    return _result(sizes, values)


def eval_forever(sample, network, distance, sizes):
    network.eval()
    return _result(sizes, _measure(sample, network, distance, sizes))


def train_afterwards(sample, network, distance, sizes):
    network.eval()
    values = _measure(sample, network, distance, sizes)
    network.train()
    return _result(sizes, values)


def against_n(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sizes)
    return _result(sizes, values, sizes)


def against_root_n(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sizes)
    return _result(sizes, values, [n**-0.5 for n in sizes])


def order_of_polyfit(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sizes)
    values, limit, slope = _result(sizes, values)
    return values, slope, limit


def last_value(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sizes)
    tensor, _, slope = _result(sizes, values)
    return tensor, values[sizes.index(max(sizes))], slope


def ascending(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sorted(sizes))
    return _result(sorted(sizes), values)


def through_zero(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sizes)
    u, v = np.array([1 / n for n in sizes]), np.array(values)
    return torch.tensor(values, dtype=torch.float64), 0.0, float(u @ v / (u @ u))


def always_the_largest(sample, network, distance, sizes):
    with _eval(network):
        values = [float(distance(network(sample(max(sizes))))) for _ in sizes]
    return _result(sizes, values)


def right_with_numpy(sample, network, distance, sizes):
    with _eval(network):
        values = _measure(sample, network, distance, sizes)
    return _result(sizes, values)


def right_by_pinv(sample, network, distance, sizes):
    state = {module: module.training for module in network.modules()}
    network.train(False)
    values = torch.stack([torch.as_tensor(distance(network(sample(int(n))).detach())) for n in sizes])
    for module, training in state.items():
        module.training = training
    design = torch.tensor([[1.0, 1.0 / n] for n in sizes], dtype=values.dtype)
    return values, *(torch.linalg.pinv(design) @ values)


wrong = [
    (subsets_of_one_draw, "one_sample_for_all"), (mode_never_touched, "network_as_found"),
    (eval_forever, "left_in_eval"), (train_afterwards, "always_back_to_training"), (against_n, "line_in_n"),
    (against_root_n, "line_in_root"), (order_of_polyfit, "slope_before_limit"),
    (last_value, "largest_as_limit"), (ascending, "sizes_sorted"), (through_zero, "no_intercept"),
    (always_the_largest, "same_size_for_all"),
]
def right_as_an_array(sample, network, distance, sizes):
    with _eval(network):
        values = np.array([float(distance(network(sample(n)).detach())) for n in sizes])
    slope, limit = np.polyfit(1 / np.array(sizes), values, 1)
    return values, limit, slope


right = [right_with_numpy, right_by_pinv, right_as_an_array]
