"""From a T1 image, or labels, to a folder with a head that fields can be solved on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim import cache
from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, FileFormatError
from cortistim.head import Head, RegisteredFrame, TetMesh, require_sound
from cortistim.head.mesher import VERSION as MESHER_VERSION
from cortistim.head.mesher import MeshSizes, mesh_labels, prepare_labels
from cortistim.head.segmentation import VERSION as SEGMENTATION_VERSION
from cortistim.head.segmentation import (
    DeformedFrame,
    Volume,
    Work,
    aligned,
    evened,
    grid_points_m,
    register,
    segment,
)
from cortistim.head.space.deformable import LEVELS_M
from cortistim.head.space.frames import Frame
from cortistim.head.tissues import DEFAULTS, Tissue, missing_warning, tissues_for
from cortistim.image import isotropic_grid
from cortistim.io import write_head_mesh, write_volume_nifti
from cortistim.io.image.head_image import (
    read_head_image,
    read_label_image,
    require_same_grid,
)
from cortistim.io.subject.m2m import (
    MNI_OF_SUBJECT,
    RECORD,
    RECORD_KIND,
    SUBJECT_OF_MNI,
    recorded_tissues,
)
from cortistim.io.text import write_text
from cortistim.records.head_quality import HeadFolderRecord, HeadQualityRecord
from cortistim.study.folder import write_json
from cortistim.study.head.built import BuiltHead
from cortistim.study.head.labels import LabelSource
from cortistim.study.head.masks import FIRST_MASK_TAG, ExtraMask, painted, read_masks
from cortistim.study.head.quality import assessed, quality_record
from cortistim.study.head.steps import Steps
from cortistim.study.record import tissue_records
from cortistim.typing import FloatArray, IntArray, Progress, silent
from cortistim.units import mm_from_m
from cortistim.viz.figures.head_quality import HeadPictures, quality_page
from cortistim.viz.render.palette import tissue_grey

SIZES = MeshSizes(cortex_m=0.0020)  # 95 % of the nodes between tissues within half a voxel
COARSE_SIZES = MeshSizes(cortex_m=0.0055, deep_m=0.0080, surface_m=0.0070, bulk_m=0.014)
COARSE_M, COARSE_FOLDS_M = 2e-3, 4e-3
COARSE = (
    "coarse: the image was read on voxels of 2 mm, folds were registered down to 4 mm, and the "
    "mesh's edges are two to three times as long as usual. Good for trying a study out; fields "
    "may be off by tens of percent."
)
LABELS, MESH, REPORT = "labels.nii.gz", "head.msh", "quality.html"
STEPS, MARK = "steps", "steps/written.npz"
LEAST_BARE_ML = 2.0
BARE = (
    "{bare_ml:.0f} ml of cortex look like white matter in the image and were given the least "
    "thickness there, about 1.5 mm: the true one may be more."
)
WARP_M, WARP_MARGIN_M = 2e-3, 40e-3
EDITED = (
    "{path} was edited since it was made. To mesh the edited labels give it as `labels`; to "
    "make them anew delete the file."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What to build a head from.

    Parameters
    ----------
    t1 : Path
        Whole-head T1 image.
    work_folder : Path
        Folder in which steps are kept, so that an interrupted build resumes, and where an
        earlier build's labels and masks are looked for; the head is named after it and is
        usually written there.
    labels : Path, optional
        Labels on the grid of the T1 that take the place of our own.
    masks : tuple of ExtraMask, optional
        Painted over the labels, the last one on top.
    t2 : Path, optional
        T2 image of the same head on any grid; it tells CSF from bone where the T1 does not.
    coarse : bool, optional
        Work on voxels of 2 mm and a coarse mesh, see `COARSE`: a fifth of the time.
    """

    t1: Path
    work_folder: Path
    labels: Path | None = None
    masks: tuple[ExtraMask, ...] = ()
    t2: Path | None = None
    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsBuildRequest:
    """What to build a head from when there are labels alone.

    Parameters
    ----------
    source : LabelSource
        Any label image of a head, and what its numbers mean.
    work_folder : Path
        As for `BuildRequest`.
    """

    source: LabelSource
    work_folder: Path


def run_head_build(request: BuildRequest, *, progress: Progress = silent) -> BuiltHead:
    """Build a head from a T1 image.

    Registration, segmentation and mesh are kept in ``steps`` of the work folder and computed
    again only when what they depend on has changed.

    Parameters
    ----------
    request : BuildRequest
        The image, the folder, labels and masks.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    BuiltHead
        Ready to be written by `write_head`.

    Raises
    ------
    BadInputError
        When an image cannot be used or does not resemble a head.
    """
    _require_folder(request.work_folder)
    image, notes = read_head_image(request.t1)
    if request.coarse:
        image, notes = coarsened(image), (*notes, COARSE)
    second = _read_second(request.t2)
    steps = Steps(request.work_folder / STEPS)
    earlier = _earlier_masks(request)
    given, given_notes = _given_labels(request, image, {tissue.tag for tissue in earlier})
    masks = read_masks(request.masks, image)
    frame = _registered(steps, image, progress, coarse=request.coarse)
    placed = None
    if second is not None:
        placed, second_notes = _placed(steps, image, frame, second, progress)
        notes = (*notes, *second_notes)
    labels = given
    if labels is None:
        labels, own_notes = _segmented(
            steps, image, frame, placed, progress, coarse=request.coarse
        )
        notes = (*notes, *own_notes)
    labels = prepare_labels(labels)
    extra = painted(labels, masks, earlier)
    origin = f"built by cortistim from {request.t1.name}"
    name = request.work_folder.absolute().name
    sizes = COARSE_SIZES if request.coarse else SIZES
    mesh = _meshed(steps, labels, image.affine_m, progress, sizes)
    return BuiltHead(
        head=_head(name, mesh, extra, frame, origin),
        labels=labels,
        image=image,
        found=assessed(labels, image.affine_m, frame),
        warp=frame,
        notes=(*notes, *given_notes),
    )


def run_labels_build(request: LabelsBuildRequest, *, progress: Progress = silent) -> BuiltHead:
    """Build a head from label images alone.

    Parameters
    ----------
    request : LabelsBuildRequest
        The labels and the folder.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    BuiltHead
        Ready to be written by `write_head`; its tie to MNI space is affine, found from the
        mesh.

    Raises
    ------
    BadInputError
        When the labels cannot be used.
    """
    _require_folder(request.work_folder)
    tags, affine_m, notes = request.source.read()
    labels = prepare_labels(tags)
    mesh = _meshed(Steps(request.work_folder / STEPS), labels, affine_m, progress)
    origin = f"meshed by cortistim from {request.source.image.name}"
    frame = RegisteredFrame(mesh)
    return BuiltHead(
        head=_head(request.work_folder.absolute().name, mesh, (), frame, origin),
        labels=labels,
        image=Volume(tissue_grey(labels), affine_m),
        found=assessed(labels, affine_m, frame),
        warp=None,
        notes=notes,
    )


def write_head(
    built: BuiltHead, folder: Path, *, progress: Progress = silent
) -> HeadQualityRecord:
    """Write labels, mesh, coordinate maps and the page that judges a head.

    Parameters
    ----------
    built : BuiltHead
        From `run_head_build` or `run_labels_build`.
    folder : Path
        Where to; a head of this folder is what ``--head`` takes.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    HeadQualityRecord
        Volumes, mesh, findings, notes and warnings, as on the page.
    """
    progress("write labels, mesh and report", 0.0)
    image, record = built.image, quality_record(built)
    with whole_folder(folder) as place:
        _write_labels(place, built.labels, image.affine_m)
        if built.warp is not None:
            _write_warps(place, image, built.warp)
        pictures = HeadPictures(image.values, built.labels, image.affine_m, built.found)
        write_text(place / REPORT, quality_page(pictures, record))
        write_head_mesh(place / MESH, built.head.mesh)
        write_json(place / RECORD, head_folder_record(built.head, built.notes))
    return record


def coarsened(image: Volume) -> Volume:
    """Read an image on voxels of 2 mm, blurred so that nothing is skipped.

    Parameters
    ----------
    image : Volume
        Of a head.

    Returns
    -------
    Volume
        Along the same axes; the image itself where its voxels are as large.
    """
    if image.spacing_m.min() > 0.9 * COARSE_M:
        return image
    shape, affine_m = isotropic_grid(image, COARSE_M, 0.0)
    calm = image.blurred(0.4 * COARSE_M)
    values = calm.at(grid_points_m(shape, affine_m)).astype(np.float32)
    return Volume(values, affine_m)


def _require_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        msg = f"`work_folder` must be a folder; {out} is a file."
        raise BadInputError(msg)
    cache.finish(out)  # so that labels and their mark are of the same run


def _earlier_masks(request: BuildRequest) -> tuple[Tissue, ...]:
    """Return the masks of an earlier build, whose tags edited labels may hold."""
    recorded = recorded_tissues(request.work_folder) if request.labels else {}
    return tuple(tissue for tag, tissue in recorded.items() if tag >= FIRST_MASK_TAG)


def _given_labels(
    request: BuildRequest, image: Volume, known: set[int]
) -> tuple[IntArray | None, tuple[str, ...]]:
    """Labels of the user; refuses to write over labels that were edited."""
    if request.labels is not None:
        labels, affine_m = read_label_image(request.labels)
        found, wanted = (labels.shape, affine_m), (image.shape, image.affine_m)
        require_same_grid(request.labels, found, wanted)
        _require_tissues(request.labels, labels, known)
        note = f"labels are those of {request.labels.name}, not of the segmentation."
        return labels.astype(np.uint8), (note,)
    path = request.work_folder / LABELS
    if path.is_file() and (request.work_folder / MARK).is_file():
        labels, _ = read_label_image(path)
        if cache.digest(labels.astype(np.int32)) != _marked(request.work_folder / MARK):
            raise BadInputError(EDITED.format(path=path))
    return None, ()


def _marked(mark: Path) -> str:
    """Return the digest of the labels as they were written; a damaged mark fits none."""
    try:
        return str(cache.load(mark)["digest"])
    except (FileFormatError, KeyError):
        return ""


def _require_tissues(path: Path, labels: IntArray, known: set[int]) -> None:
    allowed = {0, *DEFAULTS, *known}
    strangers = [int(t) for t in np.unique(labels) if int(t) not in allowed]
    if strangers or not labels.any():
        msg = (
            f"{path}: labels must be tissue tags ({', '.join(map(str, DEFAULTS))}; 0 air); "
            f"got {strangers[:8] or 'air alone'}. Translate them first, or give them as "
            "`masks`."
        )
        raise BadInputError(msg)


def _registered(
    steps: Steps, image: Volume, progress: Progress, *, coarse: bool
) -> DeformedFrame:
    def build() -> dict[str, np.ndarray]:
        finest_m = COARSE_FOLDS_M if coarse else LEVELS_M[-1]
        found = register(image, finest_m=finest_m, progress=progress)
        return {
            "subject_from_mni": found.subject_from_mni,
            "there_m": found.there_m.astype(np.float32),
            "back_m": found.back_m.astype(np.float32),
            "affine_m": found.affine_m,
            "description": np.array(found.description),
        }

    how = (SEGMENTATION_VERSION, "coarse") if coarse else (SEGMENTATION_VERSION,)
    key = cache.digest(image.values, image.affine_m, *how)
    kept = steps.done("registration", key, build)
    return DeformedFrame(
        kept["subject_from_mni"],
        kept["there_m"],
        kept["back_m"],
        kept["affine_m"],
        str(kept["description"]),
    )


def _read_second(path: Path | None) -> tuple[str, Volume, tuple[str, ...]] | None:
    """Name, image and notes of a second image, read before anything long begins."""
    if path is None:
        return None
    image, notes = read_head_image(path)
    if not image.values.max() > image.values.min():
        msg = f"{path}: a T2 image must show a head; all its values are the same."
        raise BadInputError(msg)
    return path.name, image, tuple(f"{path.name}: {note}" for note in notes)


def _placed(
    steps: Steps,
    image: Volume,
    frame: DeformedFrame,
    second: tuple[str, Volume, tuple[str, ...]],
    progress: Progress,
) -> tuple[tuple[Volume, FloatArray], tuple[str, ...]]:
    """Find how the second image lies to the first, and say it."""
    name, other, notes = second

    def build() -> dict[str, np.ndarray]:
        progress("lay the T2 image over the T1 image", 0.0)
        found = aligned((image, evened(image, frame.subject_from_mni)), other)
        motion = np.array([found.moved_m, found.turned_deg])
        return {"matrix": found.matrix, "motion": motion}

    grids = (image.values, image.affine_m, other.values, other.affine_m)
    kept = steps.done("second", cache.digest(*grids, SEGMENTATION_VERSION), build)
    moved_m, turned_deg = (float(number) for number in kept["motion"])
    note = (
        f"{name} was turned by {turned_deg:.1f}° and moved by up to "
        f"{mm_from_m(moved_m):.1f} mm to lie over the T1 image."
    )
    return (other, kept["matrix"]), (*notes, note)


def _segmented(
    steps: Steps,
    image: Volume,
    frame: DeformedFrame,
    second: tuple[Volume, FloatArray] | None,
    progress: Progress,
    *,
    coarse: bool,
) -> tuple[IntArray, tuple[str, ...]]:
    """Find the tissues, and say what the image did not show."""

    def build() -> dict[str, np.ndarray]:
        work = Work.of(image, COARSE_M + 1e-4) if coarse else Work.of(image)
        other = work.seen_in(*second) if second else None
        found = segment(work.volume, frame, other, progress=progress)
        labels = work.back(found.labels, image)
        return {"labels": labels, "bare_m3": np.array(found.bare_m3)}

    more = (second[0].values, second[0].affine_m, second[1]) if second else ()
    how = (SEGMENTATION_VERSION, "coarse") if coarse else (SEGMENTATION_VERSION,)
    key = cache.digest(image.values, image.affine_m, *more, *how)
    kept = steps.done("tissues", key, build)
    bare_ml = 1e6 * float(kept["bare_m3"])
    notes = (BARE.format(bare_ml=bare_ml),) if bare_ml > LEAST_BARE_ML else ()
    return kept["labels"], notes


def _meshed(
    steps: Steps,
    labels: IntArray,
    affine_m: FloatArray,
    progress: Progress,
    sizes: MeshSizes = SIZES,
) -> TetMesh:
    def build() -> dict[str, np.ndarray]:
        mesh = mesh_labels(labels, affine_m, sizes=sizes, progress=progress)
        return {"nodes_m": mesh.nodes_m, "tets": mesh.tets, "tags": mesh.tags}

    key = cache.digest(labels, affine_m, sizes, MESHER_VERSION)
    kept = steps.done("mesh", key, build)
    return TetMesh(kept["nodes_m"], kept["tets"], kept["tags"])


def _head(
    name: str, mesh: TetMesh, extra: tuple[Tissue, ...], frame: Frame, origin: str
) -> Head:
    report = require_sound(mesh)
    own = {tissue.tag: tissue for tissue in extra}
    present = mesh.present_tags()
    known = {t.tag: t for t in tissues_for(tag for tag in present if tag not in own)}
    return Head(
        name=name,
        mesh=mesh,
        tissues=tuple({**known, **own}[tag] for tag in present),
        frame=frame,
        origin=origin,
        warnings=(*missing_warning(present), *report.warnings),
    )


def _write_labels(out: Path, labels: IntArray, affine_m: FloatArray) -> None:
    """Write labels and, among the steps, the mark by which an edit is noticed."""
    write_volume_nifti(out / LABELS, labels.astype(np.int32), affine_m, "tissue tags")
    digest = np.array(cache.digest(labels.astype(np.int32)))
    cache.store(out / MARK, {"digest": digest})


def _write_warps(out: Path, image: Volume, frame: DeformedFrame) -> None:
    """Write the tie to MNI space as two coordinate maps, as others read them."""
    shape, affine_m = isotropic_grid(image, WARP_M, WARP_MARGIN_M)
    points_m = grid_points_m(shape, affine_m)
    _write_map(out / MNI_OF_SUBJECT, frame.to_mni_m(points_m.reshape(-1, 3)), shape, affine_m)
    template = Volume(frame.there_m[..., 0], frame.affine_m)
    shape, affine_m = isotropic_grid(template, WARP_M, WARP_MARGIN_M)
    points_m = grid_points_m(shape, affine_m)
    moved_m = frame.to_subject_m(points_m.reshape(-1, 3))
    _write_map(out / SUBJECT_OF_MNI, moved_m, shape, affine_m)


def _write_map(
    path: Path, places_m: FloatArray, shape: tuple[int, int, int], affine_m: FloatArray
) -> None:
    values_mm = mm_from_m(places_m).reshape(*shape, 3).astype(np.float32)
    write_volume_nifti(path, values_mm, affine_m, "coordinates in the other space, mm")


def head_folder_record(head: Head, notes: tuple[str, ...]) -> HeadFolderRecord:
    """Return what a head's folder tells besides mesh and images.

    Parameters
    ----------
    head : Head
        The head.
    notes : tuple of str
        What was decided on the way.

    Returns
    -------
    HeadFolderRecord
        The content of ``head.json``.
    """
    return HeadFolderRecord(
        kind=RECORD_KIND,
        name=head.name,
        origin=head.origin,
        mni=head.frame.description,
        tissues=tissue_records(head),
        notes=notes,
    )
