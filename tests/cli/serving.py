"""What the tests of serving share: a server as a process, and what the kernel says of its memory."""
import os, pathlib, re, signal, subprocess, sys, time

START_SECONDS = 60


def program():
    """The slipway that is tested: SLIPWAY_BIN's, else the one in PATH."""
    directory = os.environ.get("SLIPWAY_BIN")
    return os.path.join(directory, "slipway") if directory else "slipway"


def run(repository, *arguments):
    """Standard output of a command that must succeed."""
    done = subprocess.run([program(), "--repo", str(repository), *arguments], check=False, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"slipway {' '.join(arguments)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_until(condition, what, seconds=START_SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what} did not happen within {seconds} seconds")
        time.sleep(0.05)


def peak_memory_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024


class Process:
    """A slipway that runs until it is ended, and what it printed."""

    def __init__(self, log, repository, *arguments):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen([program(), "--repo", str(repository), *arguments],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def printed(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern):
        """The first match in what it has printed."""
        def seen():
            if self.process.poll() is not None and not re.search(pattern, self.printed()):
                sys.exit(f"it ended with status {self.process.returncode}:\n{self.printed()}")
            return re.search(pattern, self.printed())
        wait_until(seen, f"'{pattern}' in the output")
        return re.search(pattern, self.printed())

    def end(self, with_signal=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        self.process.wait(120)


class Server(Process):
    """`slipway serve` on a port of its own, which a later one can take over."""

    def __init__(self, log, repository, port=0):
        log.unlink(missing_ok=True)
        super().__init__(log, repository, "serve", "--listen", f"127.0.0.1:{port}")
        self.port = int(self.wait_for(r"on http://127\.0\.0\.1:(\d+)")[1])
        self.url = f"http://127.0.0.1:{self.port}"
