"""Ask whether tests of virtual lesions are nominal, and which control discomfort fools.

    python benchmarks/lesions.py [--runs 2000] [--seed 1]

Studies without an effect must find one in 5 of 100, by a binomial test at 1 %; figures that
miss it are marked. A control without stimulation is shown beside the matched one.
"""

import argparse

from scipy.stats import binomtest

from cortistim.mapping.lesion import Study, study_power

SIZES = ((10, 40), (20, 80), (40, 80), (20, 200))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for people, items in SIZES:
        for discomfort in (0.0, 0.1):
            study = {"people": people, "items": items, "discomfort": discomfort}
            none = study_power(Study(**study, effect=0.0), runs=asked.runs, seed=asked.seed)
            found = round(none.share * asked.runs)
            p = binomtest(found, asked.runs, 0.05).pvalue
            power = study_power(Study(**study, effect=0.05), runs=asked.runs, seed=asked.seed)
            fooled = study_power(Study(**study, effect=0.0, matched=0.0), runs=asked.runs,
                                 seed=asked.seed)  # fmt: skip
            missed = "" if p > 0.01 else "   MISSED"
            print(
                f"{people} people, {items} items, discomfort {100 * discomfort:.0f} %: matched "
                f"control {100 * none.share:.1f} % false (p {p:.3f}){missed}"
                f", power for 5 % more errors {100 * power.share:.0f} %; no stimulation "
                f"{100 * fooled.share:.1f} % false"
            )


if __name__ == "__main__":
    main()
