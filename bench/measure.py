"""What commands cost, by the kernel's accounting, and what they fetch, counted on the wire."""
import contextlib, dataclasses, http.server, os, pathlib, re, signal, socket, statistics, subprocess, threading, time

REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT) [^\r\n ]+ HTTP/1\.[01]\r\n")


class Failed(Exception):
    """A command of the bench did not work."""


@dataclasses.dataclass
class Sample:
    """One run: CPU seconds and peak memory of a command and all it started, and what else is known."""
    cpu: float | None = None
    wall: float | None = None
    peak_bytes: int | None = None
    stored_bytes: int | None = None
    fetched_bytes: int | None = None
    requests: int | None = None
    output: str = ""

    def adding(self, other):
        """Two commands that make one step: times add up."""
        return dataclasses.replace(self, cpu=self.cpu + other.cpu, wall=self.wall + other.wall,
                                   peak_bytes=max(self.peak_bytes, other.peak_bytes))


def median(samples):
    """The medians of each figure of several runs."""
    def of(name):
        known = [getattr(sample, name) for sample in samples if getattr(sample, name) is not None]
        return statistics.median(known) if known else None
    return Sample(**{field.name: of(field.name) for field in dataclasses.fields(Sample) if field.name != "output"})


def run(command, cwd=None, **environment):
    """Runs a command (a list, or a line for bash) and measures it; Failed if its status is not 0.

    CPU time is that of all processes that were waited for; the peak is that of the largest one.
    """
    if isinstance(command, str):
        command = ["bash", "-c", "set -eo pipefail; " + command]
    began = time.monotonic()
    try:
        process = subprocess.Popen(command, cwd=cwd, env=os.environ | environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from error
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        said = output.strip().splitlines()[-1:] or ["nothing"]
        raise Failed(f"{pathlib.Path(command[0]).name} ended with {process.returncode}, saying: {said[0][:200]}")
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, output=output)


def size_of(path):
    """The bytes of all files below a path, each hard link once."""
    path, seen = pathlib.Path(path), {}
    for file in [path] if path.is_file() else path.rglob("*"):
        status = file.lstat()
        if not file.is_dir() or file.is_symlink():
            seen[status.st_ino] = status.st_size
    return sum(seen.values())


class Counter:
    """A relay in front of a server that counts the bytes it answers with and the requests."""

    def __init__(self, port):
        self.target = port
        self.fetched_bytes = self.requests = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError): # the listener is closed in the end
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                for end in (client, server): # else every small answer waits 40 ms for an acknowledgement
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.relay, args=(client, server, self.count_requests), daemon=True).start()
                threading.Thread(target=self.relay, args=(server, client, self.count_bytes), daemon=True).start()

    def relay(self, source, target, count):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 18):
                count(data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def count_requests(self, data):
        found = len(REQUEST.findall(data))
        with self.lock:
            self.requests += found

    def count_bytes(self, data):
        with self.lock:
            self.fetched_bytes += len(data)

    def fill(self, sample):
        sample.fetched_bytes, sample.requests = self.fetched_bytes, self.requests
        return sample


@contextlib.contextmanager
def counting(port):
    counter = Counter(port)
    try:
        yield counter
    finally:
        counter.listener.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def static_server(directory):
    """A counter in front of a plain web server for the directory: for the peers."""
    def handler(*arguments):
        return QuietHandler(*arguments, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with counting(server.server_address[1]) as counter:
            yield counter
        server.shutdown()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def program_server(command_for_port):
    """A counter in front of a program that serves on the port it is told."""
    port = free_port()
    process = subprocess.Popen(command_for_port(port), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(process, port)
        with counting(port) as counter:
            yield counter
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_until_it_listens(process, port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Failed("the server does not listen")
