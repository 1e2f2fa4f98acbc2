#!/usr/bin/env python3
"""Runs clang-tidy over a build's sources, several at once, and skips what passed before.

A source that passed is remembered in BUILD/tidy/ by the digest of its preprocessed text, its
compile command and .clang-tidy, so that a second run costs a second a file.
"""
import argparse, concurrent.futures, hashlib, json, pathlib, shlex, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Not looked at: tests (GoogleTest's macros are most of what would be seen), and the two sources
# whose coroutines clang 14 cannot read with GCC 12's library.
LEFT_OUT = ("_test.cpp", "/tests/", "src/net/server.cpp", "src/net/connection.cpp",
            "src/server/scripts.cpp")  # made by the build: shell scripts as strings


def is_left_out(file):
    return any(part in file for part in LEFT_OUT)


def preprocessed(entry):
    """What clang-tidy would see: comments are kept, because NOLINT is one."""
    words = shlex.split(entry["command"])
    output = words.index("-o")
    words[output + 1] = "-"
    words[words.index("-c")] = "-E"
    return subprocess.run(words + ["-C"], cwd=entry["directory"], capture_output=True, check=False).stdout


def passed_before(build, entry):
    """The file whose existence says that this text passed."""
    digest = hashlib.sha256(preprocessed(entry))
    digest.update(entry["command"].encode())
    digest.update((ROOT / ".clang-tidy").read_bytes())
    return build / "tidy" / digest.hexdigest()


def check(build, entry):
    """The linter's complaints about one source; empty if it passes."""
    stamp = passed_before(build, entry)
    if stamp.exists():
        return ""
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), entry["file"]],
                         capture_output=True, text=True, check=False)
    if run.returncode == 0:
        stamp.touch()
        return ""
    return run.stdout or run.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="a build directory with compile_commands.json")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", help="only these sources")
    options = parser.parse_args()

    build = pathlib.Path(options.build).resolve()
    (build / "tidy").mkdir(exist_ok=True)
    wanted = {str(pathlib.Path(file).resolve()) for file in options.files}
    entries = json.loads((build / "compile_commands.json").read_text())
    entries = [entry for entry in entries
               if (entry["file"] in wanted if wanted else not is_left_out(entry["file"]))]

    began, failures = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for complaints in pool.map(lambda entry: check(build, entry), entries):
            if complaints:
                failures += 1
                print(complaints, end="", flush=True)
    print(f"clang-tidy: {len(entries)} sources, {failures} with complaints, {time.monotonic() - began:.0f} s")
    return failures > 0


sys.exit(main())
