#!/usr/bin/env python3
"""What `cmake --install --prefix` puts where: units for that prefix, links that hold, programs that run, a plug-in
that is built with the installed header alone, completions."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "e2e"))
from fleet import BIN, free_port, wait_until  # noqa: E402

PREFIX = pathlib.Path("/usr")  # not the one that the build is configured with
STRANGER = 65534  # nobody


def run(*command, **options):
    answer = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)
    if answer.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {answer.returncode}:\n"
                             f"{answer.stdout}{answer.stderr}")
    return answer.stdout


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="bf-install-"))
        cls.root.chmod(0o755)  # another user is to run what is in it
        cls.installed = cls.root / PREFIX.relative_to("/")
        run("cmake", "--install", BIN.parent, "--prefix", PREFIX, env=dict(os.environ, DESTDIR=str(cls.root)))
        cls.units = sorted((cls.installed / "lib/systemd/system").glob("*.service"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root, ignore_errors=True)

    def settings(self, unit, key):
        return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)

    # ---- units
    def test_units_name_this_installation(self):
        self.assertEqual([unit.name for unit in self.units], ["bench-agent.service", "bench-coordinator.service"])
        for unit in self.units:
            text = unit.read_text()
            self.assertNotIn("@", text)
            self.assertNotIn("/usr/local", text)
            for place in re.findall(r"(?:ExecStart=|Documentation=file:)(/\S+)", text):
                self.assertTrue(place.startswith(f"{PREFIX}/"), place)
                self.assertTrue((self.root / place.lstrip("/")).is_file(), f"{unit.name}: {place} is not there")

    def test_no_unit_runs_as_root_and_the_agent_filters_no_system_calls(self):
        for unit in self.units:
            self.assertNotIn(self.settings(unit, "User"), [[], ["root"]], unit.name)
            for key in ("NoNewPrivileges", "PrivateTmp", "ProtectHome"):
                self.assertEqual(self.settings(unit, key), ["yes"], f"{unit.name}: {key}")
            self.assertEqual(self.settings(unit, "ProtectSystem"), ["strict"])
            self.assertEqual(self.settings(unit, "CapabilityBoundingSet"), [""])
        agent = self.units[0].read_text()
        self.assertNotRegex(agent, r"(?m)^(Restrict|SystemCall|ProtectKernel|PrivateDevices|DynamicUser|Lock)")
        who = (self.installed / "lib/sysusers.d/benchfleet.conf").read_text()
        self.assertIn(f"u {self.settings(self.units[0], 'User')[0]} ", who)

    def test_systemd_takes_the_units(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("no systemd-analyze here")
        (self.installed / "bin/kill").touch(0o755)  # the reload's, which a whole system has
        for unit in self.units:
            answer = subprocess.run(["systemd-analyze", "verify", f"--root={self.root}", "--recursive-errors=no",
                                     "--man=no", unit.name], capture_output=True, text=True, timeout=60)
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))

    def test_the_coordinators_unit_starts_with_keys_that_are_roots_alone(self):
        if os.geteuid() != 0:
            self.skipTest("becoming another user needs root")
        unit = self.units[1]
        certs = self.root / "etc/benchfleet"
        benchctl = self.installed / "bin/benchctl"
        run(benchctl, "ca", "init", "--dir", self.root / "ca")
        run(benchctl, "ca", "issue", "--dir", self.root / "ca", "--role", "coordinator", "--name", "coordinator",
            "--address", "127.0.0.1", "--out", certs)
        certs.chmod(0o755)  # as /etc/benchfleet
        self.assertEqual((certs / "coordinator.key").stat().st_mode & 0o777, 0o600)
        # As systemd does it: %d is a folder of the unit's user, with what LoadCredential= names.
        credentials, state = self.root / "credentials", self.root / "state"
        for folder in (credentials, state):
            folder.mkdir()
            os.chown(folder, STRANGER, STRANGER)
        for credential in self.settings(unit, "LoadCredential"):
            name, source = credential.split(":")
            shutil.copy(self.root / source.lstrip("/"), credentials / name)
            os.chown(credentials / name, STRANGER, STRANGER)
            (credentials / name).chmod(0o400)
        command = self.settings(unit, "ExecStart")[0].replace("%d", str(credentials))
        words = [str(self.root / word.lstrip("/")) if word.startswith((f"{PREFIX}/", "/etc/")) else word
                 for word in command.replace("/var/lib/benchfleet", str(state)).split()]
        port = free_port()
        http = free_port(above=port)
        log = self.root / "coordinator.log"
        with open(log, "wb") as output:
            coordinator = subprocess.Popen([*words, "--listen", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{http}"],
                                           stdout=output, stderr=output, user=STRANGER, group=STRANGER,
                                           extra_groups=[])
        try:
            wait_until("the coordinator to serve",
                       lambda: coordinator.poll() is not None or "agents and benchctl on" in log.read_text())
            self.assertIsNone(coordinator.poll(), log.read_text())
        finally:
            coordinator.terminate()
            coordinator.wait(60)
        # Without them it would say what is wrong, and not advise to make a new authority.
        answer = subprocess.run([*words[:1], "--data-dir", state, "--http", "", "--listen", f"127.0.0.1:{port}",
                                 "--ca", certs / "ca.pem", "--cert", certs / "coordinator.pem",
                                 "--key", certs / "coordinator.key"],
                                capture_output=True, text=True, timeout=60, user=STRANGER, group=STRANGER,
                                extra_groups=[])
        self.assertEqual(answer.returncode, 1)
        self.assertIn(f"cannot read the private key '{certs}/coordinator.key': Permission denied", answer.stderr)
        self.assertNotIn("ca init", answer.stderr)

    # ---- pages
    def test_links_hold(self):
        docs = self.installed / "share/doc/benchfleet"
        pages = sorted(docs.rglob("*.md"))
        self.assertIn(docs / "docs/operating.md", pages)
        self.assertIn(docs / "README.md", pages)
        dead = []
        for page in pages:
            for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
                if "://" not in link and not (page.parent / link).exists():
                    dead.append(f"{page.relative_to(docs)}: {link}")
        self.assertFalse(dead, "\n".join(dead))

    # ---- programs
    def test_programs_run_where_they_were_put(self):
        self.assertRegex(run(self.installed / "bin/benchctl", "version"), r"\d+\.\d+\.\d+")
        self.assertIn("crypto.sha256", run(self.installed / "bin/bench-runner", "--list"))

    def test_a_plug_in_is_built_with_what_is_installed(self):
        plugins = self.root / "plugins"
        plugins.mkdir()
        example = self.installed / "share/doc/benchfleet/examples/plugins/lookup.c"
        run("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I", self.installed / "include",
            "-o", plugins / "lookup.so", example)
        table = run(self.installed / "bin/bench-runner", "--plugins", plugins, "--run", "example.lookup",
                    "--max-time", "10ms")
        self.assertIn("latency", table)

    def test_install_provers_finds_its_pins(self):
        share = self.installed / "share/benchfleet"
        self.assertEqual([path.relative_to(share) for path in share.rglob("install-provers")],
                         [pathlib.Path("deploy/install-provers")])
        self.assertTrue((share / "deploy/provers/package-lock.json").is_file())

    # ---- completions
    def test_completions_are_where_shells_look(self):
        share = self.installed / "share"
        for shell, place in (("bash", "bash-completion/completions/benchctl"), ("zsh", "zsh/site-functions/_benchctl"),
                             ("fish", "fish/vendor_completions.d/benchctl.fish")):
            with self.subTest(shell):
                text = (share / place).read_text()
                self.assertEqual(text, run(self.installed / "bin/benchctl", "completion", shell))
                if shutil.which(shell) is None:
                    self.skipTest(f"no {shell} here")
                run(shell, "-n", share / place)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
