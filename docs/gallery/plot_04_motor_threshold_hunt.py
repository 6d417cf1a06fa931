"""
Hunting a motor threshold
=========================

A virtual person, the default method, and what is known after each pulse.
"""

import numpy as np

import cortistim as ct

rng, true = np.random.default_rng(4), 52.0
hunt = ct.threshold(start_percent=40)
while (percent := hunt.propose()) is not None:
    hunt.respond(hit=bool(rng.normal(percent, 0.07 * true) > true))
print(hunt.result())

# %%
figure = ct.plot(hunt)
