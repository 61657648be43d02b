#!/usr/bin/env python3
"""A full disk stops the coordinator cleanly: it says so, and nothing that was acked is lost."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from fleet import Fleet, skip, wait_until

JOB = """
name: filling
workloads: [{name: bench.noop}]
hosts: [{match: kind=local}]
repetitions: {runs: 60, min_samples: 50000, max_time: 1ms}
"""


class DiskFullTest(unittest.TestCase):
    def test_coordinator_stops_and_goes_on_after_there_is_room(self):
        mount = pathlib.Path(tempfile.mkdtemp(prefix="bf-full-"))
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", mount], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f"no tmpfs can be mounted here: {made.stderr.strip()}")
        try:
            self.fill(mount)
        finally:
            subprocess.run(["umount", mount], check=True)
            mount.rmdir()

    def fill(self, mount):
        with Fleet(agents=["a"]) as fleet:
            fleet.stop("coordinator", 15)
            fleet.data = mount / "data"
            fleet.start_coordinator()
            fleet.wait_for_agents()
            job = fleet.submit(JOB)
            coordinator = fleet.processes["coordinator"]
            wait_until("the coordinator to give up", lambda: coordinator.poll() is not None, 120)
            self.assertEqual(coordinator.returncode, 1)
            log = (fleet.directory / "coordinator.log").read_text()
            self.assertIn("the store cannot be written, so the coordinator stops", log)
            fleet.processes.pop("coordinator")
            with fleet.database() as db:
                acked = db.execute("SELECT max(acked_sequence) FROM spool").fetchone()[0]
                ended = db.execute("SELECT count(*) FROM run WHERE outcome = 1").fetchone()[0]
                self.assertEqual(db.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertGreater(acked, 0)

            subprocess.run(["mount", "-o", "remount,size=200m", mount], check=True)
            fleet.start_coordinator()
            fleet.wait_for_agents()
            fleet.benchctl("watch", job)
            with fleet.database() as db:
                self.assertEqual(db.execute("SELECT count(*) FROM run WHERE outcome = 1").fetchone(), (60,))
                self.assertGreaterEqual(db.execute("SELECT max(acked_sequence) FROM spool").fetchone()[0], acked)
            self.assertLess(ended, 60)


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("mounting a small disk needs root")
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
