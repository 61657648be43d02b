#!/usr/bin/env python3
"""A real fleet on loopback with mutual TLS: how soon a sample is safe, and what an idle agent costs.

    tests/bench/fleet_bench.py [ROUNDS] [IDLE_SECONDS]        (21, 60)

submit to first sample: `benchctl submit` is started; the clock stops when another connection to the
store reads the first sample, which is committed then. Beside it, measured in the same round, what it
cannot be without:
    call      `benchctl jobs`: the program, a TLS handshake and one unary call
    commits   five durable transactions in SQLite beside the store: job, run, its start, its samples and
              their end, without which no sample is read
    runner    `bench-runner --run` with the same workload by hand: the process, the calibration of its
              clock, one sample
idle agent: RSS and processor time of a connected agent over a settled interval, out of /proc. Limits:
25 MiB and 0.1 % of one processor. Exit code 1 when the agent is above its limits.
"""
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
from fleet import BIN, Fleet  # noqa: E402

COMMITS = 5
SETTLE_SECONDS = 20  # start-up memory is given back after five
JOB = """
name: first-sample
workloads:
  - name: crypto.sha256
    parameters: {size: ["64"]}
hosts: [{match: "name=a"}]
repetitions: {runs: 1, min_samples: 1, max_samples: 1, max_time: 1ms}
"""


def seconds_of(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def commits(path):
    """Durable transactions in a database of their own on the same disk."""
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, bytes BLOB)")

        def write():
            for _ in range(COMMITS):
                database.execute("INSERT INTO record (bytes) VALUES (zeroblob(200))")

        took = seconds_of(write)
    database.close()
    return took


def first_sample(fleet, known):
    job = fleet.directory / "first.yaml"
    job.write_text(JOB)
    with fleet.database() as store:
        start = time.perf_counter()
        client = subprocess.Popen([str(BIN / "benchctl"), "submit", str(job)], env=fleet.environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        while store.execute("SELECT count(*) FROM chunk").fetchone()[0] <= known:
            if time.perf_counter() - start > 60:
                raise TimeoutError("no sample within a minute")
            time.sleep(0.0002)
        took = time.perf_counter() - start
    client.wait()
    return took


def measure_first_sample(fleet, rounds):
    rows = {"total": [], "call": [], "commits": [], "runner": [], "ratio": []}
    runner = [str(BIN / "bench-runner"), "--run", "crypto.sha256", "-p", "size=64", "--min-samples", "1",
              "--max-samples", "1", "--max-time", "1ms"]
    for round_number in range(rounds):
        rows["total"].append(first_sample(fleet, round_number))
        rows["call"].append(seconds_of(lambda: fleet.benchctl("jobs")))
        rows["commits"].append(commits(fleet.directory / "commits.sqlite"))
        rows["runner"].append(seconds_of(lambda: subprocess.run(runner, stdout=subprocess.DEVNULL, check=True)))
        parts = sum(rows[name][-1] for name in ("call", "commits", "runner"))
        rows["ratio"].append(rows["total"][-1] / parts)
        time.sleep(0.3)  # the agent is idle again
    median = {name: statistics.median(values) for name, values in rows.items()}
    print(f"submit to first durable sample {median['total'] * 1e3:.1f} ms: {median['ratio']:.2f} of its parts "
          f"(benchctl call {median['call'] * 1e3:.1f} ms, {COMMITS} commits {median['commits'] * 1e3:.1f} ms, "
          f"bench-runner by hand {median['runner'] * 1e3:.1f} ms), medians of {rounds} rounds")


def cpu_seconds(pid):
    """Of all threads that live, to the nanosecond; the agent's threads stay."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def rss_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def measure_idle_agent(fleet, seconds):
    pid = fleet.processes["a"].pid
    time.sleep(SETTLE_SECONDS)
    before = cpu_seconds(pid)
    time.sleep(seconds)
    percent = 100 * (cpu_seconds(pid) - before) / seconds
    rss = rss_mib(pid)
    print(f"idle agent: {rss:.1f} MiB RSS (limit 25), {percent:.3f} % of a processor over {seconds} s (limit 0.1)")
    return rss <= 25 and percent <= 0.1


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with Fleet(agents=["a"]) as fleet:
        good = measure_idle_agent(fleet, seconds)
    with Fleet(agents=["a"]) as fleet:  # of its own, so that the idle one has never run anything
        measure_first_sample(fleet, rounds)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
