"""Parts that the records of several runs share: head, coil, pose, versions, sources."""

import platform
from collections.abc import Iterable
from importlib.metadata import version

import numpy as np

from cortistim.coil import Coil, SampledPotential
from cortistim.errors import MissingAnatomyError, PoseError
from cortistim.field import Convergence
from cortistim.head import Head
from cortistim.placement import (
    Pose,
    describe_handle,
    distance_along_axis_m,
    handle_angle_rad,
)
from cortistim.records import number, numbers, significant
from cortistim.records.coil import CoilRecord, StimulatorShare
from cortistim.records.head import (
    AnisotropyRecord,
    GivenCortexRecord,
    HeadRecord,
    TissueRecord,
)
from cortistim.records.pose import Matrix4, PoseRecord, ToleranceRecord
from cortistim.records.provenance import ConvergenceRecord, SourceRecord
from cortistim.sources import describe, references
from cortistim.study.request.coil import current_direction, polarity_record
from cortistim.study.request.inputs import side_of
from cortistim.targeting import Tolerance
from cortistim.typing import FloatArray
from cortistim.units import matrix_mm_from_m, mm_from_m

LIBRARIES = ("cortistim", "numpy", "scipy", "numba", "pyamg", "nibabel", "plotly", "matplotlib")


def head_record(head: Head) -> HeadRecord:
    """Describe a head.

    Parameters
    ----------
    head : Head
        Any.

    Returns
    -------
    HeadRecord
        Name, origin, size, tissues with conductivities and their sources, frame.
    """
    return HeadRecord(
        name=head.name,
        origin=head.origin,
        mesh_digest=head.mesh.digest,
        nodes=len(head.mesh.nodes_m),
        tetrahedra=len(head.mesh.tets),
        tissues=tissue_records(head),
        missing_tissues=tuple(head.missing_tissues),
        anisotropy=_anisotropy(head),
        mni=_mni(head),
        cortex=_cortex(head),
    )


def tissue_records(head: Head) -> tuple[TissueRecord, ...]:
    """Describe the tissues of a head, from the inside out.

    Parameters
    ----------
    head : Head
        Any.

    Returns
    -------
    tuple of TissueRecord
        With conductivities and their sources.
    """
    return tuple(
        TissueRecord(
            tag=tissue.tag,
            name=tissue.name,
            sigma_siemens_per_m=float(tissue.sigma_siemens_per_m),
            source=tissue.source,
            note=tissue.note,
        )
        for tissue in head.tissues
    )


def _anisotropy(head: Head) -> AnisotropyRecord | None:
    tensors = head.anisotropy
    if tensors is None:
        return None
    return AnisotropyRecord(
        mapping=tensors.mapping, tags=tuple(tensors.tags), tensors=tensors.origin
    )


def _cortex(head: Head) -> GivenCortexRecord | None:
    """Say where given surfaces are from and how they fit; None for the mesh's own."""
    given = head.given_cortex
    if given is None:
        return None
    return GivenCortexRecord(
        origin=given.surfaces.origin,
        notes=(*given.surfaces.notes, *given.surfaces.warnings, given.in_words()),
        vertices=given.surfaces.n_vertex,
        moved_into_grey=len(given.moved_m),
        left_out=given.dropped,
    )


def _mni(head: Head) -> str:
    try:
        return head.frame.description
    except MissingAnatomyError as error:
        return f"none: {error}"


def coil_record(coil: Coil) -> CoilRecord:
    """Describe a coil.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    CoilRecord
        Name, geometry, shape, casing, inductance, polarity.
    """
    a_x, a_y, a_z = (significant(a, 6) or 0.0 for a in coil.a_at_20mm_t_m)
    shape = coil.shape
    grids = sum(isinstance(part, SampledPotential) for part in coil.further)
    shares = shape.stimulators or ((coil.stimulator or None, 1.0),)
    return CoilRecord(
        name=coil.name,
        geometry=coil.geometry,
        elements=shape.elements,
        dipoles=len(coil.dipoles_m),
        segments=len(coil.copper_m) - len(coil.dipoles_m),
        grids=grids,
        stimulators=tuple(StimulatorShare(name=name, share=share) for name, share in shares),
        deformation={name: round(value, 4) for name, value in shape.deformation},
        casing=coil.casing.source,
        inductance_uh=number(coil.inductance_h * 1e6, 3),
        a_at_20mm_t_m=(a_x, a_y, a_z),
        current=current_direction(coil),
        polarity=polarity_record(coil),
        sources=tuple(coil.sources),
    )


def pose_record(head: Head, coil: Coil, pose: Pose) -> PoseRecord:
    """Describe a pose.

    Parameters
    ----------
    head, coil, pose : Head, Coil, Pose
        The coil on the head.

    Returns
    -------
    PoseRecord
        ``matsimnibs`` in millimetres, distance, handle angle and words.
    """
    try:
        handle_deg: float | None = float(np.rad2deg(handle_angle_rad(head, pose)))
    except PoseError:  # the words say that there is no such angle here
        handle_deg = None
    return PoseRecord(
        matsimnibs=matsimnibs(pose),
        convention="mm, RAS; columns x, y, z, centre; z into the head, y off the handle",
        distance_mm=round(mm_from_m(distance_along_axis_m(head, pose)), 3),
        handle_deg=number(handle_deg, 2),
        handle=describe_handle(head, pose),
        side=side_of(head, pose.origin_m),
        current=current_direction(coil),
    )


def matsimnibs(pose: Pose) -> Matrix4:
    """Return a pose as records hold it: a matrix in millimetres."""
    return numbers(matrix_mm_from_m(pose.matrix_m), 9)


def tolerance_record(tolerance: Tolerance) -> ToleranceRecord:
    """Describe what small errors of a pose cost.

    Parameters
    ----------
    tolerance : Tolerance
        Of a pose.

    Returns
    -------
    ToleranceRecord
        Losses in percent, negative where an error gains, and a sentence.
    """
    names = ("shifted", "turned", "tilted", "lifted", "random_rms", "random_worst")
    losses = {f"{name}_percent": round(100 * getattr(tolerance, name), 3) for name in names}
    shift_mm = mm_from_m(tolerance.shift_m)
    turn_deg = float(np.rad2deg(tolerance.turn_rad))
    by = {name: f"{100 * getattr(tolerance, name):.1f} %" for name in names}
    words = (
        f"{shift_mm:g} mm aside cost up to {by['shifted']}, {shift_mm:g} mm off the head "
        f"{by['lifted']}, {turn_deg:g}° of turn {by['turned']}, {turn_deg:g}° of tilt "
        f"{by['tilted']}; both in random directions {by['random_rms']} (rms)"
    )
    return ToleranceRecord(
        shift_mm=shift_mm, turn_deg=round(turn_deg, 6), **losses, words=words
    )


TARGET_IS = "mean |E| over the mid-grey points within 5 mm of the target"
ERROR_IS = (
    "bar of the numerical error on this mesh, which the error stays below at nine points of "
    "ten; anatomy, conductivities and pose come on top, see 'cortistim uncertainty'"
)
PEAK_IS = (
    "mean |E| over the mid-grey points within 5 mm, where it is largest on the whole cortex; "
    "measured as at the target, and so never below it"
)


def convergence_record(convergence: Convergence) -> ConvergenceRecord:
    """Describe how a solve ended.

    Parameters
    ----------
    convergence : Convergence
        Of a solve.

    Returns
    -------
    ConvergenceRecord
        Iterations, residual, unknowns, tolerance.
    """
    return ConvergenceRecord(
        iterations=convergence.iterations,
        residual=float(convergence.residual),
        unknowns=convergence.unknowns,
        tolerance=convergence.tolerance,
    )


def versions() -> dict[str, str]:
    """Return the versions of everything that computed."""
    found = {name: version(name) for name in LIBRARIES}
    return {**found, "python": platform.python_version(), "platform": platform.platform()}


def sources_record(keys: Iterable[str]) -> tuple[SourceRecord, ...]:
    """Describe sources, each with its text.

    Parameters
    ----------
    keys : iterable of str
        Keys of ``references.bib``; ``assumed`` and words such as ``given by the user`` are
        left out.

    Returns
    -------
    tuple of SourceRecord
        In the order of the keys.
    """
    known = (key for key in keys if key in references())
    return tuple(SourceRecord(key=key, text=describe(key)) for key in known)


def rounded(array: FloatArray, decimals: int) -> list:
    """Return an array as nested lists of rounded numbers, without negative zeros."""
    return (np.round(np.asarray(array, dtype=float), decimals) + 0.0).tolist()
