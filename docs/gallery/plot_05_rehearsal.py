"""
Rehearsing a session
====================

A virtual subject, and a sheet that says how well the threshold was found.
"""

import cortistim as ct

record = ct.rehearse("threshold", seed=7)
figure = ct.plot(record)
