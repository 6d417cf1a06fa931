"""How many fields reach a client, and how old they are: the server under scripted clients.

    python benchmarks/live_rate.py --clients 1 --seconds 20 [--points 20000] [--members 300]

The operator has random members, because only its size matters here; the head is a ball, the
coil the default one. A source sends poses at 60 Hz within the server's process, as the socket
of a navigator would; clients run in processes of their own and acknowledge every frame.
Latency is from the pose's arrival to the frame's last byte at the client, on one clock.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "app"))
from talk import connect, say, served

from cortistim.app.scene import Scene
from cortistim.app.stand_ins import wandering
from cortistim.coil import named_coil
from cortistim.field.bars import ErrorShares
from cortistim.field.operator.basis import brain_samples_m, evenly_spread, potentials_t_m
from cortistim.field.operator.operator import FieldOperator, OperatorOrigin, sigma_digest
from cortistim.head import AffineFrame, Head, tissues_for
from cortistim.head.mesher import layered_sphere
from cortistim.io.live import CoilSeen
from cortistim.io.live.wire import unpacked_field
from cortistim.placement import place_over
from cortistim.study import find_target, output_of

RATE_HZ = 60.0


class Steady:
    """Poses at 60 Hz from within, kept to the clock."""

    kind, name = "stream", "steady"

    def __init__(self, motion):
        self.motion = motion

    async def run(self, take, _lose):
        """Send."""
        begun, count = time.monotonic(), 0
        while True:
            count += 1
            await asyncio.sleep(max(0.0, begun + count / RATE_HZ - time.monotonic()))
            take(CoilSeen("coil", self.motion(time.monotonic() - begun)))


def scene_of(points, members):
    """Return a ball with an operator of a given size, whose fields mean nothing."""
    mesh = layered_sphere((0.066, 0.074, 0.078, 0.084, 0.092), (1, 2, 3, 4, 5), edge_m=0.006)
    axes = {"Nz": (0, 1, 0), "Iz": (0, -1, 0), "LPA": (-1, 0, 0), "RPA": (1, 0, 0)}
    landmarks = {name: 0.092 * np.array(place) for name, place in axes.items()}
    frame = AffineFrame(np.eye(4), "a ball around the origin of MNI space")
    tissues = tissues_for(mesh.present_tags())
    head, coil = (
        Head("ball", mesh, tissues, frame, "benchmark", landmarks),
        named_coil("magstim_d70"),
    )
    cortex_m, rng = head.cortex.vertices_m, np.random.default_rng(0)
    extra = rng.normal(scale=5e-4, size=(points, 3))
    points_m = np.resize(cortex_m[evenly_spread(cortex_m, points)], (points, 3)) + extra
    samples_m = brain_samples_m(head, points_m, seed=0)
    target = find_target(head, "C3")
    plan = place_over(head, target.point_m, handle_rad=0.8)
    sampled = potentials_t_m(coil, [plan], samples_m).reshape(-1, 1)
    noise = rng.normal(size=(len(sampled), members - 1)) * np.abs(sampled).mean()
    basis = np.linalg.qr(np.hstack([sampled, noise]))[0]
    fields = rng.normal(size=(3 * points, members)).astype(np.float32) * 1e4
    origin = OperatorOrigin(
        "ball", mesh.digest, sigma_digest(head), (coil.name,), members, 0, 1e-4, "harmonic", 1
    )
    shares = ErrorShares(np.zeros((points, 3, 3)), np.zeros(points))
    operator = FieldOperator(points_m, fields, samples_m, basis, head.outside, origin, shares)
    return Scene.of(head, coil, operator, target, plan)


def listen(guard, seconds, channel):
    """Be a client in a process of its own."""

    async def work():
        socket = await connect(guard)
        ages, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            message = await socket.read_message()
            if message is None:
                break
            if isinstance(message, bytes):
                now = time.monotonic()
                frame = unpacked_field(message)
                ages.append((now - frame.time_s, frame.flags))
                await say(socket, op="ack", seq=frame.seq)
        return ages

    channel.send(asyncio.run(work()))


async def measure(scene, clients, seconds):
    """Serve, let clients listen, gather what they got."""
    source = Steady(wandering(scene.first))
    context = multiprocessing.get_context("spawn")
    async with served(scene, output_of(None, scene.coil), source, rmt_percent=50.0) as guard:
        pipes = [context.Pipe() for _ in range(clients)]
        workers = [
            context.Process(target=listen, args=(guard, seconds, end)) for _, end in pipes
        ]
        for worker in workers:
            worker.start()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = await asyncio.gather(*(asyncio.to_thread(here.recv) for here, _ in pipes))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for worker in workers:
            worker.join()
    return found, before, after


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--members", type=int, default=300)
    asked = parser.parse_args()
    scene = scene_of(asked.points, asked.members)
    found, before, after = asyncio.run(measure(scene, asked.clients, asked.seconds))
    rows = []
    for ages in found:
        ms = 1e3 * np.array([age for age, flags in ages if not flags & 1])
        low, high = np.percentile(ms, [50, 99])
        rows.append(
            {
                "frames_per_s": round(len(ages) / asked.seconds, 1),
                "median_ms": round(float(low), 2),
                "p99_ms": round(float(high), 2),
            }
        )
    print(json.dumps({"clients": rows, "memory_kb_before": before, "memory_kb_after": after}))


if __name__ == "__main__":
    main()
