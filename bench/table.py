"""The table of a bench: medians, ratios and targets as markdown."""
import datetime, os, pathlib, platform

HEADER = ["what", "by", "CPU s", "wall s", "peak MB", "stored MB", "fetched MB", "requests", "ratio", "target"]


def machine():
    """One line that says where it was measured."""
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
                  if line.startswith("MemTotal"))
    system = next((line.split("=", 1)[1].strip('"') for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("PRETTY_NAME")), "")
    return (f"{cpu}, {os.cpu_count()} cores, {memory / 2**20:.0f} GiB of memory, {system}, "
            f"Linux {platform.release()}, load {os.getloadavg()[0]:.1f} at the end")


def figure(value, scale=1.0):
    if value is None:
        return ""
    value = value / scale
    return f"{value:.2f}" if value < 10 else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def cells(row, title, name, sample, ratio):
    judged = ""
    if name == row.ours:
        judged = row.target
        if ratio is not None and row.limit is not None:
            judged += ": met" if ratio <= row.limit else ": **missed**"
    return [title, name, figure(sample.cpu), figure(sample.wall),
            figure(sample.peak_bytes, 1e6), figure(sample.stored_bytes, 1e6), figure(sample.fetched_bytes, 1e6),
            "" if sample.requests is None else f"{sample.requests:,.0f}",
            "" if ratio is None else f"{ratio:.2f}", judged]


def markdown(rows, results, failures, runs):
    """`results` maps (row, name) to a median Sample, `failures` to what went wrong."""
    lines = [f"# Bench of {datetime.date.today()}", "", f"{machine()}.",
             f"Medians of {runs} run{'s' if runs > 1 else ''}, expensive peers once. CPU seconds and peak memory are the "
             "kernel's; bytes and requests are counted on the wire.",
             "The ratio is that of the figure which the target is about, to what the target names.", "",
             "| " + " | ".join(HEADER) + " |", "| " + " | ".join(["---"] * 2 + ["---:"] * 7 + ["---"]) + " |"]
    for row in rows:
        title = row.title # on the row's first line only
        for name in row.contestants:
            if (sample := results.get((row.id, name))) is not None:
                lines.append("| " + " | ".join(cells(row, title, name, sample, row.ratio(name, results))) + " |")
                title = ""
    if failures:
        lines += ["", "Not measured:", ""]
        lines += [f"- {row} by {name}: {why}" for (row, name), why in failures.items()]
    return "\n".join(lines) + "\n"
