"""Rounds of the ways on a machine that is quiet, as far as that can be had."""
import os
import time

from . import usage

TRIES = 3


class Rounds:
    """All runs that count."""

    def __init__(self, ways, show):
        self.ways = ways
        self.runs = []  # one list of runs for each round
        self._show = show  # prints the figures of one way

    def measure(self, number, run, source):
        """Runs one way in the round of that number, and again where others disturbed it."""
        for remaining in reversed(range(TRIES)):
            wait_for_quiet()
            touch_memory(source)
            found = run(source)
            found.figures[:] = [figures for figures in found.figures if figures.way in self.ways]
            for figures in found.figures:
                self._show(number, figures)
            if not remaining or not any(disturbed(figures) for figures in found.figures):
                break
            print("         disturbed: once more")
        if number > len(self.runs):
            self.runs.append([])
        self.runs[-1].append(found)

    def figures_of(self, way):
        """One for each round."""
        return [figures for runs in self.runs for run in runs for figures in run.figures if figures.way == way]

    def values_of(self, name):
        """Of a value that only the runs of one way have."""
        return [getattr(run, name) for runs in self.runs for run in runs if getattr(run, name) is not None]


def disturbed(figures):
    """Whether others took more than a tenth of the processors meanwhile."""
    return figures.others_s > 0.1 * figures.wall_s * os.cpu_count()


def wait_for_quiet():
    """Waits up to half a minute for a second in which the processors have nothing to do."""
    calm = 0
    for _ in range(60):
        before = usage.busy()
        time.sleep(0.5)
        calm = calm + 1 if usage.busy() - before <= 0.1 else 0
        if calm == 2:
            break


def touch_memory(source):
    """Takes and frees as much memory as a copy needs.

    A virtual machine gets memory from its host at the first touch, which takes longer than the copy into it. What was
    touched a moment ago is there, so no way pays for it.
    """
    file = source.pod.place.work / "touched"
    with open(file, "wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, usage.bytes_in(source.pod.data))
    file.unlink()
