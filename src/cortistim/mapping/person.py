"""A virtual subject with a head: a pose and an output go in, EMG of every muscle comes out.

The field at the muscles' sites comes from a function of poses that whoever makes the subject
hands over, such as an operator's. ::

    session = VirtualSession(person, field_at, seed=1)
    answer = session.pulse(pose_m, percent=55)
    answer.mep_v, answer.held_m
    session.truth()          # ends the session

What is true of the person, and what happened at each pulse, stays sealed until it is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.mapping.muscle import Muscle, threshold_percent
from cortistim.mapping.site import CorticalSite
from cortistim.mapping.subject import REST_V, TENSE_GAIN, TENSE_V
from cortistim.mapping.trace import emg_trace
from cortistim.typing import FloatArray

FieldAt = Callable[[FloatArray], FloatArray]
"""Poses, (k, 4, 4) in m, to E at a person's points, (k, n, 3) in V/m per A/µs."""
QUIET, TENSE, SLIPPED = "", "pre-activation", "coil off the spot"
NONE = "trigger without a pulse"
MOST_PERCENT = 130.0  # of what is simulated; no device gives it


@dataclass(frozen=True, slots=True)
class SessionNuisances:
    """What a navigated session adds to a person; assumed, of the order of what is reported.

    Parameters
    ----------
    drift, pull : float
        Standard deviation of the excitability's random walk per pulse (relative), and the
        share of it that is lost per pulse.
    jitter_m, jitter_rad : float
        Standard deviation of the coil's place in each axis of the scalp, and of its turn.
    slips : float
        Chance that the coil has slipped, five times as far.
    reading_m, reading_rad : float
        Standard deviation of what the navigator says of the coil.
    lost : float
        Chance that the navigator does not see the coil.
    tense : float
        Chance of a tense muscle.
    missed : float
        Chance of a trigger without a pulse.
    crosstalk : float
        Share of every other muscle's response that an electrode picks up.
    """

    drift: float = 0.004
    pull: float = 0.02
    jitter_m: float = 1.5e-3
    jitter_rad: float = 0.04
    slips: float = 0.02
    reading_m: float = 0.5e-3
    reading_rad: float = 0.01
    lost: float = 0.02
    tense: float = 0.03
    missed: float = 0.01
    crosstalk: float = 0.03


NO_NUISANCES = SessionNuisances(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""A session in which only the responses vary."""


@dataclass(frozen=True, eq=False, repr=False)
class VirtualMuscle:
    """One muscle of a virtual subject.

    Parameters
    ----------
    name : str
        Such as FDI.
    site : CorticalSite
        What of the cortex moves it.
    responses : Muscle
        One person of `cortistim.mapping.muscle`.
    reference_v_per_m : float [V/m]
        Effective field for 1 A/µs at the pose where the person's outputs hold: there, an
        output in percent is felt as it is, elsewhere in proportion to the effective field.
    """

    name: str
    site: CorticalSite
    responses: Muscle
    reference_v_per_m: float

    def __post_init__(self) -> None:
        """Refuse several people in one, and no field."""
        if self.responses.size != 1 or not self.reference_v_per_m > 0:
            msg = (
                "a virtual muscle needs the responses of one person and a reference field "
                f"above 0; got {self.responses.size} and {self.reference_v_per_m:g} V/m."
            )
            raise BadInputError(msg)

    def threshold_percent(self) -> float:
        """Return the motor threshold at the pose of the reference field."""
        return float(threshold_percent(self.responses)[0])

    def median_v(self, percent: FloatArray) -> FloatArray:
        """Return the middle response to felt outputs without noise.

        Parameters
        ----------
        percent : (...) array
            As `felt_percent` gives them.

        Returns
        -------
        (...) array [V]
            Peak to peak.
        """
        rows = np.asarray(percent, float).reshape(1, -1)
        return self.responses.middle_v(rows).reshape(np.shape(percent))


@dataclass(frozen=True, eq=False, repr=False)
class VirtualPerson:
    """A person with one muscle or several; nothing of it changes.

    Parameters
    ----------
    muscles : tuple of VirtualMuscle
        At least one, of unlike names.
    """

    muscles: tuple[VirtualMuscle, ...]

    def __post_init__(self) -> None:
        """Refuse nobody, and two muscles of one name."""
        names = [muscle.name for muscle in self.muscles]
        if not names or len(set(names)) < len(names):
            msg = f"a virtual subject needs muscles of unlike names; got {names[:8]}."
            raise BadInputError(msg)

    @property
    def points_m(self) -> FloatArray:
        """Where fields are wanted: the points of all sites one after the other, (n, 3)."""
        return np.concatenate([muscle.site.points_m for muscle in self.muscles])

    def felt_percent(self, e_v_per_m: FloatArray, percent: FloatArray) -> FloatArray:
        """Return what each muscle feels of pulses.

        Parameters
        ----------
        e_v_per_m : (k, n, 3) array [V/m]
            At `points_m` for 1 A/µs.
        percent : (k,) array
            Outputs.

        Returns
        -------
        (k, n_muscle) array
            Outputs at the reference pose that would do the same, in percent.
        """
        ends = np.cumsum([len(muscle.site.points_m) for muscle in self.muscles])
        parts = np.split(np.asarray(e_v_per_m), ends[:-1], axis=-2)
        share = [
            muscle.site.felt_v_per_m(e) / muscle.reference_v_per_m
            for muscle, e in zip(self.muscles, parts, strict=True)
        ]
        return np.stack(share, axis=-1) * np.asarray(percent)[..., None]

    def respond_v(
        self, e_v_per_m: FloatArray, percent: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """Draw responses to pulses, without anything that a session adds.

        Parameters
        ----------
        e_v_per_m, percent
            As `felt_percent` takes them.
        rng : Generator
            Of the responses.

        Returns
        -------
        (k, n_muscle) array [V]
            Peak to peak.
        """
        felt = self.felt_percent(e_v_per_m, percent)
        found = enumerate(self.muscles)
        rows = [m.responses.respond_v(felt[None, :, j], rng)[0] for j, m in found]
        return np.stack(rows, axis=1)


@dataclass(frozen=True, eq=False)
class VirtualAnswer:
    """What amplifier and navigator show after a trigger.

    Parameters
    ----------
    mep_v : (n_muscle,) array [V]
        Peak to peak.
    baseline_v : (n_muscle,) array [V]
        Root mean square before the pulse.
    held_m : (4, 4) array [m] or None
        Where the navigator saw the coil; None when it did not.
    emg_v : (n_muscle, n_sample) array [V] or None
        At `cortistim.mapping.trace.trace_time_s`; None when traces were not asked for.
    """

    mep_v: FloatArray
    baseline_v: FloatArray
    held_m: FloatArray | None
    emg_v: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Happening:
    """What really was at one pulse.

    Parameters
    ----------
    pose_m : (4, 4) array [m]
        Where the coil was.
    excitability : float
        Factor on what the muscles felt.
    cause : str
        What disturbed it; empty for nothing.
    """

    pose_m: FloatArray
    excitability: float
    cause: str

    def __post_init__(self) -> None:
        """Freeze the pose."""
        freeze(self, "pose_m")


@dataclass(frozen=True, eq=False)
class Truth:
    """What was sealed.

    Parameters
    ----------
    person : VirtualPerson
        Sites, responses, reference fields.
    happenings : tuple of Happening
        One for each pulse.
    """

    person: VirtualPerson
    happenings: tuple[Happening, ...] = field(default=())


class VirtualSession:
    """A session with a virtual subject.

    Parameters
    ----------
    person : VirtualPerson
        Who answers.
    field_at : callable
        Fields at the person's points; see `FieldAt`.
    seed : int
        Of all that happens: equal seeds and pulses give equal sessions.
    nuisances : SessionNuisances, optional
        Of the session.
    with_emg : bool, optional
        Draw traces, too.
    """

    def __init__(
        self,
        person: VirtualPerson,
        field_at: FieldAt,
        *,
        seed: int,
        nuisances: SessionNuisances | None = None,
        with_emg: bool = False,
    ) -> None:
        self._person, self._field_at = person, field_at
        self.nuisances = nuisances or SessionNuisances()
        self.with_emg = with_emg
        # one stream each, so that asking for traces changes no response
        self._rng = np.random.default_rng([seed, 2])
        self._responses = np.random.default_rng([seed, 3])
        self._noise = np.random.default_rng([seed, 4])
        self._drift, self._is_open = 0.0, True
        self._happened: list[Happening] = []

    @property
    def muscles(self) -> tuple[str, ...]:
        """Names of the muscles, in the order of all answers."""
        return tuple(muscle.name for muscle in self._person.muscles)

    @property
    def pulses(self) -> int:
        """How many triggers there were."""
        return len(self._happened)

    def pulse(self, pose_m: FloatArray, percent: float) -> VirtualAnswer:
        """Hold the coil somewhere and stimulate.

        Parameters
        ----------
        pose_m : (4, 4) array [m]
            Where the coil is to be.
        percent : float
            Of the maximal output.

        Returns
        -------
        VirtualAnswer
            Of every muscle.

        Raises
        ------
        BadInputError
            When the truth was told already, or the output cannot be.
        """
        if not self._is_open:
            msg = "the truth about this subject was told, which ended the session."
            raise BadInputError(msg)
        if not 0 <= percent <= MOST_PERCENT:
            msg = f"an output must lie between 0 and {MOST_PERCENT:g} %; got {percent:g}."
            raise BadInputError(msg)
        asked, rng = self.nuisances, self._rng
        chance, normal = rng.random(4), rng.standard_normal(8)
        self._drift = (1 - asked.pull) * self._drift + asked.drift * normal[0]
        factor = 5.0 if chance[0] < asked.slips else 1.0
        there_m = moved(
            pose_m, factor * asked.jitter_m * normal[1:3], factor * asked.jitter_rad * normal[3]
        )
        cause = SLIPPED if factor > 1 else QUIET
        cause = TENSE if chance[1] < asked.tense else cause
        cause = NONE if chance[2] < asked.missed else cause
        size_v = self._sizes_v(there_m, percent, cause)
        baseline_v = (TENSE_V if cause == TENSE else REST_V) * rng.uniform(
            0.7, 1.3, len(self.muscles)
        )
        self._happened.append(Happening(there_m, float(np.exp(self._drift)), cause))
        read_m = moved(there_m, asked.reading_m * normal[4:6], asked.reading_rad * normal[6])
        held_m = read_m if chance[3] >= asked.lost else None
        traces_v = self._traces_v(size_v, baseline_v, cause)
        return VirtualAnswer(size_v, baseline_v, held_m, traces_v)

    def _sizes_v(self, pose_m: FloatArray, percent: float, cause: str) -> FloatArray:
        e_v_per_m = np.asarray(self._field_at(pose_m[None]))
        felt = 0.0 if cause == NONE else percent * np.exp(self._drift)
        own_v = self._person.respond_v(e_v_per_m, np.array([felt]), self._responses)[0]
        own_v = own_v * (TENSE_GAIN if cause == TENSE else 1.0)
        return own_v + self.nuisances.crosstalk * (own_v.sum() - own_v)

    def _traces_v(
        self, size_v: FloatArray, baseline_v: FloatArray, cause: str
    ) -> FloatArray | None:
        if not self.with_emg:
            return None
        rows = [
            emg_trace(float(size), float(rest), self._noise, artefact=cause != NONE)
            for size, rest in zip(size_v, baseline_v, strict=True)
        ]
        return np.array(rows)

    def truth(self) -> Truth:
        """Tell what is true, which ends the session."""
        self._is_open = False
        return Truth(self._person, tuple(self._happened))


def moved(pose_m: FloatArray, shift_m: FloatArray, turn_rad: float) -> FloatArray:
    """Slide a coil in its own plane and turn it about its axis.

    Parameters
    ----------
    pose_m : (4, 4) array [m]
        The coil's.
    shift_m : (2,) array [m]
        Along its x and y.
    turn_rad : float [rad]
        About its z.

    Returns
    -------
    (4, 4) array [m]
        The new pose.
    """
    change = np.eye(4)
    change[:3, :3] = Rotation.from_rotvec([0.0, 0.0, turn_rad]).as_matrix()
    change[:2, 3] = shift_m
    return np.asarray(pose_m, float) @ change
