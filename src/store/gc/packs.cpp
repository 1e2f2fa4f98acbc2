#include "store/gc/packs.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/pipeline.h"
#include "store/fsck/packs.h"
#include "store/retired.h"

namespace slipway::store {

namespace {

constexpr std::uint64_t entry_bytes = 40;     ///< an object in the index of its pack, about
constexpr std::uint64_t envelope_bytes = 140; ///< header, footer and a frame in the index, about
constexpr std::uint64_t pack_bytes = 16ULL << 20U;
constexpr std::size_t batch_packs = 32; ///< that go in one transaction

/// Replaces packs, some at a time: so that room for a few is enough, and no transaction is long.
class Sweeper {
public:
    Sweeper(const Repository& repository, Reporter& reporter)
        : repository_(repository), reporter_(reporter) {}

    void remove(const PackUse& use) {
        if (const auto pack = open(use)) {
            going_.push_back({use.pack, pack->read_index()});
        }
        flush_if_many();
    }

    void rewrite(const PackUse& use) {
        const auto pack = open(use);
        if (!pack) {
            return;
        }
        PackContents contents{use.pack, pack->read_index()};
        auto making = pack->making();
        auto live = live_frames(*pack, use.number, contents.frames);
        if (!live) {
            reporter_.notice(fmt::format(
                "pack {} is damaged and stays as it is: run `slipway fsck`", use.pack.hex()
            ));
            return;
        }
        if (making && live->any_is_new) {
            making = PackMaking{}; // it is not packed well any more
        }
        for (auto& frame : live->frames) {
            write(std::move(frame), making);
        }
        going_.push_back(std::move(contents));
        flush_if_many();
    }

    void flush() {
        close_pack();
        if (!going_.empty()) {
            exchange_packs(repository_, going_, added_);
        }
        going_.clear();
        added_.clear();
    }

    std::uint64_t bytes_written() const { return bytes_written_; }

private:
    void flush_if_many() {
        if (going_.size() >= batch_packs) {
            flush();
        }
    }

    /// Null, with a notice, if it cannot be read.
    std::shared_ptr<const PackFile> open(const PackUse& use) {
        try {
            auto pack = open_pack(repository_.paths(), use.pack);
            if (pack) {
                pack->read_index();
            }
            return pack;
        } catch (const Error& error) {
            reporter_.notice(fmt::format("pack {} stays: {}", use.pack.hex(), error.what()));
            return nullptr;
        }
    }

    /// What is made in different ways comes into different packs.
    void write(EncodedFrame frame, const std::optional<PackMaking>& making) {
        if (making != making_) {
            close_pack();
        }
        if (!writer_) {
            writer_.emplace(repository_.paths().packs(), making);
            making_ = making;
        }
        writer_->add(std::move(frame));
        if (writer_->size() >= pack_bytes) {
            close_pack();
        }
    }

    void close_pack() {
        if (writer_) {
            bytes_written_ += writer_->size();
            added_.push_back(writer_->finish());
            writer_.reset();
            failpoint("gc.pack-written");
        }
    }

    struct LiveFrames {
        std::vector<EncodedFrame> frames;
        bool any_is_new = false; ///< compressed again, without what was not needed
    };

    PackDictionaries& dictionaries() {
        if (!dictionaries_) {
            std::vector<Digest> packs;
            for (const auto& [number, name] : repository_.index().packs()) {
                packs.push_back(name);
            }
            dictionaries_.emplace(repository_.paths(), packs);
        }
        return *dictionaries_;
    }

    /// What is needed of a pack, every object verified. Nothing if one is damaged.
    std::optional<LiveFrames>
    live_frames(const PackFile& pack, PackNumber number, const std::vector<Frame>& frames) {
        auto& known = dictionaries();
        std::vector<std::optional<EncodedFrame>> encoded(frames.size());
        std::atomic<bool> damaged = false;
        std::atomic<bool> any_is_new = false;
        parallel_for(frames.size(), [&](std::size_t i) {
            const auto live = live_objects(number, frames[i]);
            if (live.empty()) {
                return;
            }
            auto read =
                read_frame(pack, frames[i], known, [&](const std::string&) { damaged = true; });
            if (!read) {
                return;
            }
            if (live.size() == frames[i].objects.size()) {
                encoded[i] = EncodedFrame{frames[i], std::move(read->stored)};
            } else {
                read->objects = live;
                encoded[i] = frame_of(*read);
                any_is_new = true;
            }
        });
        if (damaged) {
            return std::nullopt;
        }
        LiveFrames live{{}, any_is_new};
        for (auto& frame : encoded) {
            if (frame) {
                live.frames.push_back(*std::move(frame));
            }
        }
        return live;
    }

    /// Those that the index says are in this very frame.
    std::vector<FrameObject> live_objects(PackNumber number, const Frame& frame) const {
        std::vector<FrameObject> live;
        const auto& index = repository_.index();
        for (const auto& object : frame.objects) {
            const Location here{number, frame.place, object.kind, object.offset, object.length};
            if (index.holds(object.id) && index.find(object.id) == here) {
                live.push_back(object);
            }
        }
        return live;
    }

    const Repository& repository_;
    Reporter& reporter_;
    std::optional<PackDictionaries> dictionaries_; // once something is written anew
    std::optional<PackWriter> writer_;
    std::optional<PackMaking> making_; // of what is being written
    std::vector<PackContents> going_;
    std::vector<PackContents> added_;
    std::uint64_t bytes_written_ = 0;
};

/// Nothing if the file is not there.
std::optional<std::uint64_t> size_of(const RepositoryPaths& paths, const Digest& pack) {
    auto file = open_pack_file(paths, pack);
    if (!file.is_open()) {
        return std::nullopt;
    }
    return FileBlob(std::move(file), pack_file_name(pack)).size();
}

Fate fate_of(const PackUse& use, double least_live) {
    if (use.live_objects == 0) {
        return Fate::removed;
    }
    const auto content = use.bytes - std::min(use.bytes, envelope_bytes);
    return static_cast<double>(use.live_bytes) < least_live * static_cast<double>(content)
               ? Fate::rewritten
               : Fate::kept;
}

} // namespace

std::vector<PackUse> measure_packs(
    const Repository& repository,
    const std::function<bool(const Digest& id)>& is_live,
    double least_live
) {
    std::map<PackNumber, PackUse> uses;
    for (const auto& [number, pack] : repository.index().packs()) {
        if (const auto bytes = size_of(repository.paths(), pack)) {
            uses[number] = {number, pack, *bytes};
        }
    }
    const auto count = [&](const Location& location, bool live) {
        const auto use = uses.find(location.pack);
        if (use == uses.end()) {
            return;
        }
        const auto& frame = location.frame;
        if (live) {
            ++use->second.live_objects;
            use->second.live_bytes +=
                entry_bytes + std::uint64_t{frame.stored_length} * location.length /
                                  std::max<std::uint32_t>(frame.raw_length, 1);
        } else {
            ++use->second.dead_objects;
        }
    };
    const auto& index = repository.index();
    index.each([&](const Digest& id, const Location& at) { count(at, is_live(id)); });
    index.each_condemned([&](const Digest& id, const Location& at) { count(at, is_live(id)); });
    std::vector<PackUse> packs;
    for (auto& [number, use] : uses) {
        use.fate = fate_of(use, least_live);
        packs.push_back(use);
    }
    return packs;
}

std::uint64_t
sweep(const Repository& repository, const std::vector<PackUse>& packs, Reporter& reporter) {
    Task task(reporter, "sweeping packs", Unit::items, packs.size());
    Sweeper sweeper(repository, reporter);
    // First what goes without anything written: it may be what makes room for the rest.
    for (const auto fate : {Fate::removed, Fate::rewritten, Fate::kept}) {
        for (const auto& use : packs) {
            if (use.fate != fate) {
                continue;
            }
            if (fate == Fate::removed) {
                sweeper.remove(use);
            } else if (fate == Fate::rewritten) {
                sweeper.rewrite(use);
            }
            task.advance(1);
        }
        sweeper.flush();
    }
    return sweeper.bytes_written();
}

} // namespace slipway::store
