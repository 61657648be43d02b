#!/usr/bin/env python3
"""A program becomes slower: compare and check say so, by job, name and file; --confirm runs both builds again;
the same binary is never a regression."""
import json
import random
import shutil
import unittest
import xml.etree.ElementTree

from fleet import Fleet

RUNS = ["--runs", "8", "--samples", "5", "--warmup", "1"]


class VerdictsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(agents=["a"])
        cls.fleet.__enter__()
        here = cls.fleet.directory
        (here / "old").mkdir()
        (here / "input").write_bytes(bytes(range(256)) * 65536)  # 16 MiB
        cls.old, cls.program = here / "old/prove", here / "prove"
        shutil.copy("/usr/bin/cksum", cls.old)
        shutil.copy("/usr/bin/cksum", cls.program)
        cls.command = ["--", cls.program, here / "input"]
        run = ["run", *RUNS, "--name", "prove", "--revision"]
        cls.fleet.benchctl(*run, "fast", *cls.command)
        cls.fleet.benchctl(*run, "fast-again", *cls.command)
        cls.program.unlink()
        shutil.copy("/usr/bin/sha512sum", cls.program)
        cls.slow = cls.fleet.benchctl(*run, "slow", *cls.command)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__(None, None, None)

    def check(self, *words):
        answer = self.fleet.benchctl("check", *words, "--metric", "user_time", "--format", "json", check=False)
        return answer, json.loads(answer.stdout) if answer.stdout else None

    def test_a_slower_build_is_found_by_every_kind_of_side(self):
        for before, after in (("prove~2", "prove"), ("1", "3"), ("rev:fast", "rev:slow")):
            answer, report = self.check(after, "--against", before)
            self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
            row, = report["comparison"]["rows"]
            self.assertEqual((row["verdict"], row["severity"]), ("regressed", "failure"))
            self.assertGreater(row["ratio"] or 9, 1.2)
        for job in (1, 3):
            self.fleet.benchctl("export", job, "--output", f"{job}.json")
        answer, _ = self.check("3.json", "--against", "1.json", "--junit", "junit.xml")
        self.assertEqual(answer.returncode, 3)
        tree = xml.etree.ElementTree.parse(self.fleet.directory / "junit.xml")
        self.assertEqual(tree.getroot().get("failures"), "1")

    def test_the_same_binary_is_no_regression_whatever_it_took(self):
        answer = self.fleet.benchctl("compare", "1", "2", "--format", "json", "--floor", "0")
        for row in json.loads(answer.stdout)["rows"]:
            self.assertNotIn(row["verdict"], ("regressed", "improved"), row)
        answer, _ = self.check("2", "--against", "1")
        self.assertEqual(answer.returncode, 0, answer.stdout)

    def test_a_regression_that_stays_fails_the_gate_each_time(self):
        here, numbers = self.fleet.directory, random.Random(3)

        def measure(revision, level):
            """A run of ten samples, and three runs of one."""
            def times(n):
                return [level * numbers.gauss(1, 0.004) for _ in range(n)]

            (here / "one.json").write_text(json.dumps({
                "context": {"date": f"2026-01-{revision + 1:02}T10:00:00+00:00", "host_name": "ci", "num_cpus": 8},
                "benchmarks": [{"name": "Parse", "run_type": "iteration", "iterations": 9, "time_unit": "ns",
                                "real_time": time, "cpu_time": time} for time in times(10)]}))
            (here / "three.json").write_text(json.dumps({"results": [{"command": "parse", "times": times(3)}]}))
            for name in ("one", "three"):
                self.fleet.benchctl("import", f"{name}.json", "--host", "ci", "--revision", f"kept{revision}",
                                    "--name", name)

        for revision in range(12):
            measure(revision, 1000)
        for name in ("one", "three"):
            self.fleet.benchctl("baseline", "set", f"{name}-main", name)
        for revision in range(12, 22):
            measure(revision, 1250)
            for name in ("one", "three"):
                answer = self.fleet.benchctl("check", name, "--baseline", f"{name}-main", "--metric", "latency",
                                             check=False)
                self.assertEqual(answer.returncode, 3, f"revision {revision}\n{answer.stdout}{answer.stderr}")

    def test_suspects_run_again_beside_the_old_build(self):
        # Both ran ./prove, and the old one is not there any more: it stays, and says what would help.
        answer, report = self.check("3", "--against", "1", "--confirm")
        self.assertEqual(answer.returncode, 3)
        self.assertIn("--base-program", answer.stderr)
        self.assertIn("; not run again: both sides ran the same command", report["comparison"]["rows"][0]["reason"])
        answer, report = self.check("3", "--against", "1", "--confirm", "--base-program", self.old)
        self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
        self.assertIn("; confirmed, run again in pairs", report["comparison"]["rows"][0]["reason"])
        # The new build beside a copy of itself: nothing to confirm.
        copy = shutil.copy(self.program, self.fleet.directory / "copy")
        answer, report = self.check("3", "--against", "1", "--confirm", "--base-program", copy)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        self.assertIn("run again in pairs", report["comparison"]["rows"][0]["reason"])
        self.assertNotEqual(report["comparison"]["rows"][0]["severity"], "failure")

    def test_builds_in_directories_of_their_own_run_again_by_themselves(self):
        here = self.fleet.directory
        for revision, program in (("a1b2c3d", "cksum"), ("e5f6a7b", "sha512sum")):
            (here / revision).mkdir()
            shutil.copy(f"/usr/bin/{program}", here / revision / "hash")
            self.fleet.benchctl(
                "run", *RUNS, "--name", f"builds-{revision}", "--revision", revision,
                "--", here / revision / "hash", here / "input")
        answer, report = self.check("builds-e5f6a7b", "--against", "builds-a1b2c3d", "--confirm")
        self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
        row, = report["comparison"]["rows"]
        self.assertIn("; confirmed, run again in pairs", row["reason"])
        self.assertIn("a1b2c3d/hash", row["base_parameters"]["argv"])
        self.assertIn("e5f6a7b/hash", row["parameters"]["argv"])
        confirm = json.loads(self.fleet.benchctl("export", "confirm").stdout)
        self.assertEqual({one["parameters"]["argv"] for one in confirm["benchmarks"]},
                         {row["base_parameters"]["argv"], row["parameters"]["argv"]})

    def test_built_in_workloads_run_again_where_their_cells_differ(self):
        for name, size in (("short", "64KiB"), ("long", "128KiB")):
            job = self.fleet.submit(f"""
name: {name}
workloads: [{{name: crypto.sha256, parameters: {{size: {size}}}}}]
hosts: [{{match: name=a}}]
repetitions: {{runs: 5, min_samples: 20, max_time: 50ms}}
""")
            self.fleet.benchctl("watch", job)
        words = ["check", "long", "--against", "short", "--vary", "size", "--metric", "latency", "--confirm",
                 "--format", "json"]
        answer = self.fleet.benchctl(*words, check=False)
        self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
        row, = json.loads(answer.stdout)["comparison"]["rows"]
        self.assertIn("; confirmed, run again in pairs", row["reason"])
        self.assertIn("confirming crypto.sha256 size=64KiB -> 128KiB latency on a", answer.stderr)
        # Named as it is now, the base's cell is the new one itself: there is no old side.
        answer = self.fleet.benchctl(*words, "--base-param", "size=128KiB", check=False)
        self.assertEqual(answer.returncode, 3)
        self.assertIn("is the new side itself",
                      json.loads(answer.stdout)["comparison"]["rows"][0]["reason"])


if __name__ == "__main__":
    unittest.main()
