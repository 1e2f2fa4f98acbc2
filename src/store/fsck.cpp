#include "store/fsck.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/pipeline.h"
#include "base/text.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::store {

namespace {

constexpr std::size_t most_problems = 1000;

/// An object that was read and hashes to its name.
struct Whole {
    Kind kind = Kind::chunk;
    std::uint32_t length = 0;
    bool should_be_indexed = false; ///< its pack, or one of them, is
};

using WholeObjects = std::unordered_map<Digest, Whole>;

/// The packs that lie in a directory, by name.
std::vector<Digest> packs_in(const std::filesystem::path& directory) {
    std::vector<Digest> packs;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
        if (const auto name = pack_of_file_name(file.path().filename().native())) {
            packs.push_back(*name);
        }
    }
    std::sort(packs.begin(), packs.end());
    return packs;
}

/// The message of an error with what was being done, on one line.
std::string one_line(const Error& error) {
    std::string text = error.what();
    for (const auto& line : error.context()) {
        text += ", while " + line;
    }
    return text;
}

/// Gathers from all threads.
class Findings {
public:
    void problem(std::string subject, std::string fact) {
        const auto state = state_.lock();
        if (state->problems.size() < most_problems) {
            state->problems.push_back({std::move(subject), std::move(fact)});
        }
    }

    void whole(const std::vector<FrameObject>& objects, bool should_be_indexed) {
        const auto state = state_.lock();
        for (const auto& object : objects) {
            auto& whole = state->objects[object.id];
            whole.kind = object.kind;
            whole.length = object.length;
            whole.should_be_indexed |= should_be_indexed;
        }
    }

    std::vector<Problem> take_problems() { return std::move(state_.lock()->problems); }

    WholeObjects take_objects() { return std::move(state_.lock()->objects); }

private:
    struct State {
        std::vector<Problem> problems;
        WholeObjects objects;
    };

    Guarded<State> state_;
};

/// Reads one pack front to back.
class PackCheck {
public:
    enum class Indexed { no, yes };

    PackCheck(
        const std::filesystem::path& directory,
        const Digest& name,
        Indexed indexed,
        Findings& findings
    )
        : subject_("pack " + name.hex()), pack_(directory, name), indexed_(indexed),
          findings_(findings) {}

    void run(Task& task) {
        auto frames_whole = true;
        for (const auto& frame : pack_.read_index()) {
            frames_whole = check_frame(frame) && frames_whole;
            task.advance(frame.place.stored_length);
        }
        if (!frames_whole) {
            return; // what is damaged has been named, more exactly
        }
        try {
            pack_.verify_bytes();
        } catch (const Error& error) {
            findings_.problem(subject_, error.what());
        }
    }

private:
    bool check_frame(const Frame& frame) {
        Buffer raw;
        try {
            Buffer stored(frame.place.stored_length);
            pack_.blob().read_at(frame.place.offset, stored);
            raw = decode_frame(frame.place, stored);
        } catch (const Error& error) {
            findings_.problem(
                subject_,
                fmt::format(
                    "frame at {} cannot be read ({}); it holds {}",
                    frame.place.offset,
                    error.what(),
                    names_of(frame.objects)
                )
            );
            return false;
        }
        std::vector<FrameObject> whole;
        for (const auto& object : frame.objects) {
            try {
                verify_object(object.id, ConstBytes(raw).subspan(object.offset, object.length));
                whole.push_back(object);
            } catch (const Error& error) {
                findings_.problem(
                    subject_, fmt::format("frame at {}: {}", frame.place.offset, error.what())
                );
            }
        }
        findings_.whole(whole, indexed_ == Indexed::yes);
        return whole.size() == frame.objects.size();
    }

    static std::string names_of(const std::vector<FrameObject>& objects) {
        if (objects.size() == 1) {
            return "object " + objects.front().id.hex();
        }
        return fmt::format(
            "{} objects from {} to {}",
            objects.size(),
            objects.front().id.hex(),
            objects.back().id.hex()
        );
    }

    std::string subject_;
    PackFile pack_;
    const Indexed indexed_;
    Findings& findings_;
};

/// Compares the index with what the packs were found to hold, and drops from that what it lacks.
void check_index(const Repository& repository, WholeObjects& objects, Findings& findings) {
    std::unordered_set<Digest> indexed;
    std::map<PackNumber, std::uint64_t> lost;
    repository.index().each([&](const Digest& id, const Location& location) {
        indexed.insert(id);
        const auto whole = objects.find(id);
        if (whole == objects.end()) {
            ++lost[location.pack];
        } else if (whole->second.length != location.length) {
            findings.problem("object " + id.hex(), "has a wrong length in the index");
        }
    });
    for (const auto& [number, name] : repository.index().packs()) {
        if (const auto count = lost[number]; count > 0) {
            findings.problem(
                "pack " + name.hex(), fmt::format("{} objects that should be in it are lost", count)
            );
        }
    }
    std::erase_if(objects, [&](const auto& object) {
        const auto& [id, whole] = object;
        if (!indexed.contains(id) && whole.should_be_indexed) {
            findings.problem(
                "object " + id.hex(),
                "is in a pack but not in the index: run `slipway fsck --rebuild-index`"
            );
        }
        return !indexed.contains(id);
    });
}

/// Follows everything that branches, their reflog and tags name.
class ReferenceCheck {
public:
    ReferenceCheck(const Repository& repository, const WholeObjects& objects, Findings& findings)
        : repository_(repository), objects_(objects), findings_(findings) {}

    void run(Reporter& reporter) {
        Task task(reporter, "checking commits", Unit::items);
        for (const auto& branch : repository_.branches().list()) {
            for (const auto& move : repository_.branches().reflog(branch.name)) {
                waiting_.emplace_back(move.commit, "branch " + branch.name);
            }
        }
        for (const auto& tag : repository_.branches().tags()) {
            waiting_.emplace_back(tag.commit, "tag " + tag.name);
        }
        while (!waiting_.empty()) {
            const auto [id, named_by] = waiting_.back();
            waiting_.pop_back();
            if (commits_.insert(id).second) {
                check_commit(id, named_by);
                task.advance(1);
            }
        }
    }

    std::uint64_t commits() const { return commits_.size(); }

private:
    void check_commit(const Digest& id, const std::string& named_by) {
        if (!objects_.contains(id)) {
            findings_.problem("commit " + id.hex(), "is missing or damaged; named by " + named_by);
            return;
        }
        commit_ = id.hex();
        try {
            const auto commit = tree::load_commit(repository_, id);
            for (const auto& parent : commit.parents) {
                waiting_.emplace_back(parent, "commit " + id.hex());
            }
            check_directory("", commit.tree, 0);
        } catch (const Error& error) {
            findings_.problem("commit " + id.hex(), one_line(error));
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion): no deeper than deepest_tree.
    void check_directory(const std::string& path, const Digest& id, std::size_t depth) {
        if (depth > tree::deepest_tree) {
            findings_.problem(subject_of(path), "the tree is nested too deep");
            return;
        }
        if (!directories_.insert(id).second) {
            return;
        }
        const auto subject = subject_of(path.empty() ? "/" : path);
        if (!objects_.contains(id)) {
            findings_.problem(
                subject, fmt::format("directory object {} is missing or damaged", id.hex())
            );
            return;
        }
        try {
            const auto directory = tree::load_directory(repository_, id);
            for (const auto& entry : directory.entries) {
                const auto inner = path + "/" + entry.name;
                if (const auto* file = std::get_if<tree::File>(&entry.node)) {
                    check_file(inner, *file);
                } else if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
                    check_directory(inner, below->directory, depth + 1);
                }
            }
        } catch (const Error& error) {
            findings_.problem(subject, one_line(error));
        }
    }

    void check_file(const std::string& path, const tree::File& file) {
        if (file.size == 0 || !files_.insert(file.content).second) {
            return;
        }
        const auto whole = objects_.find(file.content);
        if (whole == objects_.end()) {
            findings_.problem(
                subject_of(path), fmt::format("object {} is missing or damaged", file.content.hex())
            );
        } else if (file.size > tree::largest_single_chunk) {
            check_chunk_list(path, file);
        } else if (whole->second.length != file.size) {
            findings_.problem(
                subject_of(path),
                fmt::format("has {} bytes, its chunk {} of them", file.size, whole->second.length)
            );
        }
    }

    void check_chunk_list(const std::string& path, const tree::File& file) {
        const auto list = tree::load_chunk_list(repository_, file.content);
        if (list.size() != file.size) {
            findings_.problem(
                subject_of(path), fmt::format("has {} bytes, its chunks {}", file.size, list.size())
            );
        }
        for (const auto& run : list.runs) {
            if (!run.chunk) {
                continue;
            }
            const auto whole = objects_.find(*run.chunk);
            if (whole == objects_.end() || whole->second.length != run.length) {
                findings_.problem(
                    subject_of(path),
                    fmt::format("object {} is missing or damaged", run.chunk->hex())
                );
            }
        }
    }

    std::string subject_of(const std::string& path) const {
        return fmt::format("{} of commit {}", printable(path), commit_);
    }

    const Repository& repository_;
    const WholeObjects& objects_;
    Findings& findings_;
    std::vector<std::pair<Digest, std::string>> waiting_;
    std::unordered_set<Digest> commits_;
    std::unordered_set<Digest> directories_;
    std::unordered_set<Digest> files_;
    std::string commit_;
};

std::uint64_t total_size(const std::filesystem::path& directory, const std::vector<Digest>& packs) {
    std::uint64_t total = 0;
    for (const auto& pack : packs) {
        std::error_code ignored;
        const auto size = std::filesystem::file_size(directory / pack_file_name(pack), ignored);
        total += ignored ? 0 : size;
    }
    return total;
}

/// Tells of the packs that are whole but not indexed yet, which is no problem.
void tell_waiting(
    const std::vector<Digest>& packs, const std::unordered_set<Digest>& indexed, Reporter& reporter
) {
    for (const auto& name : packs) {
        if (!indexed.contains(name)) {
            reporter.notice(fmt::format(
                "pack {} is not indexed: its writer died or is at work; the next import adds it",
                name.hex()
            ));
        }
    }
}

} // namespace

FsckReport check(const Repository& repository, Reporter& reporter) {
    const auto directory = repository.paths().packs();
    const auto packs = packs_in(directory);
    std::unordered_set<Digest> indexed;
    for (const auto& [number, name] : repository.index().packs()) {
        indexed.insert(name);
    }
    Findings findings;
    FsckReport report;
    report.packs = packs.size();
    report.bytes = total_size(directory, packs);
    {
        Task task(reporter, "checking packs", Unit::bytes, report.bytes);
        parallel_for(packs.size(), [&](std::size_t i) {
            const auto is_indexed =
                indexed.contains(packs[i]) ? PackCheck::Indexed::yes : PackCheck::Indexed::no;
            try {
                PackCheck(directory, packs[i], is_indexed, findings).run(task);
            } catch (const Error& error) {
                findings.problem("pack " + packs[i].hex(), error.what());
            }
        });
    }
    for (const auto& name : indexed) {
        if (!std::binary_search(packs.begin(), packs.end(), name)) {
            findings.problem("pack " + name.hex(), "is in the index but not on disk");
        }
    }
    tell_waiting(packs, indexed, reporter);
    auto objects = findings.take_objects();
    report.objects = objects.size();
    check_index(repository, objects, findings);
    ReferenceCheck references(repository, objects, findings);
    references.run(reporter);
    report.commits = references.commits();
    report.problems = findings.take_problems();
    return report;
}

FsckReport rebuild_index(const RepositoryPaths& paths, Reporter& reporter) {
    const auto packs = packs_in(paths.packs());
    FsckReport report;
    const TemporaryDirectory fresh(paths.root);
    {
        ObjectIndex index(fresh.path(), Access::read_write, ObjectIndex::Missing::create);
        Task task(reporter, "indexing packs", Unit::items, packs.size());
        for (const auto& name : packs) {
            try {
                const PackFile pack(paths.packs(), name);
                index.add_pack(name, pack.read_index());
                report.bytes += pack.size();
                ++report.packs;
            } catch (const Error& error) {
                report.problems.push_back({"pack " + name.hex(), error.what()});
            }
            task.advance(1);
        }
        report.objects = index.size();
    }
    // LMDB's lock file belongs to the processes that have the old index open: it stays as it is.
    std::error_code exists;
    std::filesystem::create_directory(paths.index(), exists);
    const auto built = fresh.path() / "data.mdb";
    const auto target = paths.index() / "data.mdb";
    if (rename(built.c_str(), target.c_str()) != 0) {
        throw_errno(fmt::format("cannot put the new index at {}", target.native()));
    }
    sync_directory(paths.index());
    return report;
}

} // namespace slipway::store
