"""Network namespaces as hosts of a test: separate addresses on one machine."""
import os
import subprocess
import unittest


class Namespaces:
    """A network namespace for each agent, on a bridge with this one; gone at the end."""

    def __init__(self, names):
        self.names = names
        self.tag = f"bf{os.getpid()}"
        self.subnet = f"10.213.{os.getpid() % 250}"
        self.address = f"{self.subnet}.1"
        self.addresses = {name: f"{self.subnet}.{i + 2}" for i, name in enumerate(names)}
        self.inside = {name: ["ip", "netns", "exec", self.space(name)] for name in names}

    def space(self, name):
        return f"{self.tag}{name}"

    def ip(self, *words, check=True):
        answer = subprocess.run(["ip", *words], capture_output=True, text=True)
        if check and answer.returncode != 0:
            raise OSError(f"ip {' '.join(words)}: {answer.stderr.strip()}")

    def __enter__(self):
        try:
            self.make()
        except OSError as error:
            self.__exit__(None, None, None)
            if os.environ.get("CI") == "true" and os.geteuid() == 0:
                raise
            raise unittest.SkipTest(f"no network namespaces here: {error}")
        return self

    def make(self):
        bridge = f"{self.tag}br"
        self.ip("link", "add", bridge, "type", "bridge")
        self.ip("address", "add", f"{self.address}/24", "dev", bridge)
        self.ip("link", "set", bridge, "up")
        for name in self.names:
            space, outer, inner = self.space(name), f"{self.tag}{name}o", f"{self.tag}{name}i"
            self.ip("netns", "add", space)
            self.ip("link", "add", outer, "type", "veth", "peer", "name", inner)
            self.ip("link", "set", outer, "master", bridge, "up")
            self.ip("link", "set", inner, "netns", space)
            self.ip("-n", space, "link", "set", "lo", "up")
            self.ip("-n", space, "address", "add", f"{self.addresses[name]}/24", "dev", inner)
            self.ip("-n", space, "link", "set", inner, "up")

    def __exit__(self, kind, value, trace):
        for name in self.names:
            self.ip("netns", "delete", self.space(name), check=False)  # its veth goes along
            self.ip("link", "delete", f"{self.tag}{name}o", check=False)
        self.ip("link", "delete", f"{self.tag}br", check=False)
