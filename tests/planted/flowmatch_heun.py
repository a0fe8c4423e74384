"""Planted answers to flowmatch-heun, by another hand than the check's."""


def plain_euler(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        x = x + dt * velocity(x, i * dt)
    return x


def second_time_forgotten(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        k2 = velocity(x + dt * k1, i * dt)
        x = x + dt * (k1 + k2) * 0.5
    return x


def no_average(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        k2 = velocity(x + dt * k1, i * dt + dt)
        x = x + dt * (k1 + k2)
    return x


def rk2_midpoint(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        x = x + dt * velocity(x + 0.5 * dt * k1, (i + 0.5) * dt)
    return x


def predictor_kept(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        x = x + dt * k1
        k2 = velocity(x, (i + 1) * dt)
        x = x + dt * (k1 + k2) / 2
    return x


def edm_last_step(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        if i < steps - 1:
            k2 = velocity(x + dt * k1, (i + 1) * dt)
            x = x + dt * (k1 + k2) / 2
        else:
            x = x + dt * k1
    return x


def predictor_without_dt(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        x = x + dt * (k1 + velocity(x + k1, (i + 1) * dt)) / 2
    return x


def only_the_second(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        x = x + dt * velocity(x + dt * velocity(x, i * dt), (i + 1) * dt)
    return x


def three_calls(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        ahead = x + dt * velocity(x, i * dt)
        x = x + dt * (velocity(x, i * dt) + velocity(ahead, (i + 1) * dt)) / 2
    return x


def from_data(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        t = 1 - i * dt
        k1 = velocity(x, t)
        x = x - dt * (k1 + velocity(x - dt * k1, t - dt)) / 2
    return x


def weighted_halves(velocity, x, steps):
    dt = 1 / steps
    for i in range(steps):
        k1 = velocity(x, i * dt)
        x = x + 0.5 * dt * k1 + 0.5 * dt * velocity(x + dt * k1, i * dt + dt)
    return x


def list_of_states(velocity, x, steps):
    states, dt = [x], 1 / steps
    for i in range(steps):
        k1 = velocity(states[-1], i / steps)
        k2 = velocity(states[-1] + k1 / steps, (i + 1) / steps)
        states.append(states[-1] + (k1 + k2).mul(dt / 2))
    return states.pop()


wrong = [(plain_euler, "euler"), (second_time_forgotten, "second_at_the_same_time"), (no_average, "sum_for_mean"),
         (rk2_midpoint, "midpoint"), (predictor_kept, "starts_from_the_look_ahead"),
         (edm_last_step, "last_step_euler"), (predictor_without_dt, "look_ahead_without_h"),
         (only_the_second, "second_alone"), (three_calls, "asked_three_times"), (from_data, "walks_backwards")]
right = [weighted_halves, list_of_states]
