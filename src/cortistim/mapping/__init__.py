"""From responses to thresholds, recruitment curves and the stimulated site.

============ ========================================================================
module       what it holds
============ ========================================================================
muscle       simulated people: which response a pulse evokes, by three models
threshold    methods of finding a motor threshold, and the object that runs one
curve        recruitment curves with intervals, alone or together; designs of studies
conditioning conditioned over test responses: SICI, ICF, LICI, SAI, IHI
============ ========================================================================
"""
