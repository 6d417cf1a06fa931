"""From responses to thresholds, recruitment curves and the stimulated site.

============ ========================================================================
module       what it holds
============ ========================================================================
muscle       simulated people: which response a pulse evokes, by three models
threshold    methods of finding a motor threshold, and the object that runs one
locating     which piece of cortex responses come from; poses that tell
lesion       virtual lesions: schedules, power, error rates of sites
motor_map    centre of gravity, area, volume and overlap of motor maps
curve        recruitment curves with intervals, alone or together; designs of studies
subject      a virtual subject: a simulated person with the nuisances of a session
site         the cortex that moves a muscle: from fields to one effective field
person       a virtual subject with a head: pose and output in, responses and EMG out
hotspot      hunting for the pose at which a muscle responds most
trace        EMG as an amplifier would show it
conditioning conditioned over test responses: SICI, ICF, LICI, SAI, IHI
============ ========================================================================
"""
