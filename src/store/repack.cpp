#include "store/repack.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/pipeline.h"
#include "store/frame_encoder.h"
#include "store/locks.h"
#include "store/repack/frames.h"
#include "store/repack/gather.h"
#include "store/repack/order.h"
#include "store/repack/selection.h"
#include "store/retired.h"

namespace slipway::store {

namespace {

constexpr std::uint64_t sampled_bytes = 4ULL << 20U; ///< of each group, at least, for an estimate
constexpr std::size_t sampled_share = 40;            ///< and one frame in so many

/// Writes frames into one pack after another.
class PackSeries {
public:
    PackSeries(const RepositoryPaths& paths, PackMaking making, std::uint64_t pack_bytes)
        : paths_(paths), making_(making), pack_bytes_(pack_bytes) {}

    void add(EncodedFrame frame) {
        if (!writer_) {
            writer_.emplace(paths_.packs(), making_);
        }
        writer_->add(std::move(frame));
        if (writer_->size() >= pack_bytes_) {
            close();
        }
    }

    std::vector<PackContents> finish() {
        if (writer_) {
            close();
        }
        return std::move(packs_);
    }

private:
    void close() {
        packs_.push_back(writer_->finish());
        writer_.reset();
        failpoint("repack.pack");
    }

    const RepositoryPaths& paths_;
    PackMaking making_;
    std::uint64_t pack_bytes_;
    std::optional<PackWriter> writer_;
    std::vector<PackContents> packs_;
};

/// What is to be done, and with what.
struct Plan {
    Selection selection;
    std::vector<PlannedFrame> frames;
    std::uint64_t raw_bytes = 0;
    std::uint64_t objects = 0;
    std::array<std::optional<FrameDictionary>, group_count> dictionaries;
    std::vector<Digest> dictionaries_to_write; ///< new ones, and those in packs that go
};

class Repacking {
public:
    Repacking(const Repository& repository, const RepackOptions& options, Reporter& reporter)
        : repository_(repository), options_(options), reporter_(reporter), encoder_(options.level) {
    }

    /// False if everything is packed well.
    bool plan() {
        plan_.selection = select_packs(repository_, options_);
        if (plan_.selection.packs.empty()) {
            return false;
        }
        const auto ordered = gather_alike(
            repository_,
            order_objects(repository_, plan_.selection.numbers, options_.hot, reporter_),
            reporter_
        );
        plan_.objects = ordered.size();
        plan_.frames = plan_frames(ordered);
        for (const auto& frame : plan_.frames) {
            plan_.raw_bytes += frame.raw_length;
        }
        for (std::size_t i = 0; i < group_count; ++i) {
            plan_dictionary(static_cast<Group>(i), ordered);
        }
        plan_kept_dictionaries();
        return true;
    }

    std::vector<PackContents> write() {
        const PackMaking making{static_cast<std::uint8_t>(options_.level), layout_version};
        PackSeries series(repository_.paths(), making, options_.pack_bytes);
        for (const auto& id : plan_.dictionaries_to_write) {
            series.add(encode_dictionary(id));
        }
        Task task(reporter_, "packing", Unit::bytes, plan_.raw_bytes);
        Pipeline pipeline({.in_flight_bytes = options_.in_flight_bytes});
        for (const auto& frame : plan_.frames) {
            pipeline.submit(frame.raw_length, [&]() -> Deliver {
                auto encoded = std::make_shared<EncodedFrame>(encode(frame));
                return [&, encoded] {
                    series.add(std::move(*encoded));
                    task.advance(frame.raw_length);
                };
            });
        }
        pipeline.finish();
        return series.finish();
    }

    /// Stored bytes of all frames, from some of them.
    std::uint64_t estimate() {
        const auto sample = choose_sample();
        std::array<std::uint64_t, group_count> stored{};
        std::array<std::uint64_t, group_count> sampled{};
        std::array<std::uint64_t, group_count> all{};
        for (const auto& frame : plan_.frames) {
            all.at(static_cast<std::size_t>(frame.group)) += frame.raw_length;
        }
        Task task(reporter_, "estimating", Unit::items, sample.size());
        Pipeline pipeline({.in_flight_bytes = options_.in_flight_bytes});
        for (const auto* frame : sample) {
            pipeline.submit(frame->raw_length, [&, frame]() -> Deliver {
                const auto size = encode(*frame).stored.size();
                return [&, frame, size] {
                    const auto group = static_cast<std::size_t>(frame->group);
                    stored.at(group) += size;
                    sampled.at(group) += frame->raw_length;
                    task.advance(1);
                };
            });
        }
        pipeline.finish();
        double total = 0;
        for (std::size_t i = 0; i < group_count; ++i) {
            if (sampled.at(i) > 0) {
                total += static_cast<double>(all.at(i)) * static_cast<double>(stored.at(i)) /
                         static_cast<double>(sampled.at(i));
            }
        }
        for (const auto& id : plan_.dictionaries_to_write) {
            total += static_cast<double>(encode_dictionary(id).stored.size());
        }
        return static_cast<std::uint64_t>(total);
    }

    /// Dictionaries in packs that go which nothing needs any more.
    std::vector<Digest> unused_dictionaries() const {
        std::vector<Digest> unused;
        const auto& written = plan_.dictionaries_to_write;
        for (const auto& pack : plan_.selection.packs) {
            for (const auto& frame : pack.frames) {
                for (const auto& object : frame.objects) {
                    if (object.kind == dictionary_kind &&
                        std::find(written.begin(), written.end(), object.id) == written.end() &&
                        !plan_.selection.dictionaries.contains(object.id)) {
                        unused.push_back(object.id);
                    }
                }
            }
        }
        return unused;
    }

    const Plan& planned() const { return plan_; }

private:
    /// One that is in use already serves on: clients have it. Else a new one is made.
    void plan_dictionary(Group group, const std::vector<OrderedObject>& objects) {
        if (rules_of(group).dictionary_bytes == 0) {
            return;
        }
        const auto& known = plan_.selection.dictionaries;
        const auto most = std::max_element(known.begin(), known.end(), [](auto& a, auto& b) {
            return a.second < b.second;
        });
        auto bytes = most == known.end() ? make_dictionary(repository_, objects, group)
                                         : read_object(repository_, most->first);
        if (bytes.empty()) {
            return;
        }
        CompressionDictionary prepared(bytes, options_.level);
        const auto id = sha256(bytes);
        plan_.dictionaries.at(static_cast<std::size_t>(group))
            .emplace(id, std::move(bytes), std::move(prepared));
        if (most == known.end()) {
            plan_.dictionaries_to_write.push_back(id);
        }
    }

    /// Dictionaries that packs which stay need and that lie in packs which go.
    void plan_kept_dictionaries() {
        for (const auto& [id, frames] : plan_.selection.dictionaries) {
            const auto location = repository_.index().find(id);
            if (location && plan_.selection.numbers.contains(location->pack)) {
                plan_.dictionaries_to_write.push_back(id);
            }
        }
    }

    EncodedFrame encode_dictionary(const Digest& id) {
        FrameDraft draft;
        for (const auto& made : plan_.dictionaries) {
            if (made && made->id == id) {
                draft.add(dictionary_kind, id, made->bytes);
                return encoder_.encode(std::move(draft));
            }
        }
        draft.add(dictionary_kind, id, read_object(repository_, id));
        return encoder_.encode(std::move(draft));
    }

    EncodedFrame encode(const PlannedFrame& frame) {
        FrameDraft draft;
        draft.raw.reserve(frame.raw_length);
        for (const auto& object : frame.objects) {
            draft.add(object.kind, object.id, read_object(repository_, object.id));
        }
        const auto& dictionary = plan_.dictionaries.at(static_cast<std::size_t>(frame.group));
        auto encoded = encoder_.encode(std::move(draft), dictionary ? &*dictionary : nullptr);
        check(encoded, dictionary ? ConstBytes(dictionary->bytes) : ConstBytes());
        return encoded;
    }

    /// The old frames go: that the new one can be read is seen before.
    static void check(const EncodedFrame& encoded, ConstBytes dictionary) {
        const auto raw = decode_frame(encoded.frame.place, encoded.stored, dictionary);
        for (const auto& object : encoded.frame.objects) {
            verify_object(object.id, ConstBytes(raw).subspan(object.offset, object.length));
        }
    }

    std::vector<const PlannedFrame*> choose_sample() const {
        std::vector<const PlannedFrame*> sample;
        std::array<std::uint64_t, group_count> taken{};
        for (std::size_t i = 0; i < plan_.frames.size(); ++i) {
            const auto& frame = plan_.frames[i];
            auto& bytes = taken.at(static_cast<std::size_t>(frame.group));
            if (bytes < sampled_bytes || i % sampled_share == 0) {
                sample.push_back(&frame);
                bytes += frame.raw_length;
            }
        }
        return sample;
    }

    const Repository& repository_;
    const RepackOptions& options_;
    Reporter& reporter_;
    FrameEncoder encoder_;
    Plan plan_;
};

RepackReport report_of(const Plan& plan) {
    RepackReport report;
    report.packs_before = plan.selection.packs.size();
    report.bytes_before = plan.selection.bytes;
    report.packs_kept = plan.selection.kept;
    report.objects = plan.objects;
    return report;
}

} // namespace

RepackReport
repack(const Repository& repository, const RepackOptions& options, Reporter& reporter) {
    const CollectorLock lock(repository.paths());
    remove_abandoned(repository.paths().packs());
    repository.adopt_packs();
    Repacking work(repository, options, reporter);
    const auto is_needed = work.plan();
    auto report = report_of(work.planned());
    if (!is_needed) {
        return report;
    }
    const auto added = work.write();
    failpoint("repack.before-exchange");
    exchange_packs(repository, work.planned().selection.packs, added, work.unused_dictionaries());
    report.packs_after = added.size();
    for (const auto& pack : added) {
        report.bytes_after +=
            std::filesystem::file_size(repository.paths().packs() / pack_file_name(pack.pack));
    }
    return report;
}

RepackReport
estimate_repack(const Repository& repository, const RepackOptions& options, Reporter& reporter) {
    Repacking work(repository, options, reporter);
    const auto is_needed = work.plan();
    auto report = report_of(work.planned());
    report.bytes_after = is_needed ? work.estimate() : 0;
    return report;
}

} // namespace slipway::store
