#include "mount/active_mount.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "mount/device.h"
#include "mount/fields.h"
#include "mount/filesystem.h"
#include "mount/mount_table.h"

namespace slipway::mount {

namespace {

constexpr std::string_view record_kind = "slipway mount 1";
constexpr std::size_t name_length = 16;
constexpr auto waiting_pause = std::chrono::milliseconds(50);
constexpr int waiting_tries = 1200; // a minute

std::filesystem::path absolute_of(const std::filesystem::path& directory) {
    auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(directory));
    return path.has_filename() ? path : path.parent_path();
}

std::filesystem::path mounts_of(const std::filesystem::path& runtime_directory) {
    return runtime_directory / "mounts";
}

std::filesystem::path
place_of(const std::filesystem::path& runtime_directory, const std::filesystem::path& directory) {
    const auto name = sha256(as_bytes(directory.native())).hex().substr(0, name_length);
    return mounts_of(runtime_directory) / name;
}

std::filesystem::path record_path(const std::filesystem::path& place) {
    return place / "record";
}

/// True if what is mounted at the record's directory is what the record tells of.
bool is_still_mounted(const MountRecord& record) {
    const auto table = read_mount_table();
    return is_on_top(table, record.directory, record.device.native()) ||
           is_on_top(table, record.directory, overlay_source);
}

/// Removes the files of a place; a directory where something is still mounted stays.
void remove_place(const std::filesystem::path& place) {
    std::error_code ignored;
    for (const auto* name : {"fuse", "lower", "memory", "nbd", "record"}) {
        std::filesystem::remove(place / name, ignored);
    }
    std::filesystem::remove(place, ignored);
}

/// Ends everything that a process that died left in `place`, whose lock the caller holds.
void clean_up(const std::filesystem::path& place, const LockFile& lock, Reporter& reporter) {
    const auto bytes = lock.read();
    if (!bytes.empty()) {
        const auto record = parse_record(bytes);
        reporter.notice(fmt::format(
            "cleaning up after process {}, which died and left {} mounted",
            record.process,
            record.directory.native()
        ));
        if (is_still_mounted(record)) {
            unmount_lazily(record.directory);
        }
    }
    abandon_layers(place);
    abandon(place);
    remove_place(place);
}

LockFile take_place(const std::filesystem::path& place, const std::filesystem::path& directory) {
    std::filesystem::create_directories(place);
    auto lock = LockFile::take(record_path(place));
    if (!lock) {
        throw Error(
            Fault::refused, fmt::format("something is already mounted at {}", directory.native())
        )
            .hint("unmount it first: slipway umount");
    }
    return std::move(*lock);
}

/// The right to `place`, with nothing left in it.
LockFile take_clean_place(
    const std::filesystem::path& place, const std::filesystem::path& directory, Reporter& reporter
) {
    auto lock = take_place(place, directory);
    if (lock.read().empty()) {
        return lock;
    }
    clean_up(place, lock, reporter); // removes the file that the lock is on
    return take_place(place, directory);
}

/// Asks the process to end and waits until it lets go of `place`.
void end_process(const std::filesystem::path& place, int process) {
    if (process > 0 && kill(process, SIGTERM) != 0 && errno != ESRCH) {
        throw_errno(fmt::format("cannot end process {}", process));
    }
    for (int i = 0; i < waiting_tries; ++i) {
        if (!LockFile::is_held(record_path(place))) {
            return;
        }
        std::this_thread::sleep_for(waiting_pause);
    }
    throw Error(Fault::unavailable, fmt::format("process {} does not end", process))
        .hint(fmt::format("kill -9 {}, then run the same command again", process));
}

void unmount_record(const MountRecord& record, WhenBusy when_busy) {
    if (!is_still_mounted(record)) {
        return;
    }
    if (when_busy == WhenBusy::detach) {
        unmount_lazily(record.directory);
    } else if (!unmount(record.directory)) {
        throw Error(Fault::refused, fmt::format("{} is in use", record.directory.native()))
            .hint(fmt::format("fuser -vm {} says by whom", record.directory.native()));
    }
}

/// Directories of mounts, living or dead.
std::vector<std::filesystem::path> all_places(const std::filesystem::path& runtime_directory) {
    std::vector<std::filesystem::path> places;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(mounts_of(runtime_directory), none)) {
        places.push_back(entry.path());
    }
    std::ranges::sort(places);
    return places;
}

} // namespace

std::string write_record(const MountRecord& record) {
    return write_fields(
        record_kind,
        {{"directory", record.directory.native()},
         {"device", record.device.native()},
         {"writable", record.writable.native()},
         {"source", record.source},
         {"process", fmt::format("{}", record.process)}}
    );
}

MountRecord parse_record(ConstBytes bytes) {
    const auto fields = parse_fields(record_kind, bytes);
    return {
        text_in(fields, "directory"),
        text_in(fields, "device"),
        text_in(fields, "writable"),
        text_in(fields, "source"),
        static_cast<int>(number_in(fields, "process"))};
}

ActiveMount::ActiveMount(
    const std::filesystem::path& runtime_directory,
    const std::filesystem::path& directory,
    Reporter& reporter
)
    : place_(place_of(runtime_directory, absolute_of(directory))),
      directory_(absolute_of(directory)), lock_(take_clean_place(place_, directory_, reporter)) {
    publish({});
}

ActiveMount::~ActiveMount() {
    remove_place(place_);
}

void ActiveMount::publish(MountRecord record) {
    record.directory = directory_;
    record.process = getpid();
    lock_.write(write_record(record));
}

std::vector<MountRecord> active_mounts(const std::filesystem::path& runtime_directory) {
    std::vector<MountRecord> records;
    for (const auto& place : all_places(runtime_directory)) {
        if (LockFile::is_held(record_path(place))) {
            records.push_back(parse_record(read_file(record_path(place))));
        }
    }
    return records;
}

void end_mount(
    const std::filesystem::path& runtime_directory,
    const std::filesystem::path& directory,
    WhenBusy when_busy,
    Reporter& reporter
) {
    const auto absolute = absolute_of(directory);
    const auto place = place_of(runtime_directory, absolute);
    if (!std::filesystem::exists(record_path(place))) {
        throw Error(
            Fault::not_found, fmt::format("slipway has nothing mounted at {}", absolute.native())
        );
    }
    if (const auto lock = LockFile::take(record_path(place))) {
        clean_up(place, *lock, reporter);
        return;
    }
    const auto record = parse_record(read_file(record_path(place)));
    unmount_record(record, when_busy);
    end_process(place, record.process);
}

void clean_up_mounts(const std::filesystem::path& runtime_directory, Reporter& reporter) {
    for (const auto& place : all_places(runtime_directory)) {
        if (const auto lock = LockFile::take(record_path(place))) {
            clean_up(place, *lock, reporter);
        }
    }
}

} // namespace slipway::mount
