"""What processes have used, and the machine. All times are in seconds, all memory is in MiB.

GNU time, and not os.wait4, tells what a command and its descendants used. A child of Python is a copy of Python until
it runs its command, so the kernel would count Python's memory as the command's peak.
"""
import os
import pathlib
import shutil
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")  # in a second

# The fields of /proc/<pid>/stat after the command's name, and those of the first line of /proc/stat; see proc(5).
PROCESS_FIELDS = ("state ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt "
                  "utime stime cutime cstime").split()
MACHINE_FIELDS = "cpu user nice system idle iowait irq softirq steal".split()


@dataclass(frozen=True)
class Cpu:
    own: float
    children: float  # those that have ended

    @property
    def all(self):
        return self.own + self.children


def cpu_in(stat):
    """CPU time in a text of /proc/<pid>/stat."""
    after_name = stat.rpartition(")")[2].split()
    field = dict(zip(PROCESS_FIELDS, after_name))
    return Cpu(own=(int(field["utime"]) + int(field["stime"])) / TICKS,
               children=(int(field["cutime"]) + int(field["cstime"])) / TICKS)


def cpu_of(pid):
    return cpu_in(pathlib.Path(f"/proc/{pid}/stat").read_text())


def memory_in(status, key):
    """VmHWM, the peak, or VmRSS, that of now, in a text of /proc/<pid>/status."""
    field = dict(line.split(":", 1) for line in status.splitlines())
    return int(field[key].split()[0]) / 1024


def memory_of(pid, key):
    return memory_in(pathlib.Path(f"/proc/{pid}/status").read_text(), key)


def busy_in(stat):
    """How long the machine's processors did anything, for anybody, in a text of /proc/stat."""
    field = dict(zip(MACHINE_FIELDS, stat.splitlines()[0].split()))
    return sum(int(field[name]) for name in ("user", "nice", "system", "irq", "softirq", "steal")) / TICKS


def busy():
    return busy_in(pathlib.Path("/proc/stat").read_text())


@dataclass(frozen=True)
class Usage:
    """Of a command and of all descendants that were waited for; the peak is the largest one's."""
    cpu: float
    peak: float


def timed(file, command):
    """The command, made to leave its Usage in `file`."""
    file.unlink(missing_ok=True)
    return [shutil.which("time"), "--quiet", f"--output={file}", "--format=%U %S %M", *command]


def usage_in(file):
    user, system, peak_kib = file.read_text().split()
    return Usage(cpu=float(user) + float(system), peak=int(peak_kib) / 1024)


def together(*usages):
    return Usage(cpu=sum(each.cpu for each in usages), peak=max(each.peak for each in usages))


def bytes_in(directory, leave_out=None):
    """What its files hold, without those whose path in it begins with `leave_out`."""
    total = 0
    for file in files_in(directory):
        if not (leave_out and str(file.relative_to(directory)).startswith(leave_out)):
            try:
                total += file.lstat().st_size
            except FileNotFoundError:  # a server's, which it has just removed
                pass
    return total


def files_in(directory):
    return [pathlib.Path(folder, name) for folder, _, names in os.walk(directory) for name in names]
