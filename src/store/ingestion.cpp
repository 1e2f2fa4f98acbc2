#include "store/ingestion.h"

#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "base/pipeline.h"
#include "store/frame_encoder.h"
#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::store {

namespace {

/// The runs of a long file, filled in the order of delivery.
struct LongFile {
    tree::ChunkList list;
};

} // namespace

struct Ingestion::State {
    State(Repository& repository_, IngestionOptions options_)
        : repository(repository_), options(options_), encoder(options_.level),
          packing({.in_flight_bytes = options_.in_flight_bytes}),
          hashing({.in_flight_bytes = options_.in_flight_bytes}) {}

    // In the order of delivery of `hashing`:

    bool is_held(const Digest& id) {
        return pending.lock()->contains(id) || repository.index().holds(id);
    }

    void add(Kind kind, const Digest& id, ConstBytes bytes) {
        if (is_held(id)) {
            ++totals.objects_held;
            return;
        }
        ++totals.objects_new;
        pending.lock()->insert(id);
        auto& draft = kind == Kind::chunk ? payload : metadata;
        if (kind == Kind::chunk) {
            totals.payload_bytes_new += bytes.size();
        }
        if (draft.raw.size() + bytes.size() > options.frame_bytes) {
            close_frame(draft);
        }
        draft.add(kind, id, bytes);
        if (draft.objects.size() >= options.frame_objects) {
            close_frame(draft);
        }
    }

    void close_frame(FrameDraft& draft) {
        if (draft.objects.empty()) {
            return;
        }
        const auto cost = draft.raw.size();
        auto closed = std::make_shared<FrameDraft>(std::move(draft));
        draft = {};
        packing.submit(cost, [this, closed] {
            auto encoded = std::make_shared<EncodedFrame>(encoder.encode(std::move(*closed)));
            return [this, encoded] { write_frame(std::move(*encoded)); };
        });
    }

    // In the order of delivery of `packing`:

    void write_frame(EncodedFrame frame) {
        if (!writer) {
            writer.emplace(repository.paths().packs());
        }
        writer->add(std::move(frame));
        if (writer->size() >= options.pack_bytes) {
            close_pack();
        }
    }

    void close_pack() {
        const auto finished = repository.add_pack(*writer);
        totals.stored_bytes += writer->size();
        ++totals.packs;
        writer.reset();
        const auto held = pending.lock();
        for (const auto& frame : finished.frames) {
            for (const auto& object : frame.objects) {
                held->erase(object.id);
            }
        }
    }

    Repository& repository;
    const IngestionOptions options;
    FrameEncoder encoder;
    Guarded<std::unordered_set<Digest>> pending; // added, not indexed
    FrameDraft payload;
    FrameDraft metadata;
    std::optional<PackWriter> writer;
    IngestionTotals totals;
    // Last, the first to stop before the second: their threads use all the rest.
    Pipeline packing;
    Pipeline hashing;
};

namespace {

/// Holds back the start of a payload until it is known to be long.
class LongFeed final : public tree::Ingest::Feed {
public:
    explicit LongFeed(tree::Cutter::Emit emit) : cutter_(std::move(emit)) {}

    void data(ConstBytes bytes) override {
        if (begin_cutting(bytes.size())) {
            cutter_.data(bytes);
        } else {
            head_.insert(head_.end(), bytes.begin(), bytes.end());
        }
    }

    void zeros(std::uint64_t length) override {
        if (begin_cutting(length)) {
            cutter_.zeros(length);
        } else {
            head_.resize(head_.size() + length);
        }
    }

    bool is_long() const { return is_long_; }

    Buffer take_head() { return std::move(head_); }

    void end() { cutter_.end(); }

private:
    /// True if with `more` bytes the payload is long; then the cutter has what was held back.
    bool begin_cutting(std::uint64_t more) {
        if (!is_long_ && head_.size() + more > tree::largest_single_chunk) {
            is_long_ = true;
            cutter_.data(head_);
            head_ = {};
        }
        return is_long_;
    }

    tree::Cutter cutter_;
    Buffer head_;
    bool is_long_ = false;
};

} // namespace

Ingestion::Ingestion(Repository& repository, IngestionOptions options) {
    remove_abandoned(repository.paths().packs());
    repository.adopt_packs();
    state_ = std::make_unique<State>(repository, options);
}

Ingestion::~Ingestion() = default;

void Ingestion::add_small(std::uint64_t size, ReadSmall read, Done done) {
    state_->hashing.submit(
        size,
        [this, read = std::move(read), done = std::move(done)]() -> Deliver {
            const auto bytes = std::make_shared<const Buffer>(read());
            if (bytes->size() > tree::largest_single_chunk) {
                throw Error(
                    Fault::internal, fmt::format("{} bytes were added as small", bytes->size())
                );
            }
            const auto id = bytes->empty() ? Digest{} : sha256(*bytes);
            return [this, bytes, id, done] {
                if (!bytes->empty()) {
                    state_->add(Kind::chunk, id, *bytes);
                }
                done({bytes->size(), id});
            };
        }
    );
}

void Ingestion::add_long(const std::function<void(Feed& feed)>& push, Done done) {
    const auto file = std::make_shared<LongFile>();
    LongFeed feed([this, file](std::uint64_t length, ConstBytes bytes) {
        const auto copy = std::make_shared<const Buffer>(to_buffer(bytes));
        state_->hashing.submit(copy->size(), [this, file, length, copy]() -> Deliver {
            if (copy->empty()) {
                return [file, length] { file->list.runs.push_back({length, std::nullopt}); };
            }
            return [this, file, length, copy, id = sha256(*copy)] {
                state_->add(Kind::chunk, id, *copy);
                file->list.runs.push_back({length, id});
            };
        });
    });
    push(feed);
    if (!feed.is_long()) {
        auto head = std::make_shared<Buffer>(feed.take_head());
        add_small(
            head->size(), [head] { return std::move(*head); }, std::move(done)
        );
        return;
    }
    feed.end();
    state_->hashing.submit(0, [this, file, done = std::move(done)]() -> Deliver {
        return [this, file, done] {
            const auto encoded = tree::encode(file->list);
            const auto id = sha256(encoded);
            state_->add(Kind::chunk_list, id, encoded);
            done({file->list.size(), id});
        };
    });
}

Digest Ingestion::add_object(Kind kind, Buffer encoded) {
    const auto id = sha256(encoded);
    const auto bytes = std::make_shared<const Buffer>(std::move(encoded));
    state_->hashing.submit(bytes->size(), [this, kind, id, bytes]() -> Deliver {
        return [this, kind, id, bytes] { state_->add(kind, id, *bytes); };
    });
    return id;
}

bool Ingestion::holds(const tree::File& file) {
    const auto& index = state_->repository.index();
    if (file.size == 0) {
        return true;
    }
    if (!index.holds(file.content)) {
        return false;
    }
    if (file.size <= tree::largest_single_chunk) {
        return true;
    }
    // A writer that died may have left the list without its last chunks.
    const auto list = tree::load_chunk_list(state_->repository, file.content);
    return std::all_of(list.runs.begin(), list.runs.end(), [&](const tree::Run& run) {
        return !run.chunk || index.holds(*run.chunk);
    });
}

void Ingestion::settle() {
    state_->hashing.finish();
}

void Ingestion::flush() {
    state_->hashing.finish();
    state_->close_frame(state_->payload);
    state_->close_frame(state_->metadata);
    state_->packing.finish();
    if (state_->writer) {
        state_->close_pack();
    }
}

IngestionTotals Ingestion::finish() {
    flush();
    return state_->totals;
}

} // namespace slipway::store
