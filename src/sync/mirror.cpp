#include "sync/mirror.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/lock_file.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "store/intake.h"

namespace slipway::sync {

namespace {

constexpr std::uint64_t small_pack_bytes = 1ULL << 20U; ///< fetched without a look at its index
constexpr std::size_t damaged_named = 3;

/// True only if the pack's own index says that there is nothing new in it.
bool holds_nothing_new(Peer& peer, const store::Repository& repository, const ListedPack& pack) {
    const auto ends = peer.ends_of_pack(pack);
    const auto frames = ends ? store::decode_pack_ends(ends->start, ends->end) : std::nullopt;
    return frames && std::all_of(frames->begin(), frames->end(), [&](const store::Frame& frame) {
               return std::all_of(
                   frame.objects.begin(),
                   frame.objects.end(),
                   [&](const store::FrameObject& object) {
                       return repository.index().holds(object.id);
                   }
               );
           });
}

/// Fetches one pack after the other into files, each whole before it is taken.
class PackCopier {
public:
    PackCopier(Peer& peer, store::Repository& repository, Reporter& reporter)
        : peer_(peer), repository_(repository), reporter_(reporter), intake_(repository),
          lock_(LockFile::take(repository.paths().cache() / "mirror.lock")) {
        if (!lock_) {
            throw Error(Fault::unavailable, "packs are being fetched to this repository already")
                .hint("wait until the other `slipway mirror` has ended");
        }
    }

    void run(const PackCopy& copy) {
        Task task(reporter_, "fetching packs", Unit::bytes, copy.bytes);
        run(copy.packs, task);
        // A pack may need a dictionary that came in a later one.
        for (auto waiting = take_waiting(); !waiting.empty();) {
            run(waiting, task);
            auto left = take_waiting();
            if (left.size() == waiting.size()) {
                throw Error(
                    Fault::corrupt,
                    fmt::format(
                        "{}: what pack {} is compressed with is not there",
                        peer_.options().servers.front().text(),
                        left.front().pack.hex()
                    )
                );
            }
            waiting = std::move(left);
        }
        tell_damage();
    }

private:
    void run(const std::vector<ListedPack>& packs, Task& task) {
        Pipeline pipeline({.threads = threads(), .in_flight_bytes = 256ULL << 20U});
        for (const auto& pack : packs) {
            pipeline.submit(pack.size, [&]() -> Deliver {
                const auto verified = fetch(pack, task);
                return [this, verified] {
                    if (verified) {
                        intake_.take(*verified);
                    }
                };
            });
        }
        pipeline.finish();
    }

    std::vector<ListedPack> take_waiting() { return std::exchange(*waiting_.lock(), {}); }

    std::size_t threads() const {
        return peer_.options().servers.front().scheme == net::Scheme::ssh ? 1 : 3;
    }

    using Verified = std::shared_ptr<const store::VerifiedPack>;

    /// Null if it is gone, or damaged wherever it was asked for.
    Verified fetch(const ListedPack& pack, Task& task) {
        std::string fault;
        if (auto verified = try_fetch(peer_, pack, task, fault)) {
            return verified;
        }
        // What was there from before may have been what was damaged; and any server may be.
        for (const auto& server : peer_.options().servers) {
            if (fault.empty()) {
                return nullptr;
            }
            fault.clear();
            auto options = peer_.options();
            options.servers = {server};
            Peer single(options, reporter_);
            if (auto verified = try_fetch(single, pack, task, fault)) {
                return verified;
            }
        }
        if (!fault.empty()) {
            damaged_.lock()->push_back(fmt::format("pack {}: {}", pack.pack.hex(), fault));
        }
        return nullptr;
    }

    /// `fault` says what is damaged in what came; the file is then gone.
    Verified try_fetch(Peer& peer, const ListedPack& pack, Task& task, std::string& fault) {
        const auto file = intake_.directory() / (pack.pack.hex() + ".part");
        try {
            if (!peer.download(pack, file, [&](std::uint64_t bytes) { task.advance(bytes); })) {
                unlink(file.c_str());
                return nullptr;
            }
            return std::make_shared<const store::VerifiedPack>(
                store::verify_pack(file, pack.pack, &repository_)
            );
        } catch (const Error& error) {
            if (error.fault() == Fault::not_found) {
                waiting_.lock()->push_back(pack);
                return nullptr;
            }
            if (error.fault() != Fault::corrupt) {
                throw;
            }
            fault = error.what();
            unlink(file.c_str());
            return nullptr;
        }
    }

    void tell_damage() {
        const auto damaged = damaged_.lock();
        if (damaged->empty()) {
            return;
        }
        std::string text;
        for (std::size_t i = 0; i < std::min(damaged->size(), damaged_named); ++i) {
            text += (i == 0 ? "" : "; ") + (*damaged)[i];
        }
        throw Error(
            Fault::corrupt,
            fmt::format(
                "{}: {} {} damaged: {}",
                peer_.options().servers.front().text(),
                counted(damaged->size(), "pack"),
                damaged->size() == 1 ? "is" : "are",
                text
            )
        )
            .hint("everything else was fetched; run `slipway fsck --repair` there, then again here"
            );
    }

    Peer& peer_;
    store::Repository& repository_;
    Reporter& reporter_;
    store::Intake intake_;
    const std::optional<LockFile> lock_; ///< of the files that packs are written to
    Guarded<std::vector<std::string>> damaged_;
    Guarded<std::vector<ListedPack>> waiting_; ///< for a dictionary
};

} // namespace

PackCopy plan_packs(Peer& peer, const store::Repository& repository) {
    const auto listed = peer.packs();
    if (!listed) {
        throw Error(
            Fault::not_found,
            fmt::format("{} does not list its packs", peer.options().servers.front().text())
        )
            .hint("its slipway is too old, or published with an old one; `slipway pull` may do");
    }
    std::unordered_set<Digest> held;
    for (const auto& [number, name] : repository.index().packs()) {
        held.insert(name);
    }
    PackCopy copy;
    for (const auto& pack : *listed) {
        const auto is_held =
            held.contains(pack.pack) || (!held.empty() && pack.size > small_pack_bytes &&
                                         holds_nothing_new(peer, repository, pack));
        if (!is_held) {
            copy.packs.push_back(pack);
            copy.bytes += pack.size;
        }
    }
    return copy;
}

void copy_packs(
    Peer& peer, store::Repository& repository, const PackCopy& copy, Reporter& reporter
) {
    PackCopier(peer, repository, reporter).run(copy);
}

} // namespace slipway::sync
