"""Coils measured in the same way: field per ampere, depth and spread, beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cortistim.coil import Coil, CoilAssembly, coil_metrics, named_coil
from cortistim.errors import BadInputError
from cortistim.field.analytic.deng2013 import (
    BRAIN_M,
    HEAD_M,
    PUBLISHED,
    DepthAndSpread,
    depth_and_spread,
    lift_outside_m,
)
from cortistim.pulse import Circuit
from cortistim.records import significant
from cortistim.records.coil import (
    ComparedCoil,
    ComparisonRecord,
    PerformanceRecord,
    PublishedCoil,
    PublishedComparison,
    SphereRecord,
)
from cortistim.study.request.coil import CoilRequest
from cortistim.typing import FloatArray
from cortistim.units import a_per_us_from_a_per_s, mm_from_m

FIGURES = 5
"""Significant figures of a measured coil."""
CM2_PER_M2, CM3_PER_M3 = 1e4, 1e6
SPHERE = (
    f"homogeneous sphere of {mm_from_m(HEAD_M):.0f} mm, brain of {mm_from_m(BRAIN_M):.0f} mm, "
    "casing on the head (Deng et al. 2013)"
)
DENG_COILS = {
    4: "magstim_round_70mm",
    5: "round_90mm",
    6: "magstim_round_mst",
    25: "magstim_d25",
    29: "magventure_c_b60",
    30: "magventure_mc_b70",
    31: "magstim_d70",
}
"""Named coils by their number in the paper."""
FAR_OFF_MM = 10.0
OFF_HEAD = "lies {:.3g} mm off the head: its shape does not fit this sphere"
ROUNDS, TRIED = 1, 7
"""How often each deformation is tried, and at how many values."""
DEPTH_TOLERANCE, SPREAD_TOLERANCE = 0.06, 0.12  # chosen here: leads and pitch are left out


def performance_record(coil: Coil, circuit: Circuit | None = None) -> PerformanceRecord:
    """Measure a coil's field: per ampere and A/µs, and with a circuit in full.

    Parameters
    ----------
    coil : Coil
        Of dipoles or wire.
    circuit : Circuit, optional
        With it, peak B and E are stated as well.

    Returns
    -------
    PerformanceRecord
        With depth and spread.
    """
    b_per_a = coil_metrics(coil).b_peak_10mm_t
    sphere = _sphere(depth_and_spread(coil))
    found = PerformanceRecord(b_peak_10mm_mt_per_ka=_figures(b_per_a * 1e6), sphere=sphere)
    if circuit is None:
        return found
    current_a, _ = circuit.ringing(np.linspace(0, circuit.period_s / 2, 2001))
    didt = a_per_us_from_a_per_s(circuit.didt_max_a_per_s)
    full = replace(
        sphere,
        e_peak_cortex_v_per_m=_figures(sphere.e_cortex_v_per_m_per_a_per_us * didt),
        e_peak_head_v_per_m=_figures(sphere.e_head_v_per_m_per_a_per_us * didt),
    )
    return replace(found, b_peak_10mm_t=_figures(b_per_a * float(current_a.max())), sphere=full)


def _sphere(found: DepthAndSpread) -> SphereRecord:
    return SphereRecord(
        model=SPHERE,
        e_cortex_v_per_m_per_a_per_us=_figures(found.e_cortex_v_per_m),
        e_head_v_per_m_per_a_per_us=_figures(found.e_head_v_per_m),
        depth_half_cm=_figures(mm_from_m(found.depth_m) / 10),
        spread_half_cm2=_figures(found.spread_m2 * CM2_PER_M2),
        focality_volume_half_cm3=_figures(found.volume_m3 * CM3_PER_M3),
        lift_mm=_figures(mm_from_m(found.lift_m)),
    )


def compare_coils(requests: Sequence[CoilRequest]) -> ComparisonRecord:
    """Measure several coils in the same way.

    Parameters
    ----------
    requests : sequence of CoilRequest
        In the order of the rows; of two coils with one name, the second is called as asked.

    Returns
    -------
    ComparisonRecord
        One row per coil.
    """
    coils: dict[str, Coil] = {}
    for request in requests:
        coil = load_for_sphere(request)
        coils[request.name if coil.name in coils else coil.name] = coil
    return compared(coils)


def load_for_sphere(request: CoilRequest) -> Coil:
    """Read a coil; one that can be bent, and is not told how, is bent to the sphere.

    One deformation after the other takes the value at which the coil has to be lifted least;
    a shape in which its parts would cut each other is left out.

    Parameters
    ----------
    request : CoilRequest
        Which coil.

    Returns
    -------
    Coil
        In its own frame.
    """
    stored = request.stored()
    if not isinstance(stored, CoilAssembly) or not stored.parameters or request.deformation:
        return request.load()
    names = stored.parameter_names
    values = stored.values({})

    def lift_m(tried: FloatArray) -> float:
        shape = dict(zip(names, tried.tolist(), strict=True))
        try:
            return lift_outside_m(stored.rigid(shape, dict(request.channels)))
        except BadInputError:  # it stays inside however it is lifted
            return np.inf

    best_m = lift_m(values)
    for _ in range(ROUNDS):
        for index, parameter in enumerate(stored.parameters):
            for value in np.linspace(parameter.low, parameter.high, TRIED):
                tried = values.copy()
                tried[index] = value
                found_m = lift_m(tried)
                if found_m < best_m:
                    best_m, values = found_m, tried
    try:
        return request.load(deformation=dict(zip(names, values.tolist(), strict=True)))
    except BadInputError:  # its parts would cut each other
        return request.load()


def compared(coils: Mapping[str, Coil]) -> ComparisonRecord:
    """Measure coils that are at hand.

    Parameters
    ----------
    coils : mapping of str to Coil
        By the name to show.

    Returns
    -------
    ComparisonRecord
        One row per coil.
    """
    return ComparisonRecord(coils=tuple(_compared(name, coil) for name, coil in coils.items()))


def _compared(name: str, coil: Coil) -> ComparedCoil:
    found = performance_record(coil)
    sphere = found.sphere
    return ComparedCoil(
        coil=name,
        dipoles=len(coil.dipoles_m),
        inductance_uh=significant(coil.inductance_h * 1e6, FIGURES),
        a_y_at_20mm_t_m=float(coil.a_at_20mm_t_m[1]),
        b_peak_10mm_mt_per_ka=found.b_peak_10mm_mt_per_ka,
        e_cortex_v_per_m_per_a_per_us=sphere.e_cortex_v_per_m_per_a_per_us,
        e_head_v_per_m_per_a_per_us=sphere.e_head_v_per_m_per_a_per_us,
        depth_half_cm=sphere.depth_half_cm,
        spread_half_cm2=sphere.spread_half_cm2,
        focality_volume_half_cm3=sphere.focality_volume_half_cm3,
        lift_mm=sphere.lift_mm,
        deformation=dict(coil.shape.deformation),
        note=OFF_HEAD.format(sphere.lift_mm) if sphere.lift_mm > FAR_OFF_MM else "",
    )


def compare_with_deng() -> PublishedComparison:
    """Compare named coils with what Deng et al. (2013) published of them.

    Returns
    -------
    PublishedComparison
        A reason stands where one is beyond the tolerance (6 % of depth, 12 % of spread).
    """
    rows = []
    for published in PUBLISHED:
        if published.number not in DENG_COILS:
            continue
        name = DENG_COILS[published.number]
        found = depth_and_spread(named_coil(name))
        depth_off = found.depth_m / published.depth_m - 1
        spread_off = found.spread_m2 / published.spread_m2 - 1
        within = abs(depth_off) <= DEPTH_TOLERANCE and abs(spread_off) <= SPREAD_TOLERANCE
        rows.append(
            PublishedCoil(
                number=published.number,
                coil=name,
                published_name=published.name,
                depth_half_cm=_figures(found.depth_m * 100),
                published_depth_half_cm=_figures(published.depth_m * 100),
                depth_off_percent=_figures(100 * depth_off),
                spread_half_cm2=_figures(found.spread_m2 * CM2_PER_M2),
                published_spread_half_cm2=_figures(published.spread_m2 * CM2_PER_M2),
                spread_off_percent=_figures(100 * spread_off),
                e_head_v_per_m=_figures(found.e_head_v_per_m),
                published_e_max_v_per_m=published.e_max_v_per_m,
                within=within,
                note=_deng_note(published.number, within=within),
            )
        )
    return PublishedComparison(coils=tuple(rows))


def _deng_note(number: int, *, within: bool) -> str:
    if number == 30:
        return (
            "reported only: bend and overlap are not published, and the overlap was chosen "
            "to give this depth"
        )
    return "" if within else "beyond the tolerance: leads and the spiral's pitch are left out"


def _figures(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")
