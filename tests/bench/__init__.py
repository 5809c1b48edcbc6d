"""What scripts/bench is made of.

processes  starts and ends them; ports, HTTP, the lines of a log
usage      what processes, and the machine, have used
servers    the pods: their servers, their data, their sidecars
ways       the ways to clone that are compared: each runs once and returns its figures
measure    rounds: waits for a quiet machine, and repeats what was disturbed
report     the figures as text and as JSON
"""
