"""Compiled loops of the plasticity models: arrays in, arrays out.

The columns of ``theta`` are named by `cortistim.plasticity.calcium.PARAMETERS`.
"""

import numpy as np
from numba import njit

from cortistim.typing import FloatArray, IntArray

SOFT = 0.15  # width over which a threshold opens, in thresholds; assumed


@njit(cache=True)
def _above(x: float) -> float:
    """Return what exceeds zero, rounded over `SOFT`."""
    if x > SOFT:
        return x
    return (x + SOFT) ** 2 / (4 * SOFT) if x > -SOFT else 0.0


@njit(cache=True)
def _member(
    wait_s: FloatArray,
    kind: IntArray,
    drive: FloatArray,
    lag_s: FloatArray,
    theta: FloatArray,
    start: FloatArray,
) -> FloatArray:
    (
        a0, gi, tau_c, nl, kb, tau_b, b_step, u2, t2, th_p, k_p, k_d, tau_q, q_step, eta,
        tau_g, th_g, kappa, tau_m, lag_m, pas_p, pas_d, tau_glu, tau_bap, _naive, beta,
    ) = theta[:26]  # fmt: skip
    fade = np.empty((wait_s.size, 7))
    for w in range(wait_s.size):
        for j, tau in enumerate((tau_c, tau_b, t2, tau_q, tau_g, tau_m, lag_m)):
            fade[w, j] = np.exp(-wait_s[w] / tau)
    follow = tau_m / (tau_m - lag_m)
    c, b, r, q, g = 0.0, 0.0, 1.0, 0.0, 0.0
    recent, m = start[0], start[1]
    net, up_sum, down_sum = 0.0, 0.0, 0.0
    level, size = -1.0, 0.0
    for i in range(kind.size):
        if drive[i] > 0:  # a pulse that reaches nothing uses nothing and changes nothing
            if drive[i] != level:
                level = drive[i]
                size = a0 * level**gi
            c += size * r * (1 + nl * c) * (1 + kb * b)
            b += b_step * (1 - b)
            q += q_step * (1 - q)
            r -= u2 * r
            g += 1.0
            up = k_p * _above(c - th_p)
            if g > th_g:
                up += k_p * eta * r * (1 - th_g / g)
            down = k_d * q * q * _above(min(c, th_p) - 1.0)
            change = (up - down) - kappa * m * (up + down)
            if lag_s[i] <= 0:
                change += pas_p * np.exp(lag_s[i] / tau_glu)
            elif lag_s[i] > 0:
                change -= pas_d * np.exp(-lag_s[i] / tau_bap)
            net += change
            up_sum += up
            down_sum += down
            recent = min(max(recent + change, -3.0), 3.0)
        w = kind[i]
        c *= fade[w, 0]
        b *= fade[w, 1]
        r = 1 - (1 - r) * fade[w, 2]
        q *= fade[w, 3]
        g *= fade[w, 4]
        m = m * fade[w, 6] + follow * recent * (fade[w, 5] - fade[w, 6])
        recent *= fade[w, 5]
    return np.array(
        [
            beta * net / (1 + abs(net)),
            beta * up_sum / (1 + up_sum),
            beta * down_sum / (1 + down_sum),
            recent,
            m,
        ]
    )


@njit(cache=True)
def calcium_induction(
    wait_s: FloatArray,
    kind: IntArray,
    drive: FloatArray,
    lag_s: FloatArray,
    theta: FloatArray,
    start: FloatArray,
) -> FloatArray:
    """Run the event-driven calcium model over one session for every member.

    Between pulses every state decays as an exponential, so no time step is taken.

    Parameters
    ----------
    wait_s : (n_wait,) array [s]
        The different intervals between a pulse and the next.
    kind : (n_pulse,) int array
        Which of them follows each pulse.
    drive : (n_pulse,) array
        Intensity of each pulse over 80 % of the active motor threshold.
    lag_s : (n_pulse,) array [s]
        When an afferent volley reaches the cortex after the pulse; negative before it, NaN
        without one.
    theta : (n_member, n_parameter) array
        Parameters.
    start : (n_member, 2) array
        Recent change and its delayed image, the metaplastic state, at the first pulse.

    Returns
    -------
    (n_member, 5) array
        Log change; what potentiation and what depression alone would leave; and the two
        metaplastic states at the end.
    """
    out = np.zeros((theta.shape[0], 5))
    for i in range(theta.shape[0]):
        out[i] = _member(wait_s, kind, drive, lag_s, theta[i], start[i])
    return out


@njit(cache=True)
def graupner_moments(
    event_s: FloatArray, jump: FloatArray, thresholds: FloatArray, rates: FloatArray
) -> FloatArray:
    """Carry mean and variance of a synapse's efficacy through calcium events.

    Parameters
    ----------
    event_s : (n_event,) array [s]
        Ascending.
    jump : (n_event,) array
        Calcium added at each.
    thresholds : (3,) array
        Of depression and potentiation, and the calcium's time constant [s].
    rates : (4,) array
        Potentiation, depression, noise, and the time constant of the efficacy [s].

    Returns
    -------
    (3,) array
        Means of a synapse that started low and of one that started high, and the variance.
    """
    th_d, th_p, tau_c = thresholds
    g_p, g_d, sigma, tau = rates
    calcium, low, high, variance = 0.0, 0.0, 1.0, 0.0
    for i in range(event_s.size):
        calcium += jump[i]
        wait = event_s[i + 1] - event_s[i] if i + 1 < event_s.size else 100 * tau_c
        above_p = min(wait, tau_c * np.log(calcium / th_p)) if calcium > th_p else 0.0
        above_d = min(wait, tau_c * np.log(calcium / th_d)) if calcium > th_d else 0.0
        for span, pull, noise in ((above_p, g_p, 2.0), (above_d - above_p, 0.0, 1.0)):
            if span > 0:
                total = pull + g_d
                fade = np.exp(-total * span / tau)
                goal = pull / total
                low = goal + (low - goal) * fade
                high = goal + (high - goal) * fade
                settled = sigma * sigma * noise / (2 * total)
                variance = settled + (variance - settled) * fade * fade
        calcium *= np.exp(-wait / tau_c)
    return np.array([low, high, variance])


@njit(cache=True)
def nonlinear_tbs(
    pulse_at: FloatArray, dt_s: float, weights: FloatArray, values: FloatArray
) -> FloatArray:
    """Integrate the six-state theta-burst model with a Runge-Kutta scheme.

    Parameters
    ----------
    pulse_at : (n_step,) array
        One in a step that holds a pulse, else zero.
    dt_s : float [s]
        The step.
    weights : (4,) array
        Of the four stages, divided by six.
    values : (15,) array
        k, m, J0, r, b, d, AF, BF, KF, hF, AI, Bu, Bd, hI, KI.

    Returns
    -------
    (n_step + 1,) array
        The gain X1.
    """
    k, m, j0, r, b, d, a_f, b_f, k_f, h_f, a_i, b_u, b_d, h_i, k_i = values
    state = np.array([1.0, 1.0, j0, 0.1, 0.0, 0.0])
    slope = np.zeros((4, 6))
    gain = np.ones(pulse_at.size + 1)
    half_f, half_u, half_d = b_f**h_f, b_u**h_i, (b_u + b_d) ** h_i
    for i in range(pulse_at.size):
        for stage in range(4):
            z = state
            if stage > 0:
                z = state + (1.0 if stage == 3 else 0.5) * dt_s * slope[stage - 1]
            up, down = z[3] ** h_f, z[3] ** h_i
            slope[stage, 0] = k * (z[4] * (2 - z[0]) - z[5] * z[0])
            slope[stage, 1] = m * (z[0] ** 2 - z[1])
            slope[stage, 2] = r * (j0 - z[2]) + b / j0 * z[2] * (z[0] - z[1])
            slope[stage, 3] = d * (0.1 - z[3]) + z[2] * pulse_at[i]
            slope[stage, 4] = -k_f * z[4] + a_f * up / (half_f + up)
            slope[stage, 5] = -k_i * z[5] + a_i * down / (half_u + down) * half_d / (
                half_d + down
            )
        for stage in range(4):
            state = state + dt_s / 6 * weights[stage] * slope[stage]
        gain[i + 1] = state[0]
    return gain


@njit(cache=True)
def neural_field(
    pulse_s: FloatArray,
    amplitude: FloatArray,
    sample_s: FloatArray,
    dt_s: float,
    values: FloatArray,
) -> FloatArray:
    """Integrate one node of a neural field with calcium-dependent plasticity.

    Half a second after a pulse the fast states rest, and the slow ones take steps of 50 ms.

    Parameters
    ----------
    pulse_s : (n_pulse,) array [s]
        Ascending.
    amplitude : (n_pulse,) array
        Of the stimulus rate during a pulse.
    sample_s : (n_sample,) array [s]
        Ascending; when the coupling is read.
    dt_s : float [s]
        Step of the fast states.
    values : (26,) array
        As listed in `cortistim.plasticity.fung2014`.

    Returns
    -------
    (n_sample,) array
        Coupling over its value at the start.
    """
    (
        alpha, beta, gamma, q_max, theta, sigma, lam, t_glu, b_slope, b_half, t_ca, g0,
        th_d, th_p, x_rest, x_gain, y_gain, nu0, nu_max, z, t_bcm, t_rec, nu_s, width, bcm,
        phi0,
    ) = values  # fmt: skip
    y_rest = x_rest * (nu_max - nu0) / nu0
    v1, w1, v2, w2, phi, dphi = 0.0, 0.0, nu0 * phi0, 0.0, phi0, 0.0
    glu, ca, told, nu, dnu, g = lam * phi0 * t_glu, 1e-8, nu0, nu0, 0.0, g0
    out = np.zeros(sample_s.size)
    t, now, sampled = 0.0, 0, 0
    while sampled < sample_s.size:
        while now < pulse_s.size and pulse_s[now] + width <= t + 0.5 * dt_s:
            now += 1
        begins = pulse_s[now] if now < pulse_s.size else 1e30
        last = pulse_s[now - 1] if now > 0 else -1e30
        h = dt_s
        if t - last > 0.5 and begins - t > 0.05:
            h = 0.05
        else:
            on = amplitude[now] if begins <= t + 0.5 * dt_s else 0.0
            rate = q_max / (1 + np.exp(-(v1 + v2 - theta) / sigma))
            for _ in range(2):
                s = 0.5 * h
                w1 += s * alpha * beta * (nu_s * on - v1 - (1 / alpha + 1 / beta) * w1)
                v1 += s * w1
                w2 += s * alpha * beta * (nu * phi - v2 - (1 / alpha + 1 / beta) * w2)
                v2 += s * w2
                dphi += s * gamma * gamma * (rate - 2 / gamma * dphi - phi)
                phi += s * dphi
            glu = max(0.0, glu + h * (lam * (on + phi) - glu / t_glu))
            bound = 1 / (1 + np.exp(-b_slope * (glu - b_half)))
            open_ = (0.195 - v1 - v2) / (1 + np.exp(-62 * (v1 + v2 - 0.0455)))
            ca = max(0.0, ca + h * (g * bound * open_ - ca / t_ca))
        over_p = 1 / (1 + np.exp(-4e7 * (ca - th_p)))
        over_d = 1 / (1 + np.exp(-4e7 * (ca - th_d)))
        up, down = x_rest + x_gain * over_p, y_rest + y_gain * (over_d - over_p)
        told += h * (up * (nu_max - told) - down * told)
        dnu += h * (z * z * (told - nu) - 2 * z * dnu)
        nu += h * dnu
        g += bcm * h * (-g / t_bcm * (told / nu - 1) + (g0 - g) / t_rec)
        t += h
        while sampled < sample_s.size and sample_s[sampled] <= t:
            out[sampled] = nu / nu0
            sampled += 1
    return out
