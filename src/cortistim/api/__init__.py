"""What `import cortistim as ct` offers: one function for each task, nouns as results.

========= ====================================================================
module    what it holds
========= ====================================================================
heads     head, coil, pose, target
fields    field, operator, aim, plan, uncertainty
nervous   pulse, protocol, check, predict, recruit
people    threshold, curves, rehearse
taking    what a person would give: names, files, folders, lists, matrices
files     save and load of any noun
========= ====================================================================

Numbers are SI, with the unit in the name of the parameter; texts such as ``"-38,44,26"`` are in
millimetres, as on the command line.
"""
