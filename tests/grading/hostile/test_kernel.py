"""What an answer asks of the kernel: processes, network, other people's files and memory. All is refused,
in both tiers; a right answer that tries keeps its points, and loses them as soon as one attempt works."""

import pytest

from tests.grading.hostile.conftest import PATIENT, Attack, expect, points_of
from tests.grading.sandbox.test_tiers import MISSING, WALLED

ATTACKS = {
    "processes": Attack(24, """
def child(made):
    return lambda: made() or os._exit(0)
buffer = ctypes.create_string_buffer(88)
buffer[32] = 17
found = through(
    fork=child(os.fork),
    clone=child(lambda: raw(numbers["clone"], 17, 0, 0, 0, 0)),
    clone_vm=child(lambda: raw(numbers["clone"], 0x4111, 0, 0, 0, 0)),
    clone3=child(lambda: raw(numbers["clone3"], buffer, 88)),
    run=lambda: subprocess.run(["/bin/true"]),
    spawn=lambda: os.posix_spawn("/bin/true", ["true"], {}),
    python=lambda: subprocess.run([sys.executable, "-c", ""]),
    spaces=lambda: raw(numbers["unshare"], 0x10000000),
    many=lambda: [os.fork() or os._exit(0) for _ in range(99)],
)
for name in ("fork", "vfork"):
    found += through(raw=child(lambda: raw(numbers[name]))) if name in numbers else []
return found + ([] if os.system("true") else ["system"])
"""),
    "programs": Attack(24, """
open_ = os.open(os.__file__, os.O_RDONLY)
return through(
    execv=lambda: os.execv("/bin/true", ["true"]),
    env=lambda: os.execve(sys.executable, ["python"], {}),
    at=lambda: raw(numbers["execveat"], open_, b"", 0, 0, 0x1000),
    memory=lambda: raw(numbers["memfd_create"], b"x", 0),
)
"""),
    "network": Attack(40, """
import urllib.request
def send(family, kind, place):
    s = socket.socket(family, kind)
    s.connect(place)
    s.send(b"the inputs")
def pair():
    a, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.connect(unix)
    a.send(b"the inputs")
inet, stream, datagram = socket.AF_INET, socket.SOCK_STREAM, socket.SOCK_DGRAM
return through(
    tcp=lambda: send(inet, stream, ("127.0.0.1", tcp)),
    udp=lambda: send(inet, datagram, ("127.0.0.1", udp)),
    six=lambda: socket.socket(socket.AF_INET6, stream),
    unix=lambda: send(socket.AF_UNIX, datagram, unix),
    pair=pair,
    netlink=lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    packet=lambda: socket.socket(17, socket.SOCK_RAW),
    vsock=lambda: socket.socket(40, stream),
    name=lambda: socket.getaddrinfo("localhost", 80),
    web=lambda: urllib.request.urlopen(f"http://127.0.0.1:{tcp}/", timeout=5),
    ring=lambda: raw(numbers["io_uring_setup"], 8, ctypes.create_string_buffer(120)),
)
"""),
    "reading": Attack(33, """
import glob
parent = os.getppid()
wanted = [
    victim,
    "/etc/passwd",
    "/etc/shadow",
    course + "/grading/checks/judge.py",
    course + "/grading/exercises/__init__.py",
    course + "/grading/build/solutions.py",
    course + "/pyproject.toml",
    course + "/genlab/models/vae.py",
]
wanted += [
    f"/proc/{pid}/{name}" for pid in {1, parent} for name in ("environ", "mem", "maps", "auxv", "fd/5")
]
wanted += ["/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/shm/x"]
root = os.open("/", os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_PATH", 0))
wanted = {path: (lambda path=path: open(path, "rb").read(1)) for path in wanted}
return through(
    **wanted,
    above=lambda: os.open("../.." + victim, os.O_RDONLY, dir_fd=root),
    solutions=lambda: os.listdir(course + "/solutions"),
    beside=lambda: os.listdir(os.path.dirname(victim)),
    where=lambda: os.listdir(f"/proc/{parent}/cwd/"),
    pipes=lambda: os.readlink(f"/proc/{parent}/fd/0"),
)
"""),
    "others": Attack(33, """
parent, buffer = os.getppid(), ctypes.create_string_buffer(64)
return through(
    trace=lambda: raw(numbers["ptrace"], 16, parent, 0, 0),
    see=lambda: raw(numbers["process_vm_readv"], parent, buffer, 1, buffer, 1, 0),
    change=lambda: raw(numbers["process_vm_writev"], parent, buffer, 1, buffer, 1, 0),
    handle=lambda: raw(numbers["pidfd_open"], parent, 0),
    compare=lambda: raw(numbers["kcmp"], parent, os.getpid(), 0, 0, 0),
    kill=lambda: os.kill(parent, 9),
    stop=lambda: os.kill(parent, signal.SIGSTOP),
    all=lambda: os.kill(-1, 9),
    first=lambda: os.kill(1, 9),
    group=lambda: os.killpg(os.getpgid(parent), 9),
    nice=lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
    user=lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19),
    idle=lambda: os.sched_setscheduler(parent, os.SCHED_IDLE, os.sched_param(0)),
    bind=lambda: os.sched_setaffinity(parent, {0}),
    limit=lambda: resource.prlimit(parent, resource.RLIMIT_CPU, (1, 1)),
    segment=lambda: raw(numbers["shmat"], 0, 0, 0),
    queue=lambda: raw(numbers["msgget"], 1, 0o1666),
    uid=lambda: os.setuid(1 if os.getuid() == 0 else 0),
    keys=lambda: raw(numbers["keyctl"], 0, -3, 0),
    root=lambda: os.chroot("/"),
)
"""),
    "signals_by_a_pipe": Attack(22, """
import fcntl
r, w = os.pipe()
def owned(command, value):
    fcntl.fcntl(r, command, value)
    fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
    os.write(w, b"x")
return through(
    owner=lambda: owned(fcntl.F_SETOWN, os.getppid()),
    number=lambda: owned(10, signal.SIGKILL),
    lease=lambda: fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK),
)
"""),
    "spoiling": Attack(38, """
return through(
    write=lambda: open(victim, "a").write("mallory,5"),
    cut=lambda: os.truncate(victim, 0),
    mode=lambda: os.chmod(victim, 0o777),
    times=lambda: os.utime(victim, (0, 0)),
    owner=lambda: os.chown(victim, os.getuid(), -1),
    gone=lambda: os.unlink(victim),
    renamed=lambda: os.rename(victim, victim + mark),
    linked=lambda: os.link(victim, victim + mark),
    pointed=lambda: os.symlink("/etc/passwd", victim + mark),
    note=lambda: os.setxattr(victim, "user.x", b"1"),
    folder=lambda: os.mkdir(victim + mark),
    fifo=lambda: os.mkfifo(victim + mark),
    null=lambda: os.chmod("/dev/null", 0o600),
    python=lambda: os.chmod(os.__file__, 0o777),
    mounted=lambda: raw(numbers["mount"], b"none", b"/", b"tmpfs", 0, 0),
    watch=lambda: raw(numbers["inotify_init1"], 0),
    name=lambda: socket.sethostname("mallory"),
)
"""),
    "planting": Attack(38, """
text = "raise SystemExit"
for place in [
    *places,
    ".",
    os.path.expanduser("~"),
    os.path.dirname(__import__("torch").__file__),
    *sys.path,
]:
    for name in (mark, "torch.py", "sitecustomize.py"):
        try:
            open(os.path.join(place or ".", name), "w").write(text)
        except OSError:
            pass
os.environ.update(PYTHONPATH=os.getcwd(), LD_PRELOAD=victim, PYTHONSTARTUP="torch.py")
"""),
    "links": Attack(38, """
for number, target in enumerate([victim, "/etc/passwd", "/", "/proc/1/root" + victim]):
    try:
        os.symlink(target, f"l{number}")
        open(f"l{number}", "a").write("mallory")
    except OSError:
        pass
return through(
    hard=lambda: os.link(victim, "hard"),
    seen=lambda: open("l0").read(),
    up=lambda: open("../" * 9 + victim).read(),
)
"""),
    "channels_alone": Attack(37, """
source, sink = channels()
def is_open(fd):
    return os.fstat(fd)
return [fd for fd in range(3, 250) if fd not in (source, sink) and through(x=lambda: is_open(fd))]
"""),
    "larger_limits": Attack(23, """
free = resource.RLIM_INFINITY
names = ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CPU", "RLIMIT_MEMLOCK")
found = []
for name in names:
    try:
        resource.setrlimit(getattr(resource, name), (free, free))
        found.append(name)
    except (OSError, ValueError):
        pass
return found + through(
    lock=lambda: raw({"x86_64": 149, "aarch64": 228}[os.uname().machine], id(found) // 4096 * 4096, 4096)
)
"""),
}


@pytest.fixture(scope="module", params=WALLED)
def record(request, host):
    if MISSING[request.param]:
        pytest.skip(MISSING[request.param])
    return points_of(ATTACKS, host, request.param, PATIENT)


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_gets_through(record, name):
    expect(ATTACKS[name], name, record)


def test_the_machine_is_as_it_was(record, host):
    host.untouched()
    assert record["isolation"] in WALLED
