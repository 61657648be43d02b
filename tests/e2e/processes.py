"""The process table as /proc has it, for tests that look for what runs below an agent."""
import pathlib


def name_of(pid, whole=False):
    """The process's name, or with `whole` its command line; "" for one that is gone."""
    try:
        text = (pathlib.Path("/proc") / str(pid) / ("cmdline" if whole else "comm")).read_text(errors="replace")
    except OSError:
        return ""
    return text.replace("\0", " ").strip()


def parents(pid):
    """Parent, its parent and so on, as far as there are any."""
    table, found = _parent_of_each(), []
    while pid in table and table[pid] > 0:
        pid = table[pid]
        found.append(pid)
    return found


def below(pid):
    """Every living process below one."""
    table = _parent_of_each()
    found = {pid}
    while True:
        more = {child for child, parent in table.items() if parent in found} - found
        if not more:
            return sorted(found - {pid})
        found |= more


def _parent_of_each():
    table = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if state != "Z":
            table[int(stat.parent.name)] = int(parent)
    return table
