"""Transcranial magnetic stimulation, from the head and the coil to the dose.

    import cortistim as ct

    head, coil = ct.head("sphere"), ct.coil("magstim_d70")
    field = ct.field(head, coil, ct.pose(over="C3", head=head), didt_a_per_s=1e8)
    field.plot()

``dir(cortistim)`` lists the functions; `cortistim.api` says what they take. Beneath them are
packages, each of which may import only those above it:

========== =============================== =====================================
package    takes                           gives
========== =============================== =====================================
head       images, meshes                  tissues with conductivity, surfaces, frames
coil       windings, dipoles               vector potential per ampere, casing
pulse      stimulator circuit              dI/dt(t), %MSO to A/s
placement  scalp, landmarks                a rigid pose that does not cut the head
protocol   pulses                          pulse times
field      head, coil, pose                E per unit dI/dt
neuron     field, pulse                    thresholds, recruitment
plasticity neuron, protocol                change of excitability
safety     protocol, field                 limits met or not
targeting  target, head, coil              the best pose
mapping    responses, fields               thresholds, recruitment curves
io         files of others                 the nouns above
viz        any noun above                  figures, 3-D scenes, the report
study      a plan of work                  whole experiments
api        what a person would give        one function for each task
========== =============================== =====================================

cortistim is research software, not a medical device.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from cortistim.offered import BENEATH, FUNCTIONS, NOUNS, PACKAGES

if not os.access(Path(__file__).parent, os.W_OK):  # then numba could not keep its code here
    from cortistim.cache.compiled import keep_compiled_code

    keep_compiled_code()

__version__ = "0.1.0"
__all__ = ["__version__", *FUNCTIONS, *NOUNS]  # noqa: PLE0604 - names of a table


class _CallablePackage(ModuleType):
    """A package that is called like the function of its name: ``ct.head("sphere")``."""

    def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        name = self.__name__.rpartition(".")[2]
        return getattr(import_module(FUNCTIONS[name]), name)(*given, **named)


class _Cortistim(ModuleType):
    """The package: what it offers is imported when it is asked for."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        home = NOUNS.get(name) or FUNCTIONS.get(name)
        if name in PACKAGES or name in BENEATH:
            return import_module(f"{self.__name__}.{name}")
        if home is not None:
            return getattr(import_module(home), name)
        msg = f"module 'cortistim' has no attribute '{name[:80]}'; dir(cortistim) lists them"
        raise AttributeError(msg)

    def __dir__(self) -> list[str]:
        own = (name for name in vars(self) if name.startswith("__"))
        return sorted({*own, *__all__})

    def __setattr__(self, name: str, value: object) -> None:
        if name in PACKAGES and isinstance(value, ModuleType):
            value.__class__ = _CallablePackage  # Python binds packages here on import
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Cortistim
