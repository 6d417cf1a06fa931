"""Depth and spread of the named coils against those published by Deng et al. (2013).

    python benchmarks/deng2013.py

Half-value depth within 6 % and spread within 12 % on his sphere; coils beyond that are named
with a reason. The same table as ``cortistim coil deng``. Exit status 1 when a coil whose
geometry is published is beyond.
"""

import sys

from cortistim.study.coil.measures import compare_with_deng

BENT_AT_AN_UNKNOWN_ANGLE = 30


def main():
    print(f"{'no.':<4}{'coil':<22}{'d1/2 cm':>8}{'publ.':>7}{'off %':>7}"
          f"{'S1/2 cm²':>10}{'publ.':>7}{'off %':>7}")  # fmt: skip
    beyond = 0
    for row in compare_with_deng().coils:
        print(
            f"{row.number:<4}{row.coil:<22}{row.depth_half_cm:>8.2f}"
            f"{row.published_depth_half_cm:>7.2f}{row.depth_off_percent:>+7.1f}"
            f"{row.spread_half_cm2:>10.1f}{row.published_spread_half_cm2:>7.1f}"
            f"{row.spread_off_percent:>+7.1f}  {row.note}"
        )
        beyond += not row.within and row.number != BENT_AT_AN_UNKNOWN_ANGLE
    print(f"{beyond} beyond 6 % of depth or 12 % of spread")
    sys.exit(1 if beyond else 0)


if __name__ == "__main__":
    main()
