"""Everything known of a coil, in a record."""

from dataclasses import fields

from cortistim.coil import Coil, CoilAssembly, coil_metrics
from cortistim.records import number, numbers
from cortistim.records.coil import (
    CoilRecord,
    CoilWaveformRecord,
    DeformationRecord,
    ShownCoil,
    StimulatorOfCoil,
)
from cortistim.study.record import coil_record, sources_record
from cortistim.study.request.coil import CoilRequest
from cortistim.units import a_per_us_from_a_per_s, mm_from_m


def show_coil(request: CoilRequest) -> ShownCoil:
    """Describe a coil with its metrics.

    Parameters
    ----------
    request : CoilRequest
        Which coil, how bent and how fed.

    Returns
    -------
    ShownCoil
        What is known of it.
    """
    coil, stored = request.load(), request.stored()
    metrics, known = coil_metrics(coil), coil_record(coil)
    a_x, a_y, a_z = map(float, coil.a_at_20mm_t_m)
    facts = {field.name: getattr(known, field.name) for field in fields(CoilRecord)}
    facts |= {"a_at_20mm_t_m": (a_x, a_y, a_z), "stimulators": _stimulators(coil, stored)}
    return ShownCoil(
        **facts,
        extent_mm=numbers(mm_from_m(metrics.extent_m), 2),
        b_peak_10mm_mt_per_ka=round(metrics.b_peak_10mm_t * 1e6, 3),
        didt_max_a_per_us=_a_per_us(coil.didt_max_a_per_s),
        stimulator=coil.stimulator,
        deformations=_deformations(coil, stored),
        waveforms=tuple(
            CoilWaveformRecord(name=wave.name, samples=len(wave.time_s))
            for wave in coil.waveforms
        ),
        header=coil.header,
        references=sources_record(coil.sources),
    )


def _a_per_us(didt_a_per_s: float) -> float | None:
    return number(a_per_us_from_a_per_s(didt_a_per_s), 3)


def _stimulators(coil: Coil, stored: Coil | CoilAssembly) -> tuple[StimulatorOfCoil, ...]:
    if isinstance(stored, Coil):
        didt = _a_per_us(coil.didt_max_a_per_s)
        one = StimulatorOfCoil(name=coil.stimulator or None, share=1.0, didt_max_a_per_us=didt)
        return (one,)
    return tuple(
        StimulatorOfCoil(
            name=name,
            share=share,
            didt_max_a_per_us=_a_per_us(channel.didt_max_a_per_s),
            elements=tuple(e.name for e in stored.elements if e.channel == index),
        )
        for index, ((name, share), channel) in enumerate(
            zip(coil.shape.stimulators, stored.channels, strict=True)
        )
    )


def _deformations(coil: Coil, stored: Coil | CoilAssembly) -> tuple[DeformationRecord, ...]:
    if isinstance(stored, Coil):
        return ()
    return tuple(
        DeformationRecord(
            name=name,
            unit=stored.unit_of(index),
            initial=parameter.initial,
            range=(parameter.low, parameter.high),
            value=value,
            elements=sum(
                any(stored.joints[joint].parameter == index for joint in element.joints)
                for element in stored.elements
            ),
        )
        for index, ((name, value), parameter) in enumerate(
            zip(coil.shape.deformation, stored.parameters, strict=True)
        )
    )
