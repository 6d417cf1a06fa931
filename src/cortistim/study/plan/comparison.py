"""Two plans side by side: numbers, words, poses, and where on the cortex the fields differ."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, MissingFileError
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.gifti_read import read_columns_gifti, read_surface_gifti
from cortistim.io.text import text_of
from cortistim.placement import Pose
from cortistim.records import read_record
from cortistim.records.form import number
from cortistim.records.plan import PlanRecord
from cortistim.records.plan_comparison import ComparedNumber, ComparedWords, PlanComparison
from cortistim.study.folder import write_json
from cortistim.study.session.moved import pose_angles_deg
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm, matrix_m_from_mm, mm_from_m

PLAN_FILE, SURFACE_FILE, FIELD_FILE = "plan.json", "cortex.surf.gii", "cortex_field.func.gii"
SAME_PLACE_MM = 1e-3
"""Vertices of one cortex agree to this, as written."""
OTHER_HEADS = "the plans are of different heads or cortices, whose points do not correspond"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRequest:
    """Which plans.

    Parameters
    ----------
    a, b : Path
        Folders of ``cortistim plan``.
    """

    a: Path
    b: Path


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedCortex:
    """The cortex of both plans with both fields.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Of both.
    triangles : (n_triangle, 3) int array
        Of both.
    a_v_per_m, b_v_per_m : (n_vertex,) arrays [V/m]
        |E| of each plan at its own dI/dt.
    """

    vertices_m: FloatArray
    triangles: IntArray
    a_v_per_m: FloatArray
    b_v_per_m: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedPlans:
    """Two plans, read.

    Parameters
    ----------
    a, b : PlanRecord
        Contents of their ``plan.json``.
    names : (str, str)
        Of their folders.
    poses : (Pose, Pose)
        Of their coils.
    cortex : ComparedCortex or None
        None where the cortices do not correspond.
    """

    a: PlanRecord
    b: PlanRecord
    names: tuple[str, str]
    poses: tuple[Pose, Pose]
    cortex: ComparedCortex | None


def run_comparison(request: ComparisonRequest) -> ComparedPlans:
    """Read two plans.

    Parameters
    ----------
    request : ComparisonRequest
        Two folders.

    Returns
    -------
    ComparedPlans
        For `write_comparison`.

    Raises
    ------
    BadInputError
        When a folder holds no plan, or one of another version.
    """
    plans = [_plan(folder) for folder in (request.a, request.b)]
    first, second = (
        Pose(matrix_m_from_mm(np.array(plan.pose.matsimnibs, dtype=float))) for plan in plans
    )
    names = (_named(request.a), _named(request.b))
    cortex = _cortex(request.a, request.b)
    return ComparedPlans(
        a=plans[0], b=plans[1], names=names, poses=(first, second), cortex=cortex
    )


def _named(folder: Path) -> str:
    return folder.resolve().name


def _plan(folder: Path) -> PlanRecord:
    path = folder / PLAN_FILE if folder.is_dir() else folder
    if not path.exists():
        if not folder.exists():
            raise MissingFileError(folder)
        msg = f"{folder} must be the folder of a plan; it holds no {PLAN_FILE}. Plan first."
        raise BadInputError(msg)
    return read_record(PlanRecord, text_of(path))


def _cortex(a: Path, b: Path) -> ComparedCortex | None:
    """Read both cortices; None where a file is missing or the points do not correspond."""
    files = [folder / name for folder in (a, b) for name in (SURFACE_FILE, FIELD_FILE)]
    if not all(path.exists() for path in files):
        return None
    first, second = (read_surface_gifti(folder / SURFACE_FILE) for folder in (a, b))
    if first.vertices_mm.shape != second.vertices_mm.shape:
        return None
    if np.abs(first.vertices_mm - second.vertices_mm).max() > SAME_PLACE_MM:
        return None
    fields = [next(iter(read_columns_gifti(folder / FIELD_FILE).values())) for folder in (a, b)]
    return ComparedCortex(
        vertices_m=m_from_mm(np.asarray(first.vertices_mm, dtype=float)),
        triangles=first.triangles,
        a_v_per_m=fields[0],
        b_v_per_m=fields[1],
    )


def comparison_record(found: ComparedPlans) -> PlanComparison:
    """Describe how two plans differ.

    Parameters
    ----------
    found : ComparedPlans
        From `run_comparison`.

    Returns
    -------
    PlanComparison
        Without files.
    """
    a, b = found.a, found.b
    same_head = a.head.mesh_digest == b.head.mesh_digest
    turned = tilted = apart = None
    if same_head:
        away_m = found.poses[1].origin_m - found.poses[0].origin_m
        apart = round(float(mm_from_m(np.linalg.norm(away_m))), 3)
        turned, tilted = (round(angle, 2) for angle in pose_angles_deg(*found.poses))
    cortex, largest = found.cortex, None
    if cortex is not None:
        away = cortex.b_v_per_m - cortex.a_v_per_m
        largest = number(float(away[np.abs(away).argmax()]), 3)
    return PlanComparison(
        a=found.names[0],
        b=found.names[1],
        apart_mm=apart,
        turned_deg=turned,
        tilted_deg=tilted,
        numbers=_numbers(a, b),
        words=_words(a, b),
        largest_difference_v_per_m=largest,
        map_reason="" if cortex is not None else OTHER_HEADS,
        files=(),
    )


def _numbers(a: PlanRecord, b: PlanRecord) -> tuple[ComparedNumber, ...]:
    def per_didt(plan: PlanRecord) -> float:
        return plan.field.target_e_v_per_m / plan.field.didt_a_per_us

    rows = (
        ("|E| at the target", "V/m", a.field.target_e_v_per_m, b.field.target_e_v_per_m),
        ("|E| at the target for each A/µs", "V/m", per_didt(a), per_didt(b)),
        ("dI/dt", "A/µs", a.field.didt_a_per_us, b.field.didt_a_per_us),
        ("peak |E| on the cortex", "V/m", a.field.local_peak_e_v_per_m,
         b.field.local_peak_e_v_per_m),
        ("from the target to the peak", "mm", a.field.local_peak_from_target_mm,
         b.field.local_peak_from_target_mm),
        ("cortex above half of the 99.9th percentile", "mm²", a.field.focality_mm2.get("0.5"),
         b.field.focality_mm2.get("0.5")),
        ("stimulator output", "% MSO", a.dose.percent_mso, b.dose.percent_mso),
        ("from the scalp to the coil's face", "mm", a.pose.distance_mm, b.pose.distance_mm),
        ("handle's angle", "°", a.pose.handle_deg, b.pose.handle_deg),
    )  # fmt: skip
    return tuple(_number(*row) for row in rows if row[2] is not None or row[3] is not None)


def _number(name: str, unit: str, a: float | None, b: float | None) -> ComparedNumber:
    apart = None if a is None or b is None else b - a
    share = None if apart is None or not a else 100 * apart / abs(a)
    return ComparedNumber(
        name=name,
        unit=unit,
        a=number(a, 4),
        b=number(b, 4),
        difference=number(apart, 4),
        ratio_percent=number(share, 2),
    )


def _words(a: PlanRecord, b: PlanRecord) -> tuple[ComparedWords, ...]:
    def delivery(plan: PlanRecord) -> str:
        return "not checked" if plan.dose.delivery is None else plan.dose.delivery.verdict

    rows = (
        ("head", a.head.name, b.head.name),
        ("target", a.target.name, b.target.name),
        ("coil", a.coil.name, b.coil.name),
        ("stimulator", a.stimulator.words, b.stimulator.words),
        ("protocol", a.protocol.name, b.protocol.name),
        ("handle", a.pose.handle, b.pose.handle),
        ("safety", a.safety.verdict, b.safety.verdict),
        ("device", delivery(a), delivery(b)),
    )
    return tuple(ComparedWords(name=name, a=x, b=y) for name, x, y in rows)


def write_comparison(found: ComparedPlans, folder: Path) -> PlanComparison:
    """Write a table, a page, and, where the cortices correspond, a map of differences.

    Parameters
    ----------
    found : ComparedPlans
        From `run_comparison`.
    folder : Path
        Made when missing.

    Returns
    -------
    PlanComparison
        The content of ``comparison.json``.
    """
    from cortistim.viz.figures.difference import DifferenceContent, difference_map
    from cortistim.viz.render.canvas import write_png
    from cortistim.viz.report.comparison import write_comparison_page

    record = comparison_record(found)
    cortex = found.cortex
    with whole_folder(folder) as place:
        files = ["comparison.json", "comparison.html"]
        if cortex is not None:
            away = cortex.b_v_per_m - cortex.a_v_per_m
            write_overlay_gifti(
                place / "difference.func.gii", {"|E| of B less that of A [V/m]": away}
            )
            content = DifferenceContent(
                vertices_m=cortex.vertices_m,
                triangles=cortex.triangles,
                a_v_per_m=cortex.a_v_per_m,
                b_v_per_m=cortex.b_v_per_m,
                names=found.names,
                toward=-found.poses[0].rotation[:, 2],
                target_m=m_from_mm(np.array(found.a.target.subject_mm)),
            )
            missing = write_png(place / "difference.png", lambda: difference_map(content))
            files += ["difference.func.gii", *([] if missing else ["difference.png"])]
            record = replace(record, map_reason=missing)
        record = replace(record, files=tuple(files))
        write_json(place / "comparison.json", record)
        write_comparison_page(record, place / "comparison.html", place / "difference.png")
    return record
