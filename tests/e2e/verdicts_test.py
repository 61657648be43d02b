#!/usr/bin/env python3
"""A program becomes slower: compare and check say so, by job, name and file; --confirm runs both builds again;
the same binary is never a regression."""
import json
import shutil
import unittest
import xml.etree.ElementTree

from fleet import Fleet

RUNS = ["--runs", "8", "--samples", "5", "--warmup", "1", "--name", "prove"]


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
        cls.fleet.benchctl("run", *RUNS, "--revision", "fast", *cls.command)
        cls.fleet.benchctl("run", *RUNS, "--revision", "fast-again", *cls.command)
        cls.program.unlink()
        shutil.copy("/usr/bin/sha512sum", cls.program)
        cls.slow = cls.fleet.benchctl("run", *RUNS, "--revision", "slow", *cls.command)

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

    def test_suspects_run_again_beside_the_old_build(self):
        answer, _ = self.check("3", "--against", "1", "--confirm")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("--base-program", answer.stderr)
        answer, report = self.check("3", "--against", "1", "--confirm", "--base-program", self.old)
        self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
        self.assertIn("; confirmed, run again in pairs", report["comparison"]["rows"][0]["reason"])
        # The old build beside itself: nothing to confirm.
        answer, report = self.check("3", "--against", "1", "--confirm", "--base-program", self.program)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        self.assertIn("was not confirmed", report["comparison"]["rows"][0]["reason"])


if __name__ == "__main__":
    unittest.main()
