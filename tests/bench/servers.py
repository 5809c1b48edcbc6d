"""The pods of the bench: an option file, a data directory, a server on it, and a sidecar. All listen on loopback."""
import getpass
import os
import pathlib
import random
import shlex
import shutil
import time
from dataclasses import dataclass

from . import usage
from .processes import Failure, Processes, free_ports, http_answers, http_get, show_log, wait_for

SECRET = "secret"  # of the accounts for replication and for clones
TABLES = 8

MARIADB_OPTIONS = """\
skip-name-resolve
innodb_log_file_size=256M
"""
MYSQL_OPTIONS = """\
user=root
loose_mysqlx=OFF
secure_file_priv=NULL
innodb_redo_log_capacity=256M
"""
# A server that is being filled need not be safe.
FILL_OPTIONS = ["--skip-log-bin", "--skip-networking", "--innodb-doublewrite=OFF", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=512M"]


@dataclass(frozen=True)
class Place:
    """Where the bench runs. The ports are the same at all addresses."""
    repository: pathlib.Path
    work: pathlib.Path
    agent: pathlib.Path
    processes: Processes
    size_mib: int
    network: str  # the first three numbers of the addresses
    server_port: int
    clone_port: int
    probe_port: int
    pipe_port: int

    @property
    def password_file(self):
        return self.work / "password"

    @property
    def config_map(self):
        return self.work / "config-map"


@dataclass(frozen=True)
class Product:
    """What differs between MariaDB and MySQL."""
    name: str
    folder: str  # of its pods
    decade: int  # of its pods' addresses
    server: list
    client: str
    options: str  # of its option file
    fill_options: list
    numbers: str  # a table of the numbers 1 to {rows} in a column seq
    redo_log: str  # how its path in the data directory begins
    seconds: int  # for the server to start
    path: str | None  # PATH of the agent; None: the bench's own


def mariadb():
    # As root mariadbd starts only if told so.
    as_root = ["--user=root"] if os.getuid() == 0 else []
    return Product(name="source", folder="pod", decade=1, server=["mariadbd", *as_root], client="mariadb",
                   options=MARIADB_OPTIONS, fill_options=FILL_OPTIONS, numbers="bench.seq_1_to_{rows}",
                   redo_log="ib_logfile", seconds=30, path=None)


def mysql(programs):
    """`programs` is the only directory in PATH: so clone-mysql finds a MySQL without a backup tool."""
    numbers = ("(WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < {rows})"
               " SELECT seq FROM n) AS numbers")
    return Product(name="MySQL source", folder="plugin", decade=2, server=[programs / "mysqld"],
                   client=programs / "mysql", options=MYSQL_OPTIONS,
                   fill_options=[*FILL_OPTIONS, "--cte-max-recursion-depth=4294967295"],
                   numbers=numbers, redo_log="#innodb_redo", seconds=60, path=str(programs))


def make_mysql_programs(repository, work):
    """Scripts that run the MySQL of a root directory, in a folder of their own, which is returned."""
    root = pathlib.Path(os.environ.get("MYSQL_AGENT_CACHE") or "/var/cache/mysql-agent", "mysql-9.7")
    if os.getuid() != 0:
        raise Failure("--mysql needs root: MySQL runs in a root directory of its own")
    if not root.is_dir():
        raise Failure(f"--mysql needs {root}: run scripts/setup --servers")
    programs = work / "mysql-bin"
    programs.mkdir()
    for name in ("mysqld", "mysql"):
        command = shlex.join([str(repository / "scripts/in-root"), str(root), name])
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    return programs


def choose_place(repository, work, agent, processes, size_mib):
    # A network that hardly anybody else has.
    network = f"127.{random.randrange(20, 220)}.{random.randrange(1, 251)}"
    place = Place(repository, work, agent, processes, size_mib, network, *free_ports(f"{network}.10", 4))
    place.password_file.write_text(SECRET)
    place.config_map.mkdir()
    for role in ("primary", "replica"):
        (place.config_map / f"{role}.cnf").write_text("[mysqld]\n")
    return place


class Pod:
    """Ordinal 0 is the source, 1 the clone."""

    def __init__(self, place, product, ordinal):
        self.place = place
        self.product = product
        self.ordinal = ordinal
        self.processes = place.processes
        self.directory = place.work / f"{product.folder}-{ordinal}"
        self.data = self.directory / "data"
        self.option_file = self.directory / "my.cnf"
        self.pid_file = self.directory / "server.pid"
        self.socket = self.directory / "server.sock"
        self.host = f"{place.network}.{product.decade}{ordinal}"
        self.name = f"bench-{ordinal}"

    def log(self, name):
        return self.place.work / f"{self.product.folder}-{self.ordinal}.{name}.log"

    def make(self):
        """What a pod has before its containers start. Nothing is left of an earlier one."""
        self.remove()
        self.data.mkdir(parents=True)
        (self.directory / "conf.d").mkdir()
        self.option_file.write_text(
            f"[mysqld]\n"
            f"datadir={self.data}\n"
            f"socket={self.socket}\n"
            f"pid-file={self.pid_file}\n"
            f"bind-address={self.host}\n"
            f"port={self.place.server_port}\n"
            f"innodb_buffer_pool_size=256M\n"
            f"{self.product.options}"
            f"!includedir {self.directory}/conf.d\n")

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def init_mysql(self):
        command = [self.place.agent, "init-mysql", *self.set_flags(), "--conf-dir", self.directory / "conf.d",
                   "--config-map-dir", self.place.config_map]
        self.processes.run(command, self.log("init"))

    def set_flags(self):
        """Who it is, and who the others are."""
        return ["--pod-name", self.name, "--peer-host", f"{self.place.network}.{self.product.decade}{{ordinal}}"]

    def agent_flags(self):
        """What its sidecar and its clone-mysql have in common."""
        return ["--insecure", *self.set_flags(), "--data-dir", self.data, "--listen", self.host,
                "--clone-port", self.place.clone_port, "--http-listen", f"{self.host}:{self.place.probe_port}"]

    def server_command(self, *options):
        program, *always = self.product.server
        return [program, f"--defaults-file={self.option_file}", *always, *options]

    def client_command(self, *options):
        return [self.product.client, "--no-defaults", "--user=root", f"--socket={self.socket}", "--batch",
                "--skip-column-names", *options]

    def start_server(self, *options):
        """Returns once it answers."""
        process = self.processes.start(self.server_command(*options), self.log("server"))
        self.wait_for_server()
        return process

    def wait_for_server(self):
        wait_for(f"the server of {self.directory.name}", self.product.seconds, self._server_answers)

    def _server_answers(self):
        client = self.processes.start(self.client_command("-e", "SELECT 1"), self.log("client-wait"))
        return self.processes.wait(client) == 0

    def start_sql(self, statements):
        return self.processes.start(self.client_command("-e", statements), self.log("client"))

    def sql(self, statements):
        """Returns what the client says."""
        return self.processes.output(self.client_command("-e", statements), self.log("client"))

    def start_sidecar(self, *flags):
        command = [self.place.agent, "sidecar", *self.agent_flags(), "--mysql-host", self.host,
                   "--mysql-port", self.place.server_port, "--source-port", self.place.server_port,
                   "--replication-password-file", self.place.password_file, *flags]
        return self.processes.start(command, self.log("sidecar"), path=self.product.path)

    def answers(self, path, code):
        return http_answers(self.host, self.place.probe_port, path, code)


def fill_tables(pod):
    """Tables of random bytes: four rows fill a page. One client for each processor."""
    numbers = pod.product.numbers.format(rows=pod.place.size_mib * 256 // TABLES)
    pod.sql("CREATE DATABASE bench")
    clients = os.cpu_count()
    fillers = [pod.start_sql("SET unique_checks=0, foreign_key_checks=0;" +
                             "".join(table_statements(table, numbers) for table in range(first, TABLES, clients)))
               for first in range(min(clients, TABLES))]
    pod.processes.finish(*fillers)


def table_statements(table, numbers):
    piece = "RANDOM_BYTES(925)"  # it gives 1024 at most
    return (f"CREATE TABLE bench.t{table} (id INT UNSIGNED PRIMARY KEY, bytes VARBINARY(3700) NOT NULL);"
            f"INSERT INTO bench.t{table} SELECT seq, CONCAT({piece}, {piece}, {piece}, {piece}) FROM {numbers};")


def make_source(pod, initialize):
    """Fills it by a server that ends cleanly: so the redo log is empty when the bench begins. Returns its server."""
    pod.make()
    pod.init_mysql()
    initialize(pod)
    filler = pod.start_server(*pod.product.fill_options)
    fill_tables(pod)
    pod.processes.stop(filler)
    server = pod.start_server()
    # One transaction in the binary log: the clone has a GTID to start from.
    pod.sql("CREATE TABLE bench.mark (id INT PRIMARY KEY); INSERT INTO bench.mark VALUES (1)")
    mib = -(-usage.bytes_in(pod.data, leave_out=pod.product.redo_log) // 2**20)
    print(f"the {pod.product.name} has {mib} MiB in {len(usage.files_in(pod.data))} files")
    return server


def initialize_mariadb(pod):
    pod.processes.run(["mariadb-install-db", "--no-defaults", f"--datadir={pod.data}", f"--user={getpass.getuser()}",
                       "--auth-root-authentication-method=normal", "--skip-test-db"], pod.log("install"))


def initialize_mysql(pod):
    """Keeps a copy of the data directory that is still empty: a recipient of CLONE INSTANCE begins with it."""
    pod.processes.run(pod.server_command("--initialize-insecure"), pod.log("install"))
    shutil.copytree(pod.data, empty_data(pod.place))
    (empty_data(pod.place) / "auto.cnf").unlink(missing_ok=True)  # the server's own name


def empty_data(place):
    return place.work / "plugin-empty"


@dataclass
class Source:
    """A pod that is cloned from."""
    pod: Pod
    version: str
    server: object
    sidecar: object
    start_up_ms: list  # of its sidecar
    idle_mib: float | None = None  # of its sidecar, before its first clone

    def sidecar_memory(self, key):
        return usage.memory_of(self.sidecar.pid, key)

    def server_peak(self):
        return usage.memory_of(self.server.pid, "VmHWM")

    def sidecar_cpu(self):
        return usage.cpu_of(self.sidecar.pid).all

    def both_cpu(self):
        return self.sidecar_cpu() + usage.cpu_of(self.server.pid).all


def start_mariadb_source(place):
    """Starts its sidecar a few times for the figure; the last one stays."""
    pod = Pod(place, mariadb(), 0)
    server = make_source(pod, initialize_mariadb)
    start_up_ms = []
    for start in range(5):
        if start:
            place.processes.stop(sidecar)
        begin = time.monotonic()
        sidecar = pod.start_sidecar()
        while not pod.answers("/livez", 200):
            if sidecar.poll() is not None:
                show_log(sidecar.log)
                raise Failure("the sidecar ended")
            time.sleep(0.001)
        start_up_ms.append((time.monotonic() - begin) * 1000)
    wait_for("the sidecar", 30, lambda: pod.answers("/readyz", 200))
    time.sleep(3)  # a look at the server or two
    source = Source(pod, pod.sql("SELECT VERSION()"), server, sidecar, start_up_ms)
    source.idle_mib = source.sidecar_memory("VmRSS")
    return source


def start_mysql_source(place, programs):
    """Its sidecar makes the account for clones."""
    pod = Pod(place, mysql(programs), 0)
    server = make_source(pod, initialize_mysql)
    sidecar = pod.start_sidecar("--clone-password-file", place.password_file)
    donor = pod.host, place.clone_port, "/v1/donor"
    wait_for("the MySQL source's sidecar", 30, lambda: '"fit":true' in http_get(*donor).replace(" ", ""))
    return Source(pod, pod.sql("SELECT VERSION()"), server, sidecar, [])
