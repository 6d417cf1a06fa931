"""
Pulse shapes
============

What the coil current does in a pulse of four stimulators, each with the coil it was measured with.
"""

import cortistim as ct

pulses = [ct.pulse("magstim_rapid", "magstim_d70", mso_percent=p) for p in (25, 50, 100)]
for pulse in pulses:
    print(pulse)

# %%
# The field follows the current's rate, which follows the output:
figure = pulses[1].plot()
