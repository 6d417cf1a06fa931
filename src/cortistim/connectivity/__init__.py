"""Targets from a person's own functional connectivity: seeds, regions, rules, reliability.

Takes time series at places of the brain, gives the place that goes against (or with) a seed,
and how far to trust it. Images are read by `cortistim.io.image.bold`.
"""

from cortistim.connectivity.advice import EVIDENCE, Advice, Trust, advice_for
from cortistim.connectivity.cleaning import Cleaning, Nuisance, cleaning_for
from cortistim.connectivity.cluster import Cluster, ClusterRule, clusters_of
from cortistim.connectivity.correlation import correlation_error, correlations
from cortistim.connectivity.hierarchical import ranked_clusters
from cortistim.connectivity.neighbours import GridNeighbours, MeshNeighbours, Neighbours
from cortistim.connectivity.places import REGIONS, SEEDS, Sphere, in_spheres, parse_sphere
from cortistim.connectivity.reliability import BlockMoments, Spread, spread_of

__all__ = [
    "EVIDENCE",
    "REGIONS",
    "SEEDS",
    "Advice",
    "BlockMoments",
    "Cleaning",
    "Cluster",
    "ClusterRule",
    "GridNeighbours",
    "MeshNeighbours",
    "Neighbours",
    "Nuisance",
    "Sphere",
    "Spread",
    "Trust",
    "advice_for",
    "cleaning_for",
    "clusters_of",
    "correlation_error",
    "correlations",
    "in_spheres",
    "parse_sphere",
    "ranked_clusters",
    "spread_of",
]
