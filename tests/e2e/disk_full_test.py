#!/usr/bin/env python3
"""A full disk stops the coordinator cleanly, and an agent takes no work on one: both say so, and nothing that was
acked is lost."""
import contextlib
import errno
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from fleet import Fleet, skip, wait_until

JOB = """
name: filling
workloads: [{name: bench.noop}]
hosts: [{match: kind=local}]
repetitions: {runs: 60, min_samples: 50000, max_time: 1ms}
"""


@contextlib.contextmanager
def small_disk(size):
    mount = pathlib.Path(tempfile.mkdtemp(prefix="bf-full-"))
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount], capture_output=True,
                          text=True)
    if made.returncode != 0:
        raise unittest.SkipTest(f"no tmpfs can be mounted here: {made.stderr.strip()}")
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)
        mount.rmdir()


def fill_up(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


class DiskFullTest(unittest.TestCase):
    def test_coordinator_stops_and_goes_on_after_there_is_room(self):
        with small_disk("4m") as mount:
            self.fill(mount)

    def test_an_agent_takes_no_work_and_its_jobs_say_why(self):
        with small_disk("24m") as mount, Fleet(agents=[]) as fleet:
            fleet.issue("agent", "a")
            fleet.names = ["a"]
            (mount / "state").mkdir()
            (fleet.directory / "state-a").symlink_to(mount / "state")
            fleet.start_agent("a")
            fleet.wait_for_agents()
            self.refuse_and_go_on(fleet, mount / "filler")
            fleet.stop("a", 15)

    def refuse_and_go_on(self, fleet, filler):
        def agent_said(text):
            return (fleet.directory / "a.log").read_text().count(text)

        def message(number):
            jobs = json.loads(fleet.benchctl("jobs", "--format", "json").stdout)
            return next(job["message"] for job in jobs if job["job"] == int(number))

        fill_up(filler)
        waiting = fleet.submit("name: waiting\nworkloads: [{name: exec, command: ['true']}]\nrepetitions: {runs: 2}\n")
        wait_until("the job to say what it waits for",
                   lambda: message(waiting).startswith("host a takes no work: the spool cannot be used: "))
        # It looks again every ten seconds; a disk that is still full is not called usable in between.
        for _ in range(250):
            self.assertEqual(agent_said("the spool can be used again"), 0)
            time.sleep(0.1)
        filler.unlink()
        fleet.benchctl("watch", waiting)
        log = (fleet.directory / "a.log").read_text()
        self.assertEqual(log.count("the spool can be used again"), 1)
        self.assertNotIn("cannot be used", log.split("the spool can be used again")[1])

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
