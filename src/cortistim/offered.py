"""The names of ``import cortistim as ct``, in one place."""

FUNCTIONS = {
    "head": "cortistim.api.heads",
    "coil": "cortistim.api.heads",
    "pose": "cortistim.api.heads",
    "target": "cortistim.api.heads",
    "field": "cortistim.api.fields",
    "operator": "cortistim.api.fields",
    "aim": "cortistim.api.fields",
    "plan": "cortistim.api.fields",
    "uncertainty": "cortistim.api.fields",
    "pulse": "cortistim.api.nervous",
    "protocol": "cortistim.api.nervous",
    "check": "cortistim.api.nervous",
    "predict": "cortistim.api.nervous",
    "recruit": "cortistim.api.nervous",
    "threshold": "cortistim.api.people",
    "curves": "cortistim.api.people",
    "rehearse": "cortistim.api.people",
    "doctor": "cortistim.api.people",
    "plot": "cortistim.viz.plots",
    "cite": "cortistim.sources",
}
"""What can be done, and where it is at home."""

NOUNS = {
    "Head": "cortistim.head",
    "Coil": "cortistim.coil",
    "Pose": "cortistim.placement",
    "Pulse": "cortistim.pulse",
    "Protocol": "cortistim.protocol",
    "Field": "cortistim.field",
    "FieldOperator": "cortistim.field",
    "SurfaceField": "cortistim.field",
    "Plan": "cortistim.study",
    "Prediction": "cortistim.plasticity",
    "Wish": "cortistim.targeting",
    "CortistimError": "cortistim.errors",
    "BadInputError": "cortistim.errors",
}
"""What results are, for annotations, ``isinstance`` and ``load``."""

PACKAGES = ("head", "coil", "field", "protocol", "pulse")
"""Packages that bear the name of a function: calling them calls it."""

BENEATH = (
    "api",
    "io",
    "mapping",
    "neuron",
    "placement",
    "plasticity",
    "records",
    "safety",
    "study",
    "targeting",
    "viz",
)
"""Further packages, which need not be imported by name."""
