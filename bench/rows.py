"""The rows of the bench: who takes part in each, and what the target compares."""
import dataclasses

OURS = "slipway"
TAR = "tar+zstd -3"


@dataclasses.dataclass
class Row:
    """A step of every contestant, and slipway's target.

    The target holds if slipway's `figure` is at most `limit` times that of `against` in `base`
    (default this row), or, without `against`, at most `limit` times `unit`.
    """
    id: str
    title: str
    step: str
    contestants: list
    target: str = ""
    figure: str = "cpu"
    limit: float | None = None
    against: str | None = None
    base: str | None = None
    unit: float = 1.0
    ours: str = OURS

    def ratio(self, name, results):
        """A contestant's figure in terms of the target's; None where one is unknown."""
        mine = getattr(results[self.id, name], self.figure)
        divisor = self.unit
        if self.against is not None:
            reference = results.get((self.base or self.id, self.against))
            divisor = reference and getattr(reference, self.figure)
        if mine is None or not divisor or (self.limit is None and self.against is None):
            return None
        return mine / divisor


BORG, RESTIC, CASYNC = "borg", "restic", "casync"
ARCHIVE, BARE, PLAIN, EROFS = "ostree archive", "ostree bare", "plain", "mkfs.erofs"
MEGABYTE = 1e6

ROWS = [
    Row("import", "import of A", "import_a", [OURS, TAR, BORG, RESTIC, CASYNC, ARCHIVE, BARE],
        "CPU at most 1.1 x tar, zstd", "cpu", 1.1, TAR),
    Row("import-wall", "the same, wall", "import_a", [OURS],
        "wall at most 0.7 x tar, zstd", "wall", 0.7, TAR, "import"),
    Row("stored", "the same, stored size", "import_a", [OURS],
        "at most 1.0 x tar, zstd", "stored_bytes", 1.0, TAR, "import"),
    Row("again", "import again, unchanged", "import_again", [OURS, PLAIN, BORG, RESTIC, BARE],
        "wall at most 3 x a stat walk (plain)", "wall", 3, PLAIN),
    Row("checkout", "checkout of A", "checkout", [OURS, PLAIN, TAR, BORG, CASYNC, ARCHIVE, BARE],
        "CPU at most 1.0 x cp -a (plain)", "cpu", 1.0, PLAIN),
    Row("fsck", "fsck of A", "fsck", [OURS, TAR, BORG, RESTIC, BARE],
        "CPU at most 1.2 x zstd -d and SHA-256 of A", "cpu", 1.2, TAR),
    Row("layout", "image of A, layout", "layout", [OURS], "at most 100 ms", "wall", 1.0, unit=0.1),
    Row("image", "image of A, written", "image", [OURS, EROFS], "CPU at most 1.5 x mkfs.erofs", "cpu", 1.5, EROFS),
    Row("fetch", "fetch of A over HTTP", "fetch_a", [OURS, CASYNC, ARCHIVE],
        "bytes at most 1.01 x stored", "fetched_bytes", 1.01, OURS, "import"),
    Row("fetch-requests", "the same, requests", "fetch_a", [OURS], "under 60", "requests", 1.0, unit=59),
    Row("update", "import of B onto A", "import_b", [OURS, TAR, BORG, CASYNC, ARCHIVE, BARE],
        "CPU at most 0.6 x the import of A", "cpu", 0.6, OURS, "import"),
    Row("delta", "A to B over HTTP, chunks only", "update", [OURS, CASYNC, ARCHIVE],
        "at most 150 MB", "fetched_bytes", 1.0, unit=150 * MEGABYTE),
    Row("delta-requests", "the same, requests", "update", [OURS], "under 60", "requests", 1.0, unit=59),
    Row("modes", "import after chmod -R", "changed_modes", [OURS, BORG],
        "adds at most 1 % of what is stored", "stored_bytes", 0.01, OURS, "import"),
    Row("boot", "boot of A to the login prompt, beyond kernel and initramfs", "boot", [OURS],
        "at most 20 MB", "fetched_bytes", 1.0, unit=20 * MEGABYTE),
]

# The rows that must have run before a step, beside the import of A: a client that updates has fetched A.
NEEDS = {"update": {"fetch", "update"}}


def with_needs(wanted):
    """The rows that have to run for those with the ids `wanted`, in order."""
    ids = {"import", *wanted}
    for row in ROWS:
        if row.id in wanted:
            ids |= NEEDS.get(row.step, set())
    return [row for row in ROWS if row.id in ids]

# These take minutes: they run once, whatever the number of runs.
ONCE = {(row, name) for row in ("import", "update", "fetch", "delta", "again") for name in (ARCHIVE, RESTIC)}
ONCE |= {("boot", OURS), ("delta", CASYNC)}
