"""
Two coils compared
==================

A figure-8 coil and a round one over the same place of a layered ball, where the field has a formula.
"""

import numpy as np

import cortistim as ct
from cortistim.field import sphere_field_v_per_m

under = np.diag([1.0, -1, -1, 1])
under[2, 3] = 0.096
depth_m = np.linspace(0.04, 0.077, 40)
points = np.column_stack([0 * depth_m + 0.02, 0 * depth_m, depth_m])
for name in ("magstim_d70", "round_90mm"):
    e = sphere_field_v_per_m(points, ct.coil(name), ct.pose(under), didt_a_per_s=1e8)
    size = np.linalg.norm(e, axis=1)
    half = 77 - 1e3 * np.interp(size[-1] / 2, size, depth_m)
    print(f"{name}: {size[-1]:.0f} V/m on the cortex, half of it {half:.0f} mm deeper")

# %%
figure = ct.coil("magstim_d70").plot()

# %%
other = ct.coil("round_90mm").plot()
