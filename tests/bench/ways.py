"""The ways to clone that are compared. Each runs once, leaves nothing behind, and returns its figures."""
import os
import re
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass

from . import usage
from .processes import AgentLog, Failure, listens, show_log, wait_for
from .servers import SECRET, Pod, empty_data


@dataclass(frozen=True)
class Figures:
    """Of one way in one round. The report's head says what counts into which."""
    way: str
    wall_s: float
    cpu_s: float
    sender_mib: float  # the peak of a side's largest process
    receiver_mib: float
    others_s: float  # CPU time of everything else on the machine meanwhile
    bytes: int  # a and b: what the files of the copy hold; else what the agent or CLONE INSTANCE says that it copied


@dataclass(frozen=True)
class Run:
    """One way may give the figures of two: c is a part of g."""
    figures: list
    prepare_ms: float | None = None
    replica_ms: float | None = None


# --- mariadb-backup and a pipe ----------------------------------------------------------------------------------------

def backup_command(source):
    """As the tutorial calls it; there it finds the data directory and the port at their default places."""
    return ["mariadb-backup", "--no-defaults", "--backup", "--slave-info", "--stream=xbstream",
            f"--host={source.pod.host}", f"--port={source.pod.place.server_port}", "--user=root",
            f"--datadir={source.pod.data}"]


def start_pipe(place, log, sender, receiver):
    """Starts two commands, of which the second reads what the first writes."""
    first = place.processes.start(sender, log, stdout=subprocess.PIPE)
    with first.stdout:
        return first, place.processes.start(receiver, log, stdin=first.stdout)


def take_copy(directory):
    """Removes a copy that is complete, and returns what its files held."""
    size = usage.bytes_in(directory)
    if not (directory / "xtrabackup_checkpoints").is_file():
        raise Failure(f"the copy in {directory} is not complete")
    shutil.rmtree(directory)
    return size


def run_tutorial(source):
    """a: mariadb-backup | ncat  --TCP-->  ncat | mbstream -x"""
    place, work = source.pod.place, source.pod.place.work
    tool_file, sender_file = work / "a.tool", work / "a.sender"
    ncat_file, unpack_file = work / "a.ncat", work / "a.unpack"
    log, target = work / "a.log", work / "copy"
    target.mkdir()
    address = [source.pod.host, place.pipe_port]
    busy = usage.busy()
    tool = shlex.join(str(word) for word in usage.timed(tool_file, backup_command(source)))
    sender = place.processes.start(
        usage.timed(sender_file, ["ncat", "--listen", *address, "--send-only", "-c", tool]), log)
    wait_for("ncat", 10, lambda: listens(*address))
    begin = time.monotonic()
    receivers = start_pipe(place, log, usage.timed(ncat_file, ["ncat", "--recv-only", *address]),
                           usage.timed(unpack_file, ["mbstream", "-x", "-C", target]))
    place.processes.finish(*receivers)
    wall = time.monotonic() - begin
    place.processes.finish(sender)
    # ncat does not always wait for the tool that it runs.
    wait_for("the figures of mariadb-backup", 10, lambda: tool_file.exists() and tool_file.read_text().endswith("\n"))
    busy = usage.busy() - busy
    sent = tutorial_sender(usage.usage_in(sender_file), usage.usage_in(tool_file))
    received = usage.together(usage.usage_in(ncat_file), usage.usage_in(unpack_file))
    cpu = sent.cpu + received.cpu
    return Run([Figures("a", wall, cpu, sent.peak, received.peak, busy - cpu, take_copy(target))])


def tutorial_sender(ncat, tool):
    """If ncat waited for the tool, its figures have the tool's in them. Its peak tells: ncat is the smaller by far."""
    return ncat if ncat.peak >= tool.peak else usage.together(ncat, tool)


def run_local_pipe(source):
    """b: mariadb-backup | mbstream -x -p 2"""
    place, work = source.pod.place, source.pod.place.work
    target = work / "copy"
    target.mkdir()
    busy = usage.busy()
    begin = time.monotonic()
    both = start_pipe(place, work / "b.log", usage.timed(work / "b.sender", backup_command(source)),
                      usage.timed(work / "b.receiver", ["mbstream", "-x", "-p", "2", "-C", target]))
    place.processes.finish(*both)
    wall = time.monotonic() - begin
    busy = usage.busy() - busy
    sent, received = usage.usage_in(work / "b.sender"), usage.usage_in(work / "b.receiver")
    cpu = sent.cpu + received.cpu
    return Run([Figures("b", wall, cpu, sent.peak, received.peak, busy - cpu, take_copy(target))])


# --- the agent's stream -----------------------------------------------------------------------------------------------

def make_watched_backup(place):
    """Puts tests/bench/mariadb-backup in front of the tool, in a folder for PATH."""
    folder = watched_backup(place)
    folder.mkdir()
    (folder / "mariadb-backup").symlink_to(place.repository / "tests/bench/mariadb-backup")
    (folder / "real-mariadb-backup").symlink_to(shutil.which("mariadb-backup"))


def watched_backup(place):
    return place.work / "bin"


def start_clone(pod, file, path, *flags):
    command = [pod.place.agent, "clone-mysql", *pod.agent_flags(), "--donor-wait", "30s", *flags]
    return pod.processes.start(usage.timed(file, command), pod.log("clone"), path=path)


def run_agent(source):
    """c: sidecar  --TCP-->  clone-mysql; and g, all of that clone-mysql"""
    place = source.pod.place
    pod = Pod(place, source.pod.product, 1)
    notes, file = watched_backup(place), place.work / "g.clone"
    pod.make()
    pod.log("clone").unlink(missing_ok=True)
    sidecar_cpu, busy = source.sidecar_cpu(), usage.busy()
    begin = time.time()  # as in the log
    pod.init_mysql()
    begin_clone = time.time()
    place.processes.finish(start_clone(pod, file, f"{notes}:{os.environ['PATH']}"))
    whole_busy = usage.busy() - busy
    # The sidecar's share is what it and the tool that it ran used until now.
    sidecar_cpu = source.sidecar_cpu() - sidecar_cpu
    log = AgentLog(pod.log("clone"))
    size = int(log.field("received the clone", "bytes"))
    peak = source.sidecar_memory("VmHWM")

    # The transfer ends where the prepare begins.
    transfer_cpu = sidecar_cpu + usage.cpu_in((notes / "transfer-end.stat").read_text()).own
    transfer = Figures(
        "c", log.time("received the clone") - log.time("began to clone"), transfer_cpu, peak,
        usage.memory_in((notes / "transfer-end.status").read_text(), "VmHWM"),
        usage.busy_in((notes / "transfer-end.machine").read_text()) - busy - transfer_cpu, size)
    received = usage.usage_in(file)
    cpu = sidecar_cpu + received.cpu
    whole = Figures("g", log.time("published the data") - begin_clone, cpu, peak, received.peak, whole_busy - cpu, size)
    prepare_ms = float(log.field("prepared the clone", "ms"))
    return Run([transfer, whole], prepare_ms, bring_up(pod, begin))


def bring_up(pod, begin):
    """The pod's other containers: its server and its sidecar start together, and it is ready when it replicates.

    Returns how long that took since `begin`, when its first init container started, in ms.
    """
    server = pod.processes.start(pod.server_command(), pod.log("server"))
    sidecar = pod.start_sidecar()
    wait_for("the replica", 60, lambda: pod.answers("/readyz", 200))
    replica_ms = (time.time() - begin) * 1000
    pod.processes.stop(sidecar)
    pod.processes.stop(server)
    pod.remove()
    return replica_ms


# --- MySQL's clone plugin ---------------------------------------------------------------------------------------------

def run_plain_statement(source):
    """d: CLONE INSTANCE between two servers over TCP, unencrypted as c is"""
    return Run([clone_by_statement(source, "d", "REQUIRE NO SSL")])


def run_encrypted_statement(source):
    """e: the same encrypted"""
    return Run([clone_by_statement(source, "e", "REQUIRE SSL")])


def clone_by_statement(source, way, encryption):
    place = source.pod.place
    pod = Pod(place, source.pod.product, 1)
    file = place.work / "recipient"
    pod.make()
    shutil.copytree(empty_data(place), pod.data, dirs_exist_ok=True)
    recipient = place.processes.start(
        usage.timed(file, pod.server_command("--plugin-load-add=mysql_clone.so")), pod.log("server"))
    pod.wait_for_server()
    client = connect(pod)
    source_cpu, busy = source.both_cpu(), usage.busy()
    recipient_cpu = usage.cpu_of(int(pod.pid_file.read_text())).own
    wall = run_statement(pod, client, f"CLONE INSTANCE FROM 'clone'@'{source.pod.host}':{place.server_port}"
                                      f" IDENTIFIED BY '{SECRET}' {encryption}")
    place.processes.finish(recipient)
    busy = usage.busy() - busy
    received = usage.usage_in(file)
    cpu = source.both_cpu() - source_cpu + received.cpu - recipient_cpu
    sender_peak = source.server_peak()
    size = check_plugin_copy(pod)
    pod.remove()
    return Figures(way, wall, cpu, sender_peak, received.peak, busy - cpu, size)


def connect(pod):
    """A client that is connected already when the statement begins."""
    pod.log("statement").unlink(missing_ok=True)
    client = pod.processes.start(pod.client_command("--unbuffered"), pod.log("statement"),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    donor = f"{pod.place.network}.{pod.product.decade}0:{pod.place.server_port}"
    tell(client, f"SET GLOBAL clone_valid_donor_list = '{donor}'; SELECT 'connected'")
    if client.stdout.readline() != b"connected\n":
        show_log(client.log)
        raise Failure("the recipient does not answer")
    return client


def tell(client, statements):
    client.stdin.write(f"{statements};\n".encode())
    client.stdin.flush()


def run_statement(pod, client, statement):
    """Runs it to the end of the connection, and returns how long that took, in seconds.

    The connection ends with the server's refusal to start itself again (3707), or because the server ends. Then the
    copy is complete and on disk.
    """
    begin = time.monotonic()
    tell(client, statement)
    pod.processes.wait(client)
    wall = time.monotonic() - begin
    client.stdin.close()
    client.stdout.close()
    if not re.search(r"ERROR (3707|20\d\d) ", client.log.read_text()):
        show_log(client.log)
        raise Failure("CLONE INSTANCE failed")
    return wall


def check_plugin_copy(pod):
    """A server on the copy says whether it is complete, and how many bytes were copied."""
    server = pod.start_server()
    state = pod.sql("SELECT STATE FROM performance_schema.clone_status")
    size = pod.sql("SELECT SUM(DATA) FROM performance_schema.clone_progress")
    pod.processes.stop(server)
    if state != "Completed":
        raise Failure(f"the server on the copy says of the clone: {state}")
    return int(size)


def run_agent_by_plugin(source):
    """f: all of clone-mysql, with the clone plugin"""
    place = source.pod.place
    pod = Pod(place, source.pod.product, 1)
    file = place.work / "f.clone"
    pod.make()
    pod.init_mysql()
    pod.log("clone").unlink(missing_ok=True)
    source_cpu, busy = source.both_cpu(), usage.busy()
    begin = time.time()  # as in the log
    place.processes.finish(start_clone(pod, file, pod.product.path, "--defaults-file", pod.option_file,
                                       "--clone-password-file", place.password_file))
    busy = usage.busy() - busy
    log = AgentLog(pod.log("clone"))
    if log.field("received the clone", "engine") != "clone-plugin":
        show_log(pod.log("clone"))
        raise Failure("clone-mysql did not use the plugin")
    received = usage.usage_in(file)
    cpu = source.both_cpu() - source_cpu + received.cpu
    wall = log.time("published the data") - begin
    size = int(log.field("received the clone", "bytes"))
    pod.remove()
    return Run([Figures("f", wall, cpu, source.server_peak(), received.peak, busy - cpu, size)])
