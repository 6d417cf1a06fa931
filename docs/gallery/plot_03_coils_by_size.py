"""
Coils by size
=============

A small figure-8 coil beside a large one: the same turns in less copper, and less depth for it.
"""

from cortistim.coil import coil_metrics

import cortistim as ct

for name in ("magstim_d70", "magstim_d25"):
    coil = ct.coil(name)
    print(f"{coil.name}: {coil.inductance_h * 1e6:.1f} µH, {coil_metrics(coil).n_dipole} dipoles")

# %%
figure = ct.coil("magstim_d25").plot()
