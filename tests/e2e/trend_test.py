#!/usr/bin/env python3
"""A known step in real runs: trend finds it, it is one incident, acknowledged once; a blessing silences it for
good; baselines, blessings and acknowledgements outlive a restart."""
import json
import signal
import sys
import unittest
import urllib.request

from fleet import Fleet, wait_until

REVISIONS = 30
STEP = 18  # the first revision that is worse
JOB = """
name: nightly
revision: {revision}
labels: {{branch: main}}
workloads:
  - name: exec
    command: [cat, {path}]
    parameters: {{adapter: json}}
hosts: [{{match: kind=local}}]
repetitions: {{runs: 1, min_samples: 3, max_time: 5ms, warmup: 0}}
"""


def revision(number):
    return f"{number:04d}abcdef{number:04d}abcdef"


class TrendTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(agents=["a", "b"])
        cls.fleet.__enter__()
        cls.jobs = [cls.measure(number) for number in range(REVISIONS)]

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__(None, None, None)

    @classmethod
    def measure(cls, number):
        """One job that reads its figures from a file: `cost` and `pages` rise at STEP, `steady` does not."""
        wobble = 1 + 0.01 * ((number * 7) % 5 - 2)
        worse = 1.2 if number >= STEP else 1
        path = cls.fleet.directory / "figures"
        path.write_text("".join(
            json.dumps({"metric": name, "value": value * wobble, "unit": "ms", "direction": "lower"}) + "\n"
            for name, value in (("cost", 100 * worse), ("pages", 50 * worse), ("steady", 70))))
        job = cls.fleet.submit(JOB.format(revision=revision(number), path=path))
        cls.fleet.benchctl("watch", job)
        return job

    def json(self, *arguments):
        return json.loads(self.fleet.benchctl(*arguments, "--format", "json").stdout)

    def incident(self, *arguments):
        """The incident of the step, None where it is not told."""
        found = [i for i in self.json("incidents", *arguments)["incidents"] if i["revision"] == revision(STEP)]
        self.assertLessEqual(len(found), 1, "one incident, not one for each series")
        return found[0] if found else None

    def test_1_trend_finds_the_step_where_it_is(self):
        trend = self.json("trend", "--metric", "cost")
        self.assertEqual(len(trend["series"]), 1, "hosts of one identity are one series")
        series = trend["series"][0]
        self.assertEqual(series["hosts"], ["a", "b"])
        self.assertEqual(len(series["points"]), REVISIONS, "one point a revision")
        self.assertEqual([shift["revision"] for shift in series["shifts"]], [revision(STEP)])
        shift = series["shifts"][0]
        self.assertAlmostEqual(shift["relative"], 0.2, delta=0.02)
        self.assertEqual(shift["kind"], "worse")
        self.assertEqual(self.json("trend", "--metric", "steady", "--all")["series"][0]["shifts"], [])
        self.assertIn(revision(STEP)[:12], self.fleet.benchctl("trend", "--metric", "cost").stdout)
        page = self.fleet.benchctl("trend", "--metric", "cost", "--format", "html").stdout
        self.assertTrue("<svg" in page and "http" not in page.replace("http-equiv", ""), "a page of its own")

    def test_2_filters(self):
        self.assertEqual(self.json("trend", "--metric", "cost", "--host", "a")["series"][0]["hosts"], ["a"])
        self.assertEqual(len(self.json("trend", "--workload", "ex*", "--metric", "cost")["series"]), 1)
        self.assertEqual(self.json("trend", "--label", "branch=dev")["series"], [])
        of_one = self.json("trend", "--metric", "cost", "--revision", revision(3))["series"][0]
        self.assertEqual(len(of_one["points"]), 1)
        jobs = self.json("jobs", "--revision", revision(3))
        jobs = jobs["jobs"] if isinstance(jobs, dict) else jobs
        self.assertEqual([str(job["job"]) for job in jobs], [self.jobs[3]])

    def test_3_one_incident_acknowledged_once(self):
        incident = self.incident()
        metrics = {series["metric"] for series in incident["series"]}
        self.assertLessEqual({"cost", "pages"}, metrics)
        self.assertNotIn("steady", metrics)
        self.assertEqual(self.incident("--metric", "cost")["incident"], incident["incident"], "the same name")
        self.fleet.benchctl("incidents", "ack", incident["incident"], "--reason", "the new allocator")
        self.assertIsNone(self.incident(), "told once")
        said = self.incident("--all")["acknowledged"]
        self.assertEqual((said["by"], said["reason"]), ("client", "the new allocator"))
        again = self.fleet.benchctl("incidents", "ack", incident["incident"], "--reason", "x", check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("acknowledged before", again.stderr)
        self.fleet.benchctl("incidents", "withdraw", incident["incident"], "--reason", "it is not that", "--author",
                            "Bo")
        told = self.incident()
        self.assertIsNone(told["acknowledged"])
        self.assertEqual([(said["by"], said["reason"], said["withdrawn"]) for said in told["said"]],
                         [("client", "the new allocator", False), ("client", "it is not that", True)])
        twice = self.fleet.benchctl("incidents", "withdraw", incident["incident"], "--reason", "x", check=False)
        self.assertIn("is not acknowledged", twice.stderr)
        self.fleet.benchctl("incidents", "ack", incident["incident"], "--reason", "it is after all")
        self.assertIsNone(self.incident())

    def test_4_baselines_are_names_for_jobs(self):
        self.fleet.benchctl("baseline", "set", "main", self.jobs[2], "--reason", "release 1")
        self.fleet.benchctl("baseline", "set", "main", self.jobs[3], "--reason", "release 2", "--author", "Ada L.")
        (main,) = self.json("baseline", "list")["baselines"]
        self.assertEqual((main["jobs"], main["set_by"], main["author"]), ([int(self.jobs[3])], "client", "Ada L."))
        self.assertEqual(len(self.json("baseline", "show", "main")["baselines"]), 2, "what it was stays known")
        self.fleet.benchctl("baseline", "set", "after", self.jobs[-1])
        diff = self.json("baseline", "diff", "main", "after")
        self.assertEqual(diff["one"]["reason"], "release 2")
        cost = next(row for row in diff["comparison"]["rows"] if row["metric"] == "cost")
        self.assertEqual(cost["verdict"], "regressed")
        self.assertGreater(cost["ratio"], 1.15)
        slip = self.fleet.benchctl("baseline", "show", "mian", check=False)
        self.assertIn("did you mean 'main'?", slip.stderr)
        bad = self.fleet.benchctl("baseline", "set", "17", self.jobs[0], check=False)
        self.assertIn("cannot name a baseline", bad.stderr)

    def test_5_a_blessed_shift_is_quiet_and_stays_so_after_a_restart(self):
        answer = self.json("baseline", "bless", self.jobs[STEP], "--reason", "safer")
        metrics = {blessing["metric"] for blessing in answer["blessings"]}
        self.assertLessEqual({"cost", "pages"}, metrics)
        self.assertNotIn("steady", metrics)
        self.assertEqual(self.fleet.stop("coordinator", signal.SIGKILL), -signal.SIGKILL)
        self.fleet.start_coordinator()
        self.fleet.wait_for_agents()
        (shift,) = self.json("trend", "--metric", "cost")["series"][0]["shifts"]
        self.assertEqual(shift["blessing"], "safer")
        self.assertIsNone(shift["incident"])
        self.assertIsNone(self.incident("--metric", "cost"))
        self.assertEqual({b["name"] for b in self.json("baseline", "list")["baselines"]}, {"main", "after"})

    def test_6_the_self_test_is_published(self):
        result = self.json("selftest", "detection", "--metric", "cost", "--trials", "20", "--publish")
        self.assertEqual(result["series"], 1)
        self.assertGreater(result["effects"][-1]["trend"]["share"], 0.5)

        def told():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.fleet.http}/metrics") as page:
                text = page.read().decode()
            return 'benchfleet_detection_recall{effect="0.2",rule="trend"}' in text.replace(
                'rule="trend",effect="0.2"', 'effect="0.2",rule="trend"')

        wait_until("the gauges of the self-test", told)
        nothing = self.fleet.benchctl("selftest", "detection", "--host", "nobody", check=False)
        self.assertEqual(nothing.returncode, 1)
        self.assertIn("there is no history to test with", nothing.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
