"""Whether two states of the source give the same numbers, to the last digit.

    python benchmarks/same_numbers.py BEFORE/src AFTER/src [--head HEAD] [--only STEP ...]

Both run the same commands with the same inputs: a plan, a field, an operator with its fields, a
recruitment and a prediction; poses are those of BEFORE. By default the head is a coarse ball
that BEFORE meshes. JSON, CSV, .npz, GIFTI and NIfTI files are compared number by number; times,
versions and places of files are left out, and so are pictures. Each number that differs, and
each key that only one side has, is printed; ends with status 1 if there is any.

Each side has a cache of its own, so that nothing is compared with itself. Run with the same
NUMBA_NUM_THREADS: sums over threads depend on their number.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

import numpy as np

BALL = """
import sys
from cortistim.head.mesher import layered_sphere
from cortistim.io import write_head_mesh
radii_m = (0.066, 0.074, 0.078, 0.084, 0.092)
write_head_mesh(sys.argv[1], layered_sphere(radii_m, (1, 2, 3, 4, 5), edge_m=0.009))
"""
POINTS = "x_mm,y_mm,z_mm\n0,0,70\n10,-5,60\n-20,10,65\n0,0,300\n"
UNLIKE = {"timing_s", "seconds", "versions", "version", "audit", "operator", "fields", "origin"}
"""Keys of what differs between any two runs: times, versions, places."""
SHOWN = 40


def steps(out, shared, head):
    """Give the commands by the name of their step; poses and points lie in ``shared``."""
    pose, points = shared / "pose.json", shared / "points.csv"
    built = out / "operator.npz"
    on_head = ["--head", head, "--coil", "magstim_d70"]
    target = "--target=-35,30,52"
    return {
        "plan": [["plan", *on_head, target, "--radius", "12", "--rmt", "50",
                  "--out", out / "plan"]],
        "field": [["field", *on_head, "--pose", pose, "--points", points, "--cortex",
                   "--out", out / "field"]],
        "operator": [
            ["operator", "build", "--head", head, "--points", shared / "inside.csv",
             "--coils", "magstim_d70", "--rank", "64", "--out", built],
            ["operator", "evaluate", built, "--coil", "magstim_d70", "--poses", pose,
             "--out", out / "operator_fields.npz"],
        ],
        "recruitment": [["neuron", "recruit", *on_head, target, "--pose", pose,
                         "--out", out / "recruitment"]],
        "plasticity": [["plasticity", "predict", "itbs_depression", "--minutes", "15,30",
                        "--out", out / "prediction.json"]],
    }  # fmt: skip


def run(source, command, cache, *, code=None):
    """Run a command, or a piece of code, of one state of the source."""
    program = ["-c", code] if code else ["-m", "cortistim"]
    environment = {**os.environ, "PYTHONPATH": str(source), "CORTISTIM_CACHE": str(cache)}
    subprocess.run(
        [sys.executable, *program, *map(str, command)],
        env=environment,
        check=True,
        cwd=cache,
        stdout=subprocess.DEVNULL,
    )


def numbers_of(path):
    """Read a file as nested mappings, lists and arrays; None where it is not compared."""
    name = path.name
    if name.endswith(".json"):
        return json.loads(path.read_text("utf-8"))
    if name.endswith(".csv"):
        return [line.split(",") for line in path.read_text("utf-8").splitlines()]
    if name.endswith(".npz"):
        with np.load(path) as arrays:
            return {key: arrays[key] for key in arrays.files}
    if name.endswith((".gii", ".nii.gz")):
        import nibabel

        image = nibabel.load(path)
        parts = getattr(image, "darrays", None)
        return [part.data for part in parts] if parts else np.asarray(image.dataobj)
    return None


def differences(before, after, place=""):
    """Give the places where two contents differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            if key not in UNLIKE:
                inner = (before.get(key, "absent"), after.get(key, "absent"))
                yield from differences(*inner, f"{place}.{key}")
    elif isinstance(before, list) and isinstance(after, list):
        for number, pair in enumerate(zip_longest(before, after, fillvalue="absent")):
            yield from differences(*pair, f"{place}[{number}]")
    elif isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        if before.dtype != after.dtype or before.shape != after.shape:
            yield place, f"{before.dtype}{before.shape}", f"{after.dtype}{after.shape}"
        elif before.tobytes() != after.tobytes():
            unlike = int((before != after).sum())
            yield place, f"{before.size} values", f"{unlike} of them differ"
    elif before != after:
        yield place, str(before)[:SHOWN], str(after)[:SHOWN]


def compare(before, after):
    """Compare two folders; return how many numbers and keys differ."""
    count = 0
    for path in sorted({p.relative_to(f) for f in (before, after) for p in f.rglob("*")}):
        one, other = before / path, after / path
        if (one.is_file() or other.is_file()) and one.is_file() != other.is_file():
            print(f"{path}: only {'before' if one.is_file() else 'after'}")
            count += 1
        elif one.is_file() and (content := numbers_of(one)) is not None:
            for place, was, now in differences(content, numbers_of(other)):
                print(f"{path} {place}: {was} before, {now} after")
                count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="folder that holds the package as it was")
    parser.add_argument("after", type=Path, help="the same as it is")
    parser.add_argument("--head", help="built-in head or mesh; by default a coarse ball")
    parser.add_argument("--only", nargs="+", help="steps: plan field operator recruitment ...")
    parser.add_argument("--work", type=Path, help="folder that keeps what was written")
    asked = parser.parse_args()
    work = (asked.work or Path(tempfile.mkdtemp(prefix="same-numbers-"))).absolute()
    shared = work / "inputs"
    shared.mkdir(parents=True, exist_ok=True)
    sources = {"before": asked.before.absolute(), "after": asked.after.absolute()}
    for side in sources:
        (work / side / "cache").mkdir(parents=True, exist_ok=True)
        (work / side / "out").mkdir(exist_ok=True)
    head = asked.head or shared / "ball.msh"
    if asked.head is None and not head.exists():
        run(sources["before"], [head], work / "before" / "cache", code=BALL)
    (shared / "points.csv").write_text(POINTS)
    (shared / "inside.csv").write_text("\n".join(POINTS.splitlines()[:-1]) + "\n")
    for name in asked.only or steps(work, shared, head):
        for side, source in sources.items():
            for command in steps(work / side / "out", shared, head)[name]:
                print(f"{side}: {' '.join(map(str, command[:2]))}", flush=True)
                run(source, command, work / side / "cache")
            if (side, name) == ("before", "plan"):
                pose = work / side / "out" / "plan" / "pose.json"
                (shared / "pose.json").write_bytes(pose.read_bytes())
    count = compare(work / "before" / "out", work / "after" / "out")
    print(f"{count} differences" if count else "every number is the same")
    sys.exit(count > 0)


if __name__ == "__main__":
    main()
