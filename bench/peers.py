"""How slipway and each program it is measured against do one step of the bench.

Every contestant is a class with a scratch directory of its own; a step is a method that takes the
Trees and returns a Sample. Steps run in the order of the rows, so that a checkout finds its import.
"""
import dataclasses, functools, json, os, pathlib, shutil

from measure import Failed, program_server, run, size_of, static_server

DEMO = pathlib.Path(__file__).resolve().parent.parent / "tools" / "demo"


@dataclasses.dataclass
class Trees:
    """The trees to store."""
    a: pathlib.Path
    b: pathlib.Path
    scratch: pathlib.Path

    @functools.cached_property
    def changed(self):
        """A copy of A whose every mode is changed."""
        copy = self.scratch / "A-changed"
        run(["cp", "-a", str(self.a), str(copy)])
        run(["find", str(copy), "!", "-type", "l", "-exec", "chmod", "g+w,o-r", "{}", "+"])
        return copy


class Contestant:
    def __init__(self, scratch):
        self.scratch = pathlib.Path(scratch)
        self.scratch.mkdir(parents=True)
        self.repository = self.scratch / "repository"

    def fresh(self, name):
        """A path in the scratch directory where nothing is. What was there is put aside, and goes when
        nobody is measured: ext4 makes files slowly for a minute after as many were removed."""
        path = self.scratch / name
        if os.path.lexists(path):
            aside = self.scratch / "aside"
            aside.mkdir(exist_ok=True)
            path.rename(aside / str(len(list(aside.iterdir()))))
        return path

    def tidy_up(self):
        """Removes what fresh() has put aside."""
        shutil.rmtree(self.scratch / "aside", ignore_errors=True)

    def stored(self, sample):
        sample.stored_bytes = size_of(self.repository)
        return sample

    def added(self, step):
        """What a step adds to the repository, as its stored bytes."""
        before = size_of(self.repository)
        sample = step()
        sample.stored_bytes = size_of(self.repository) - before
        return sample


class Slipway(Contestant):
    def __init__(self, scratch, program):
        super().__init__(scratch)
        self.program = str(program)
        self.cache = self.scratch / "cache"

    def slipway(self, *arguments, at=None, **environment):
        return run([self.program, "--quiet", "--repo", str(at or self.repository), *map(str, arguments)], **environment)

    def import_a(self, trees):
        self.fresh("repository")
        self.slipway("init")
        sample = self.stored(self.slipway("import", trees.a, "main", "-m", "A"))
        self.slipway("import", trees.a, "a", "-m", "A, to stay when main moves on")
        return sample

    def import_again(self, trees):
        return self.slipway("import", trees.a, "main", "-m", "A again")

    def import_b(self, trees):
        return self.added(lambda: self.slipway("import", trees.b, "main", "-m", "B"))

    def checkout(self, _):
        return self.slipway("checkout", "a", self.fresh("checkout"))

    def fsck(self, _):
        return self.slipway("fsck")

    def image(self, _):
        return self.slipway("image", "a", self.fresh("image"))

    def layout(self, _):
        """The time to lay an image out, as the program tells it: no command does that alone."""
        sample = run([self.program, "--json", "--repo", str(self.repository), "image", "a", str(self.fresh("image"))])
        for line in sample.output.splitlines():
            if line.startswith("{") and (milliseconds := json.loads(line).get("layout_ms")) is not None:
                return dataclasses.replace(sample, wall=milliseconds / 1000, cpu=None, peak_bytes=None)
        raise Failed("slipway --json image tells no layout_ms")

    def serve(self):
        return program_server(lambda port: [self.program, "--quiet", "--repo", str(self.repository), "serve",
                                            "--listen", f"127.0.0.1:{port}"])

    def fetch(self, commit):
        with self.serve() as counter:
            return counter.fill(self.slipway("checkout", commit, self.fresh("fetched"), at=counter.url,
                                             SLIPWAY_CACHE=str(self.cache)))

    def fetch_a(self, _):
        self.fresh("cache")
        return self.fetch("a")

    def update(self, _):
        """With what fetching A left in the cache."""
        return self.fetch("main")

    def changed_modes(self, trees):
        return self.added(lambda: self.slipway("import", trees.changed, "modes", "-m", "chmod -R"))

    def boot(self, trees):
        """As `./dev demo` does it, which writes its figures down."""
        figures = self.fresh("boot.json")
        sample = run([str(DEMO), "--figures", str(figures), str(trees.a)])
        told = json.loads(figures.read_text())
        return dataclasses.replace(sample, fetched_bytes=told["root_bytes"], requests=told["requests"],
                                   wall=told["seconds"], cpu=None, peak_bytes=None)


class TarZstd(Contestant):
    def import_a(self, trees):
        return self.stored(run(f"tar -C {trees.a} -c . | zstd -q -3 -o {self.fresh('repository')}"))

    def import_b(self, trees):
        target = self.fresh("b.tar.zst")
        sample = run(f"tar -C {trees.b} -c . | zstd -q -3 -o {target}")
        sample.stored_bytes = size_of(target)
        return sample

    def checkout(self, _):
        self.fresh("checkout").mkdir()
        return run(f"zstd -dc {self.repository} | tar -C {self.scratch}/checkout -xp")

    def fsck(self, _):
        """What any check has to do: decompress everything and digest it."""
        return run(f"zstd -dc {self.repository} | openssl dgst -sha256")


class Plain(Contestant):
    """The system's own tools."""

    def import_again(self, trees):
        return run(f"find {trees.a} -printf '%s %T@\\n' >/dev/null")

    def checkout(self, trees):
        return run(["cp", "-a", str(trees.a), str(self.fresh("checkout"))])


class MkfsErofs(Contestant):
    def image(self, trees):
        return run(["mkfs.erofs", "-d0", str(self.fresh("image")), str(trees.a)])


class Borg(Contestant):
    def borg(self, *arguments, cwd=None):
        return run(["borg", *map(str, arguments)], cwd=cwd, BORG_BASE_DIR=str(self.scratch),
                   BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes", BORG_RELOCATED_REPO_ACCESS_IS_OK="yes")

    def create(self, tree, name):
        # With file names as seen from the tree, as everybody else has them.
        return self.borg("create", "--compression", "zstd,3", f"{self.repository}::{name}", ".", cwd=tree)

    def import_a(self, trees):
        self.fresh("repository")
        self.borg("init", "--encryption", "none", self.repository)
        return self.stored(self.create(trees.a, "a"))

    def import_again(self, trees):
        return self.create(trees.a, "a-again")

    def import_b(self, trees):
        return self.added(lambda: self.create(trees.b, "b"))

    def checkout(self, _):
        target = self.fresh("checkout")
        target.mkdir()
        return self.borg("extract", f"{self.repository}::a", cwd=target)

    def fsck(self, _):
        return self.borg("check", "--verify-data", self.repository)

    def changed_modes(self, trees):
        return self.added(lambda: self.create(trees.changed, "modes"))


class Restic(Contestant):
    def restic(self, *arguments, cwd=None):
        return run(["restic", "--quiet", "--repo", str(self.repository), *map(str, arguments)], cwd=cwd,
                   RESTIC_PASSWORD="bench", RESTIC_CACHE_DIR=str(self.scratch / "cache"))

    def import_a(self, trees):
        self.fresh("repository")
        self.restic("init")
        return self.stored(self.restic("backup", ".", cwd=trees.a))

    def import_again(self, trees):
        return self.restic("backup", ".", cwd=trees.a)

    def fsck(self, _):
        return self.restic("check", "--read-data")


class Casync(Contestant):
    def make(self, tree, name):
        return run(["casync", "make", "--with=best", f"--store={self.repository / 'store.castr'}",
                    str(self.repository / f"{name}.caidx"), str(tree)])

    def import_a(self, trees):
        self.fresh("repository").mkdir()
        return self.stored(self.make(trees.a, "a"))

    def import_b(self, trees):
        return self.added(lambda: self.make(trees.b, "b"))

    def extract(self, where, name, target, *options):
        return run(["casync", "extract", *options, f"--store={where}/store.castr", f"{where}/{name}.caidx",
                    str(self.fresh(target))])

    def checkout(self, _):
        return self.extract(self.repository, "a", "checkout")

    def fetch(self, name, *options):
        with static_server(self.repository) as counter:
            return counter.fill(self.extract(counter.url, name, "fetched-" + name, *options))

    def fetch_a(self, _):
        return self.fetch("a")

    def update(self, _):
        """With the extracted A as its seed."""
        return self.fetch("b", f"--seed={self.scratch / 'fetched-a'}")


class Ostree(Contestant):
    """In the mode named: archive (compressed, to be served) or bare (to be checked out by links)."""

    def __init__(self, scratch, mode):
        super().__init__(scratch)
        self.mode = mode
        self.client = self.scratch / "client"

    def ostree(self, *arguments, at=None):
        return run(["ostree", f"--repo={at or self.repository}", *map(str, arguments)])

    def commit(self, tree, branch):
        """OSTree keeps no devices: its trees must have none."""
        return self.ostree("commit", f"--branch={branch}", f"--tree=dir={without_devices(tree, self.scratch)}")

    def import_a(self, trees):
        self.fresh("repository")
        self.ostree("init", f"--mode={self.mode}")
        return self.stored(self.commit(trees.a, "a"))

    def import_again(self, trees):
        return self.commit(trees.a, "a")

    def import_b(self, trees):
        return self.added(lambda: self.commit(trees.b, "b"))

    def checkout(self, _):
        options = [] if self.mode == "archive" else ["--require-hardlinks"]
        return self.ostree("checkout", *options, "a", self.fresh("checkout"))

    def fsck(self, _):
        return self.ostree("fsck", "--quiet")

    def pull(self, branch):
        self.ostree("summary", "--update")
        with static_server(self.repository) as counter:
            self.ostree("remote", "add", "--force", "--no-gpg-verify", "origin", counter.url, at=self.client)
            return counter.fill(self.ostree("pull", "origin", branch, at=self.client))

    def fetch_a(self, _):
        self.fresh("client")
        self.ostree("init", "--mode=bare", at=self.client)
        return self.pull("a")

    def update(self, _):
        """From objects, with A in the client's repository."""
        return self.pull("b")


def without_devices(tree, scratch):
    """The tree, or a copy of it beside the contestants if it holds devices.

    No hard links to the tree: they would change the ctime that all caches of stats go by.
    """
    devices = ["(", "-type", "b", "-o", "-type", "c", "-o", "-type", "p", ")"]
    if not run(["find", str(tree), *devices]).output:
        return tree
    copy = scratch.parent / f"{tree.name}-without-devices"
    if not copy.exists():
        run(["cp", "-a", str(tree), str(copy)])
        run(["find", str(copy), *devices, "-delete"])
    return copy
