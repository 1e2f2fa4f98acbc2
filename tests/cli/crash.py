"""What the crash tests share: an import that dies, and what must hold afterwards.

A repository holds the tree `old` on its branch; each trial imports `new` onto a copy of it, dies on
the way, and is then checked: fsck finds nothing, the branch is the old commit or the new one, whole,
and the same import succeeds when it is run again.
"""
import json, os, pathlib, random, shutil, subprocess, sys, tempfile

BRANCH = "main"


class Broken(Exception):
    """A promise that did not hold, with what the program said."""


class Trials:
    """A scratch directory with the two trees and the repository that every trial begins from."""

    def __init__(self, slipway, tree=None):
        self.slipway = slipway
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="slipway-crash.", dir=os.environ.get("TMPDIR", "/var/tmp")))
        self.old, self.new = self.scratch / "old", self.scratch / "new"
        self.repository = self.scratch / "repo"
        self.start = self.scratch / "start"
        make_tree(self.old, 1, files=120)
        if tree:
            self.new = pathlib.Path(tree)
        else:
            make_tree(self.new, 2, files=400)
        self.must("init", at=self.start)
        self.must("import", str(self.old), BRANCH, "-m", "old", at=self.start)
        self.old_id = self.tree_of_branch(self.start)
        self.prepare()
        self.begin()
        self.must_act()
        self.new_id = self.tree_of_branch()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.scratch)

    def run(self, *arguments, at=None, stderr=subprocess.STDOUT, **environment):
        command = [self.slipway, "--repo", str(at or self.repository), *arguments]
        return subprocess.run(command, env=os.environ | environment, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=stderr)

    def must(self, *arguments, at=None):
        done = self.run(*arguments, at=at)
        if done.returncode != 0:
            raise Broken(f"slipway {' '.join(arguments)}: status {done.returncode}\n{done.stdout.decode(errors='replace')}")
        return done.stdout

    def prepare(self):
        """What else a trial needs."""

    def begin(self):
        """The repository as it was before any trial."""
        shutil.rmtree(self.repository, ignore_errors=True)
        shutil.copytree(self.start, self.repository, symlinks=True)

    def import_arguments(self):
        return ["import", str(self.new), BRANCH, "-m", "new"]

    def tree_of_branch(self, at=None):
        """The id of the tree that the branch shows: it stands for every byte and attribute of it."""
        log = self.run("--json", "log", BRANCH, at=at, stderr=subprocess.DEVNULL)
        if log.returncode != 0:
            raise Broken(f"slipway log: status {log.returncode}")
        return json.loads(log.stdout)[0]["tree"]

    def is_old(self):
        """Whether the branch is at the old commit; Broken if it is at neither."""
        tree = self.tree_of_branch()
        if tree not in (self.old_id, self.new_id):
            raise Broken(f"the branch is neither old nor new: {tree}")
        return tree == self.old_id

    def check_tree(self, tree):
        """The branch's checkout equals the directory it came from."""
        target = self.scratch / "checkout"
        shutil.rmtree(target, ignore_errors=True)
        self.must("checkout", BRANCH, str(target))
        differs = subprocess.run(["diff", "-r", "--no-dereference", str(tree), str(target)], check=False,
                                 capture_output=True)
        shutil.rmtree(target)
        if differs.returncode != 0:
            raise Broken(f"the checkout differs: {differs.stdout.decode(errors='replace')[:2000]}")

    def act(self, **environment):
        """What may die."""
        return self.run(*self.import_arguments(), **environment)

    def must_act(self):
        done = self.act()
        if done.returncode != 0:
            raise Broken(f"status {done.returncode}\n{done.stdout.decode(errors='replace')}")

    def check(self):
        """Everything that must hold after a death. True if the branch was still the old one."""
        self.must("fsck")
        was_old = self.is_old()
        own_trees = self.new.parent == self.scratch
        if own_trees:
            self.check_tree(self.old if was_old else self.new)
        self.must_act()
        self.must("fsck")
        if self.is_old():
            raise Broken("a rerun succeeded, but the branch is the old one")
        if own_trees:
            self.check_tree(self.new)
        return was_old


class Pulls(Trials):
    """The new commit comes from another repository."""

    def prepare(self):
        self.other = self.scratch / "other"
        shutil.copytree(self.start, self.other)
        self.must("import", str(self.new), BRANCH, "-m", "new", at=self.other)

    def act(self, **environment):
        return self.run("pull", str(self.other), BRANCH, **environment)


class Pushes(Pulls):
    """The other repository sends it. Both ends may die: sender and receiver are two processes."""

    def act(self, **environment):
        return self.run("push", str(self.repository), BRANCH, at=self.other, **environment)


class Mirrors(Pulls):
    """All of the other repository is copied."""

    def act(self, **environment):
        return self.run("mirror", str(self.other), **environment)


def make_tree(root, seed, files):
    """A small tree of small and middling files; a third of them is the same for every seed."""
    root.mkdir()
    for index in range(files):
        same = index % 3 == 0
        source = random.Random(index if same else seed * 100_000 + index)
        folder = root / f"d{index % 17}" / f"e{index % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        size = source.choice([0, 100, 3000, 20_000, 90_000])
        (folder / f"file{index}").write_bytes(source.randbytes(size // 2) + bytes(size // 2))
    (root / "large").write_bytes(random.Random(seed).randbytes(3 << 20))


def program():
    """The slipway to test: SLIPWAY_BIN's, else the one on PATH."""
    name = os.path.join(os.environ["SLIPWAY_BIN"], "slipway") if "SLIPWAY_BIN" in os.environ else "slipway"
    return shutil.which(name) or sys.exit(f"no program '{name}': build first, or set SLIPWAY_BIN")
