"""
A first field
=============

A figure-8 coil over C3 of a ball with five layers, on its cortex.
"""

import numpy as np

import cortistim as ct
from cortistim.head import AffineFrame, Head, tissues_for
from cortistim.head.mesher import layered_sphere

tags = (1, 2, 3, 4, 5)
mesh = layered_sphere((0.074, 0.077, 0.080, 0.085, 0.092), tags, edge_m=0.008)
head = Head("ball", mesh, tissues_for(tags), AffineFrame(np.eye(4), "a ball"), "made here")
pose = ct.pose(over=[-0.04, 0.0, 0.065], head=head)
field = ct.field(head, "magstim_d70", pose, didt_a_per_s=1e8)
print(field.on_cortex())

# %%
figure = field.plot()

# %%
# The coil on the scalp:
where = pose.plot(head=head, coil=ct.coil("magstim_d70"))
