"""
What a protocol may do
======================

The likely change of excitability after iTBS and 1 Hz, with its spread among people.
"""

import numpy as np

import cortistim as ct

minutes = np.arange(1, 61, 3)
itbs = ct.predict("iTBS600", minutes=minutes, models=False)
print(itbs)

# %%
figure = itbs.plot()
