#!/usr/bin/env python3
"""Every run of a sweep is accounted for exactly once while the coordinator and an agent are killed twice."""
import signal
import sys
import time
import unittest

from fleet import Fleet, wait_until

JOB = """
name: kill-sweep
revision: r1
workloads:
  - name: crypto.sha256
    parameters: {size: [64, 1KiB, 16KiB]}
  - name: crypto.blake2b512
    parameters: {size: [64, 1KiB, 16KiB]}
  - name: exec
    command: [sh, -c, "sleep 0.05"]
    parameters: {expect_exit: [0]}
  - name: memory.latency
    parameters: {size: [64KiB, 256KiB, 1MiB]}
hosts:
  - match: kind=local
repetitions: {runs: 5, min_samples: 10, max_time: 50ms}
order: {seed: 3}
"""
TASKS = 2 * 10
RUNS = TASKS * 5
OK, DONE = 1, 3  # Outcome and State, as model.proto numbers them


class SweepTest(unittest.TestCase):
    def test_every_run_once_through_four_kills(self):
        with Fleet(agents=["a", "b"], coordinator_flags=["--lease", "5s"]) as fleet:
            job = fleet.submit(JOB)

            def runs_done():
                with fleet.database() as db:
                    return db.execute("SELECT count(*) FROM run WHERE outcome = 1").fetchone()[0]

            for victim in ["coordinator", "a", "coordinator", "a"]:
                seen = runs_done()
                wait_until("progress", lambda: runs_done() > seen + 3)
                fleet.stop(victim, signal.SIGKILL)
                time.sleep(0.3)
                fleet.start_coordinator() if victim == "coordinator" else fleet.start_agent("a")
            wait_until("coordinator", lambda: fleet.benchctl("jobs", check=False).returncode == 0)
            fleet.benchctl("watch", job)
            self.check_books(fleet)

    def check_books(self, fleet):
        with fleet.database() as db:
            self.assertEqual(db.execute("SELECT state, tasks FROM job").fetchall(), [(DONE, TASKS)])
            per_slot = db.execute("SELECT count(*) FROM run WHERE outcome = ? GROUP BY task, repetition",
                                  (OK,)).fetchall()
            self.assertEqual(len(per_slot), RUNS)
            self.assertEqual({count for (count,) in per_slot}, {1}, "a repetition counted twice")
            self.assertEqual(db.execute("SELECT count(*) FROM run WHERE state < ?", (DONE,)).fetchone(), (0,))
            # What a runner says that it wrote (RunFinished.sample_counts) is compared at ingest, and a run
            # that differs is ended as garbled; here: what the store says and what it holds.
            differing = db.execute(
                "SELECT run.id, run.samples, (SELECT coalesce(sum(count), 0) FROM chunk WHERE chunk.run = run.id)"
                " AS held FROM run WHERE outcome = 1 AND run.samples != held").fetchall()
            self.assertEqual(differing, [])
            gaps = db.execute(
                "SELECT run, metric FROM chunk GROUP BY run, metric"
                " HAVING min(first_index) != 0 OR sum(count) != max(first_index + count)").fetchall()
            self.assertEqual(gaps, [])
            garbled = db.execute("SELECT count(*) FROM run WHERE outcome = 6").fetchone()
            self.assertEqual(garbled, (0,))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
