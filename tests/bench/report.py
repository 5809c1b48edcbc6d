"""The figures as text, and as JSON."""
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
from dataclasses import asdict, dataclass

WHAT = {
    "a": "tutorial's pipe over TCP",
    "b": "local pipe, mbstream -p 2",
    "c": "sidecar to clone-mysql over TCP",
    "d": "CLONE INSTANCE between two MySQL servers over TCP, unencrypted",
    "e": "CLONE INSTANCE, encrypted",
    "f": "the whole of clone-mysql with the clone plugin",
    "g": "the whole of clone-mysql with mariadb-backup",
}
# The columns of the table: their forms, each with the space before it, and their titles.
COLUMNS = {"wall_s": "  {:>8}", "cpu_s": " {:>8}", "sender_mib": "  {:>10}", "receiver_mib": " {:>10}",
           "others_s": "  {:>8}"}
TITLES = {"wall_s": "wall s", "cpu_s": "CPU s", "sender_mib": "sender MiB", "receiver_mib": "recv. MiB",
          "others_s": "others s"}

HEAD = """
{rounds} rounds; a: {a}; b: {b}; c: {c}
wall: a and b from the receiver's start to its end; c from 'began to clone' to 'received the clone' in clone-mysql's
log, so with its checks, its sync and its state file, without prepare. CPU: user + system of all processes that take
part, but the server. For c: the sidecar with the tool that it ran, and clone-mysql up to the start of the prepare.
peak: the largest process of a side, for c without mariadb-backup. others: CPU of everything else on the machine
(the server included) in that time: where it is high, the round says little."""
PLUGIN_HEAD = """
d: CLONE INSTANCE between two MySQL servers over TCP, unencrypted as c is; e: the same encrypted, as MySQL does it
unless told otherwise; f: the whole of clone-mysql with the clone plugin; g: the whole of clone-mysql with
mariadb-backup, of which c is the transfer. wall: d and e the statement; f and g from the start of clone-mysql to
'published the data'. CPU: d and e both servers, the recipient's to its end; f and g all processes of clone-mysql, and
of the source its sidecar with what that ran; for f its server too, which is what sends. peak: the largest process of
a side, for g's sender the sidecar"""


def print_head(rounds, with_mysql):
    print(HEAD.format(rounds=rounds, **WHAT))
    if with_mysql:
        print(PLUGIN_HEAD)
    print()
    print_row("round", "way", TITLES)


def print_row(first, way, values):
    print(f"  {first:>5}  {way:>3}" + "".join(form.format(values[name]) for name, form in COLUMNS.items()))


def print_figures(number, figures):
    print_row(number, figures.way, {name: f"{getattr(figures, name):.2f}" for name in COLUMNS})


@dataclass(frozen=True)
class Target:
    what: str
    value: float
    limit: float
    unit: str = ""

    @property
    def met(self):
        return round(self.value, 2) <= self.limit


@dataclass(frozen=True)
class Ratio:
    """Of the medians of two ways."""
    ways: str
    wall: float
    cpu: float
    what: str


class Report:
    def __init__(self, rounds, source, mysql_source):
        self.rounds = rounds
        self.source = source
        self.mysql_source = mysql_source

    def values(self, way, name):
        return [getattr(figures, name) for figures in self.rounds.figures_of(way)]

    def median(self, way, name):
        return statistics.median(self.values(way, name))

    def ratio(self, way, other, what=""):
        wall, cpu = (self.median(way, name) / self.median(other, name) for name in ("wall_s", "cpu_s"))
        return Ratio(f"{way}/{other}", wall, cpu, what)

    def targets(self):
        tutorial, local = self.ratio("c", "a"), self.ratio("c", "b")
        return [Target("c/a wall time", tutorial.wall, 0.40),
                Target("c/a CPU time", tutorial.cpu, 0.50),
                Target("c/b wall time", local.wall, 0.75),
                Target("peak memory of the sidecar", max(self.values("c", "sender_mib")), 64, "MiB"),
                Target("peak memory of clone-mysql", max(self.values("c", "receiver_mib")), 64, "MiB")]

    def plugin_ratios(self):
        return [self.ratio("c", "d", "the agent's stream against CLONE INSTANCE, both unencrypted"),
                self.ratio("c", "e", "the agent's stream against CLONE INSTANCE, encrypted"),
                self.ratio("f", "g", "the whole of clone-mysql: the clone plugin against mariadb-backup")]

    def print(self):
        for way in self.rounds.ways:
            print_row("median", way, {name: f"{self.median(way, name):.2f}" for name in COLUMNS})
        self._print_targets()
        if self.mysql_source:
            self._print_plugin_ratios()
        self._print_others()

    def _print_targets(self):
        print("\ntargets (ratios of the medians)")
        for target in self.targets():
            limit = f"{target.limit:.2f}" if not target.unit else target.limit
            verdict = "met" if target.met else "not met"
            print(f"  {target.what:<38} {target.value:8.2f} {target.unit:<4} at most {limit:>5}  {verdict}")
        print(f"  {'c/b CPU time (no target)':<38} {self.ratio('c', 'b').cpu:8.2f}")

    def _print_plugin_ratios(self):
        print("\nMySQL's clone plugin (ratios of the medians; no targets)")
        for ratio in self.plugin_ratios():
            print(f"  {ratio.ways:<30}  wall {ratio.wall:5.2f}  CPU {ratio.cpu:5.2f}   {ratio.what}")
        stream, plugin = self.values("g", "bytes")[-1] / 2**20, self.values("e", "bytes")[-1] / 2**20
        print(f"  bytes: the last stream {stream:.2f} MiB, the last CLONE INSTANCE {plugin:.2f} MiB")

    def _print_others(self):
        start_up = len(self.source.start_up_ms)
        print(f"\nmedians of {len(self.rounds.runs)} rounds, of {start_up} starts for the sidecar")
        replica_ms = self.rounds.values_of("replica_ms")
        print_ms("prepare", self.rounds.values_of("prepare_ms"))
        print_ms("start of the init container to a replicating server (/readyz 200)", replica_ms)
        print_ms("sidecar, start to the first answer of /livez", self.source.start_up_ms)
        print_mib("sidecar, idle, before its first clone", self.source.idle_mib)
        print_mib("sidecar, idle, after its last clone", self.source.sidecar_memory("VmRSS"))

    def as_json(self, size_mib):
        """All figures. Times end in _s or _ms, memory in _mib; both are rounded to a thousandth."""
        servers = {"mariadb": self.source.version}
        if self.mysql_source:
            servers["mysql"] = self.mysql_source.version
        found = {
            "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "commit": commit(self.source.pod.place.repository),
            "machine": machine(),
            "servers": servers,
            "size_mib": size_mib,
            "cases": {way: self._case(way) for way in self.rounds.ways},
            "targets": [asdict(target) | {"met": target.met} for target in self.targets()],
            "ratios": [asdict(ratio) for ratio in self._all_ratios()],
            "prepare_ms": spread(self.rounds.values_of("prepare_ms")),
            "replica_ms": spread(self.rounds.values_of("replica_ms")),
            "sidecar_start_ms": spread(self.source.start_up_ms),
            "sidecar_idle_mib": {"before": self.source.idle_mib, "after": self.source.sidecar_memory("VmRSS")},
        }
        return json.dumps(rounded(found), indent=2) + "\n"

    def _case(self, way):
        figures = self.rounds.figures_of(way)
        names = [*COLUMNS, "bytes"]
        return {"what": WHAT[way]} | {name: spread([getattr(each, name) for each in figures]) for name in names}

    def _all_ratios(self):
        ratios = [self.ratio("c", "a"), self.ratio("c", "b")]
        return ratios + self.plugin_ratios() if self.mysql_source else ratios


def print_ms(what, values):
    print(f"  {what:<66} {statistics.median(values):8.0f} ms")


def print_mib(what, mib):
    print(f"  {what:<66} {mib:8.1f} MiB")


def spread(values):
    """`rounds` are the raw values, in the order in which they were measured."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values), "rounds": values}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value


def commit(repository):
    """With `-dirty` where the tree differs from it; None outside of git."""
    asked = subprocess.run(["git", "-C", repository, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return asked.stdout.strip() or None


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "architecture": platform.machine(),
        "processor": models[0] if models else None,  # arm64 names none
        "processors": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "kernel": platform.release(),
    }
