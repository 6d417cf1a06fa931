"""Transcranial magnetic stimulation, from the head and the coil to the dose.

Read the packages in this order; each may import only those above it.

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
mapping    responses, fields               the stimulated site
io         files of others                 the nouns above
viz        any noun above                  figures, 3-D scenes, the report
study      a plan of work                  whole experiments
========== =============================== =====================================

cortistim is research software, not a medical device.
"""

import os
from pathlib import Path

from cortistim.sources import cite

if not os.access(Path(__file__).parent, os.W_OK):  # then numba could not keep its code here
    from cortistim.cache.compiled import keep_compiled_code

    keep_compiled_code()

__version__ = "0.1.0"
__all__ = ["__version__", "cite"]
