"""Studies of many people.

========== ==========================================================================
module     what it holds
========== ==========================================================================
design     what is done for everybody: setting, targets, coils, protocol
steps      the steps of a person: keys, folders, what each needs
work       what a step does
worker     a process of its own for one step
schedule   which step is next; time left; failures stay where they are
local      steps as processes of this machine
cluster    steps as futures of a Dask cluster
run        a cohort from its sheet to ``cohort.json``
group      people together on fsaverage, and their doses
========== ==========================================================================
"""
