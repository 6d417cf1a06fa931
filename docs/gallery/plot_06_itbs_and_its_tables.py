"""
iTBS and its tables
===================

The pulses of intermittent theta burst, and what a safety table says of a depression protocol.
"""

import os
import tempfile

import cortistim as ct

os.environ["CORTISTIM_AUDIT"] = os.path.join(tempfile.mkdtemp(), "audit.jsonl")
protocol = ct.protocol("iTBS600")
print(protocol)
for table in ("rossi2009", "chen1997"):
    checked = ct.check("FDA-MDD-10HZ-L", table=table)
    print(f"{table}: {checked.verdict}; {checked.reasons[0]}")

# %%
figure = protocol.plot()
