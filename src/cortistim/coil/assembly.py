"""Coils of several elements that move against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.coil.casing import casing_around, merged_casing
from cortistim.coil.coil import Casing, Coil, CoilShape
from cortistim.coil.current import SampledPotential, Segments
from cortistim.coil.elements import Channel, Dipoles, Element, Model, Parameter, Shift, Turn
from cortistim.coil.point_currents import PointCurrents
from cortistim.errors import BadInputError, quoted
from cortistim.geometry import transform
from cortistim.typing import FloatArray

ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class CoilAssembly:
    """A coil of elements, joints and channels, at rest.

    Parameters
    ----------
    name : str
        What a user calls it.
    elements : tuple of Element
        At least one.
    channels : tuple of Channel
        At least one.
    joints : tuple of Shift or Turn
        Deformations.
    parameters : tuple of Parameter
        That the joints follow.
    models : tuple of Model
        Casings.
    casing : int or None
        The model that does not move with any element.
    exclusive : tuple of tuple of int
        Groups whose members must not intersect: 0 is the coil's casing, k is element k - 1.
    brand, version : str
        As the file says.
    limits_m : (3, 2) array [m] or None
        Box that the file recommends for sampling the potential.
    resolution_m : (3,) array [m] or None
        Steps in that box.
    sources : tuple of str
        Keys of ``references.bib``, or ``given by the user``.
    """

    name: str
    elements: tuple[Element, ...]
    channels: tuple[Channel, ...]
    joints: tuple[Shift | Turn, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    models: tuple[Model, ...] = ()
    casing: int | None = None
    exclusive: tuple[tuple[int, ...], ...] = ()
    brand: str = ""
    version: str = ""
    limits_m: FloatArray | None = None
    resolution_m: FloatArray | None = None
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse references to what is not there."""
        elements, n_model = self.elements, len(self.models)
        casings = [e.casing for e in elements if e.casing is not None]
        checks = (
            ("stimulators", [e.channel for e in elements], len(self.channels)),
            ("deformations", [j for e in elements for j in e.joints], len(self.joints)),
            ("deformation ranges", [j.parameter for j in self.joints], len(self.parameters)),
            ("models", casings if self.casing is None else [*casings, self.casing], n_model),
            ("self-intersection groups", [k for g in self.exclusive for k in g],
             len(elements) + 1),
        )  # fmt: skip
        for what, used, count in checks:
            wrong = [index for index in used if not 0 <= index < count]
            if wrong:
                msg = (
                    f"coil {quoted(self.name)} names {what} up to {count - 1}; got {wrong[0]}."
                )
                raise BadInputError(msg)
        if not elements or not self.channels:
            msg = f"coil {quoted(self.name)} must have an element and a stimulator."
            raise BadInputError(msg)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """A name for each parameter: that of the elements it moves, numbered if needed."""
        owners = [self._owner(index) for index in range(len(self.parameters))]
        names = []
        for index, owner in enumerate(owners):
            turn = owners[:index].count(owner)
            names.append(owner if owners.count(owner) == 1 else f"{owner}.{turn}")
        return tuple(names)

    def _owner(self, parameter: int) -> str:
        moved = {
            element.name
            for element in self.elements
            for joint in element.joints
            if self.joints[joint].parameter == parameter
        }
        return moved.pop() if len(moved) == 1 and "" not in moved else "deformation"

    def unit_of(self, parameter: int) -> str:
        """Return ``deg``, ``mm``, or ``deg and mm`` for a parameter shared by both.

        Parameters
        ----------
        parameter : int
            Its index.

        Returns
        -------
        str
            By the joints that it moves.
        """
        units = {joint.unit for joint in self.joints if joint.parameter == parameter}
        return " and ".join(sorted(units)) or "none"

    def values(self, deformation: Mapping[str, float]) -> FloatArray:
        """Return every parameter's value, (n_parameter,), the initial one where none is given.

        Parameters
        ----------
        deformation : mapping of str to float
            By name or number, in degrees or millimetres.

        Returns
        -------
        (n_parameter,) array
            In degrees or millimetres.

        Raises
        ------
        BadInputError
            When there is no such parameter or it is out of its range.
        """
        values = np.array([parameter.initial for parameter in self.parameters], dtype=float)
        for name, value in deformation.items():
            index = self._parameter(name)
            allowed = self.parameters[index]
            slack = ROUNDING * (1 + abs(value))
            if not allowed.low - slack <= value <= allowed.high + slack:
                msg = (
                    f"deformation {name} of {self.name} must lie in {allowed.low:g} to "
                    f"{allowed.high:g} {self.unit_of(index)}; got {value:g}."
                )
                raise BadInputError(msg)
            values[index] = np.clip(value, allowed.low, allowed.high)
        return values

    def _parameter(self, name: str) -> int:
        known = self.parameter_names
        if name in known:
            return known.index(name)
        if name.isdecimal() and int(name) < len(known):
            return int(name)
        allowed = f"one of {', '.join(known)}" if known else "left out: the coil has none"
        msg = f"a deformation of {self.name} must be {allowed}; got {quoted(name)}."
        raise BadInputError(msg)

    def motions_m(self, values: FloatArray) -> tuple[FloatArray, ...]:
        """Return the motion of every element, each (4, 4), for parameter values.

        Parameters
        ----------
        values : (n_parameter,) array
            In degrees and millimetres.

        Returns
        -------
        tuple of (4, 4) array [m]
            From the place that is stored to the one that is bent.
        """
        return tuple(self._motion_m(element, values) for element in self.elements)

    def _motion_m(self, element: Element, values: FloatArray) -> FloatArray:
        total_m = np.eye(4)
        for index in element.joints:
            joint = self.joints[index]
            total_m = joint.matrix_m(float(values[joint.parameter])) @ total_m
        return total_m

    def channel_names(self) -> tuple[str, ...]:
        """Return a name for each channel; its number where the file has none or repeats it.

        Returns
        -------
        tuple of str
            One for each channel.
        """
        names = [channel.name for channel in self.channels]
        return tuple(
            name if name and names.count(name) == 1 else str(index)
            for index, name in enumerate(names)
        )

    def rigid(
        self,
        deformation: Mapping[str, float] | None = None,
        currents: Mapping[str, float] | None = None,
    ) -> Coil:
        """Return the coil bent and fed in one way.

        Parameters
        ----------
        deformation : mapping of str to float, optional
            Values by parameter name or number; the initial ones where none is given.
        currents : mapping of str to float, optional
            Factor of dI/dt by channel name or number; 1 where none is given.

        Returns
        -------
        Coil
            For use by everything that takes a coil.

        Raises
        ------
        BadInputError
            When a name is unknown or a value out of range.
        """
        values = self.values(deformation or {})
        shares = self._shares(currents or {})
        motions = self.motions_m(values)
        dipoles, moments, further = self._currents(motions, shares)
        first, names = self.channels[0], self.channel_names()
        shape = CoilShape(
            len(self.elements),
            tuple(zip(names, shares.tolist(), strict=True)),
            tuple(zip(self.parameter_names, values.tolist(), strict=True)),
        )
        return Coil(
            self.name,
            dipoles,
            moments,
            self._casing(motions, dipoles, further),
            self._words(shape),
            self.sources,
            didt_max_a_per_s=first.didt_max_a_per_s,
            stimulator=first.name,
            further=further,
            waveforms=first.waveforms,
            shape=shape,
        )

    def _shares(self, currents: Mapping[str, float]) -> FloatArray:
        names = self.channel_names()
        shares = np.ones(len(names))
        for name, share in currents.items():
            index = int(name) if name not in names and name.isdecimal() else -1
            if name in names:
                index = names.index(name)
            if not 0 <= index < len(names):
                msg = (
                    f"a channel of {self.name} must be one of {', '.join(names)}; "
                    f"got {quoted(name)}."
                )
                raise BadInputError(msg)
            if not np.isfinite(share):
                msg = f"the share of channel {name} must be finite; got {share}."
                raise BadInputError(msg)
            shares[index] = share
        if not shares.any():
            msg = (
                f"at least one channel of {self.name} must carry current; all shares are zero."
            )
            raise BadInputError(msg)
        return shares

    def _currents(
        self, motions: Sequence[FloatArray], shares: FloatArray
    ) -> tuple[FloatArray, FloatArray, tuple[Segments | SampledPotential, ...]]:
        dipoles: list[FloatArray] = [np.empty((0, 3))]
        moments: list[FloatArray] = [np.empty((0, 3))]
        further: list[Segments | SampledPotential] = []
        for element, motion in zip(self.elements, motions, strict=True):
            share = float(shares[element.channel])
            current = element.current
            if isinstance(current, Dipoles):
                dipoles.append(transform(motion, current.points_m))
                moments.append(share * current.moments_m2 @ motion[:3, :3].T)
            else:
                further.append(current.moved(motion).scaled(share))
        return np.concatenate(dipoles), np.concatenate(moments), tuple(further)

    def _casing(
        self,
        motions: Sequence[FloatArray],
        dipoles_m: FloatArray,
        further: tuple[Segments | SampledPotential, ...],
    ) -> Casing:
        parts = [] if self.casing is None else [(self.models[self.casing], np.eye(4))]
        parts += [
            (self.models[element.casing], motion)
            for element, motion in zip(self.elements, motions, strict=True)
            if element.casing is not None
        ]
        if not parts:
            return casing_for(dipoles_m, further)
        moved = [
            (transform(motion, model.vertices_m), model.triangles) for model, motion in parts
        ]
        return merged_casing(moved, f"file, {len(parts)} closed surfaces")

    def _words(self, shape: CoilShape) -> str:
        kinds = [type(element.current).__name__ for element in self.elements]
        names = {"Dipoles": "dipoles", "Segments": "wire", "SampledPotential": "a grid"}
        counts = ", ".join(
            f"{kinds.count(kind)} of {names[kind]}" for kind in dict.fromkeys(kinds)
        )
        bent = ", ".join(f"{name} {value:.4g}" for name, value in shape.deformation)
        fed = ", ".join(f"{name} {share:+g}" for name, share in shape.stimulators)
        bending = f"; bent: {bent}" if bent else ""
        return f"{len(kinds)} elements ({counts}); fed: {fed}{bending}."


def casing_for(
    dipoles_m: FloatArray, further: tuple[Segments | SampledPotential, ...]
) -> Casing:
    """Make up a casing around whatever carries current.

    Parameters
    ----------
    dipoles_m : (n_dipole, 3) array [m]
        May be empty.
    further : tuple of Segments or SampledPotential
        Wire counts like dipoles. A grid says nothing about copper: around its strongest
        potential a plate is laid behind z = 0.

    Returns
    -------
    Casing
        Its source says how it was made up.
    """
    copper_m = np.vstack([dipoles_m, *(part.places_m for part in further)])
    if len(copper_m):
        return casing_around(copper_m)
    strong_m = [_strongest_m(grid) for grid in further if isinstance(grid, SampledPotential)]
    around = casing_around(np.vstack(strong_m))
    words = (
        "assumed: a plate behind z = 0 as wide as the potential is above half its peak; there "
        "is no casing file"
    )
    return Casing(around.vertices_m, around.triangles, words)


def _strongest_m(grid: SampledPotential) -> FloatArray:
    """Return where the potential is above half its peak, projected behind the face."""
    size = np.linalg.norm(grid.values_t_m, axis=-1)
    index = np.argwhere(size >= size.max() / 2)
    places_m = transform(grid.frame_m, transform(grid.affine_m, index.astype(float)))
    xy_m = np.unique(places_m[:, :2].round(6), axis=0)
    heights = [np.full(len(xy_m), z_m) for z_m in (-15e-3, -5e-3)]
    return np.concatenate([np.column_stack([xy_m, height]) for height in heights])


def assembly_of(coil: Coil) -> CoilAssembly:
    """Return a rigid coil as an assembly: an element per kind of current, one channel.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    CoilAssembly
        With the coil's casing as the one that moves with no element.

    Raises
    ------
    BadInputError
        When the coil is a reduced one, which is for searching only.
    """
    currents: list[Dipoles | Segments | SampledPotential] = []
    for part in coil.further:
        if isinstance(part, PointCurrents):
            msg = f"a coil in parts must be a full one; {coil.name} is reduced. Take the full."
            raise BadInputError(msg)
        currents.append(part)
    if len(coil.dipoles_m):
        currents.insert(0, Dipoles(coil.dipoles_m, coil.moments_m2))
    channel = Channel(
        coil.stimulator or "stimulator",
        didt_max_a_per_s=coil.didt_max_a_per_s,
        waveforms=coil.waveforms,
    )
    return CoilAssembly(
        coil.name,
        tuple(Element(current, 0) for current in currents),
        (channel,),
        models=(Model(coil.casing.vertices_m, coil.casing.triangles),),
        casing=0,
        sources=coil.sources,
    )
