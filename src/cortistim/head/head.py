"""The head: tetrahedra, tissues, and the surfaces and frames that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from cortistim.geometry import frozen
from cortistim.head.anisotropy import SOURCES as ANISOTROPY_SOURCES
from cortistim.head.anisotropy import Anisotropy, Mapped, TensorImage, anisotropy_from
from cortistim.head.cortex.hemispheres import CorticalSurfaces, SettledCortex, settle
from cortistim.head.cortex.mid_grey import mid_grey_surface, require_grey
from cortistim.head.cortex.ribbon import Ribbon, cortical_ribbon
from cortistim.head.mesh import Surface, TetMesh
from cortistim.head.scalp import ScalpDistance, scalp_distance, scalp_surface
from cortistim.head.space.eeg import eeg_positions
from cortistim.head.space.frames import Frame
from cortistim.head.tissues import Tissue, missing_layers, tissues_for
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class Head(Shown):
    """A head that fields can be solved on.

    Parameters
    ----------
    name : str
        What a user calls it.
    mesh : TetMesh
        Tetrahedra and tags, in metres, subject space.
    tissues : tuple of Tissue
        One for each tag of the mesh.
    frame : Frame
        Ties subject space to MNI space.
    origin : str
        Where it is from: a file's path or the built-in's recipe.
    landmarks_m : mapping of str to (3,) array [m], optional
        Fiducials (Nz, Iz, LPA, RPA) and electrodes known beforehand.
    anatomy_sources : tuple of str, optional
        Keys of ``references.bib`` for the anatomy.
    warnings : tuple of str, optional
        What a reader should know before trusting a field.
    anisotropy : Anisotropy, optional
        How conductivity differs within tissues and by direction.
    given_cortex : SettledCortex, optional
        Hemispheres measured by others, which take the place of the mesh's own cortex.
    """

    name: str
    mesh: TetMesh
    tissues: tuple[Tissue, ...]
    frame: Frame
    origin: str
    landmarks_m: Mapping[str, FloatArray] = field(default_factory=dict)
    anatomy_sources: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    anisotropy: Anisotropy | None = None
    given_cortex: SettledCortex | None = None

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        tissues = ", ".join(tissue.name for tissue in self.tissues)
        return (
            ("name", self.name),
            ("nodes", f"{len(self.mesh.nodes_m):,}"),
            ("tissues", tissues),
            ("from", self.origin),
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib`` for anatomy and conductivities."""
        keys = (*self.anatomy_sources, *(tissue.source for tissue in self.tissues))
        if self.anisotropy is not None:
            keys = (*keys, *ANISOTROPY_SOURCES)
        return tuple(dict.fromkeys(key for key in keys if " " not in key))

    @cached_property
    def sigma_siemens_per_m(self) -> FloatArray:
        """Conductivity of each tetrahedron, (n_tet,), in S/m."""
        table = np.zeros(self.mesh.tags.max() + 1)
        for tissue in self.tissues:
            table[tissue.tag] = tissue.sigma_siemens_per_m
        return frozen(table[self.mesh.tags])

    @property
    def missing_tissues(self) -> tuple[str, ...]:
        """Layers that a field depends on and the mesh lacks, such as ``bone``."""
        return missing_layers(self.mesh.present_tags())

    @property
    def uneven_tags(self) -> tuple[int, ...]:
        """Tags of tissues in which the conductivity varies, so that phi is not harmonic."""
        return () if self.anisotropy is None else self.anisotropy.tags

    @cached_property
    def scalp(self) -> Surface:
        """The outer boundary of the mesh, with normals that ignore roughness."""
        return scalp_surface(self.mesh)

    @cached_property
    def outside(self) -> ScalpDistance:
        """Signed distance to the head's outer surface, positive outside."""
        return scalp_distance(self.mesh)

    @cached_property
    def cortex(self) -> Surface:
        """The mid-grey-matter surface; every vertex lies in grey matter.

        Raises
        ------
        MissingAnatomyError
            When the mesh has no grey matter.
        """
        given = self.given_cortex
        return mid_grey_surface(self.mesh) if given is None else given.surface

    @cached_property
    def ribbon(self) -> Ribbon:
        """The same surface with its white and pial sides.

        Raises
        ------
        MissingAnatomyError
            When the mesh has no white or no grey matter.
        """
        given = self.given_cortex
        return cortical_ribbon(self.mesh) if given is None else given.ribbon

    @cached_property
    def electrodes_m(self) -> Mapping[str, FloatArray]:
        """EEG 10-10 positions and fiducials on the scalp, by name.

        Raises
        ------
        MissingAnatomyError
            When neither fiducials nor a registration can be had.
        """
        return eeg_positions(self.scalp, self.frame, self.landmarks_m)

    def with_sigma(self, overrides: Mapping[int, float]) -> Self:
        """Return the same head with other conductivities.

        Parameters
        ----------
        overrides : mapping of int to float
            S/m by tag.

        Returns
        -------
        Head
            A new head.
        """
        return replace(self, tissues=tissues_for(self.mesh.present_tags(), overrides))

    def with_tensors(self, image: TensorImage, mapping: Mapped = "vn") -> Self:
        """Return the same head with the anisotropy of a diffusion image.

        Parameters
        ----------
        image : TensorImage
            In the head's frame.
        mapping : {"vn", "dir", "mc"}, optional
            How diffusion becomes conductivity, see `cortistim.head.anisotropy`.

        Returns
        -------
        Head
            A new head; its warnings say what the image lacks.

        Raises
        ------
        BadInputError
            When the image does not cover the brain or is no diffusion.
        """
        found = anisotropy_from(image, self.mesh, self.sigma_siemens_per_m, mapping=mapping)
        warnings = (*self.warnings, *found.warnings)
        return replace(self, anisotropy=found, warnings=warnings)

    def with_surfaces(self, surfaces: CorticalSurfaces) -> Self:
        """Return the same head with the cortex that others measured.

        Parameters
        ----------
        surfaces : CorticalSurfaces
            In the head's frame.

        Returns
        -------
        Head
            A new head; its warnings say how the surfaces fit.

        Raises
        ------
        BadInputError
            When the surfaces do not lie in the mesh's grey matter.
        MissingAnatomyError
            When the mesh has no grey matter.
        """
        require_grey(self.mesh)
        settled = settle(surfaces, self.mesh)
        warnings = (*self.warnings, *surfaces.warnings, settled.in_words())
        return replace(self, given_cortex=settled, warnings=warnings)
