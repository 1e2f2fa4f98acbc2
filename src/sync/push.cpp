#include "sync/push.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.h"
#include "store/assembly.h"
#include "tree/content.h"
#include "tree/needs.h"

namespace slipway::sync {

namespace {

constexpr std::uint64_t largest_answer = 64ULL << 20U;
constexpr std::size_t most_asked = 65536;          ///< ids in one question
constexpr std::size_t most_sent = 4096;            ///< objects in one pack
constexpr std::uint64_t most_bytes = 32ULL << 20U; ///< of them, not compressed

class BufferSink final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override {}

    Buffer bytes;
};

Buffer concatenated(const std::vector<Digest>& ids) {
    Buffer bytes;
    bytes.reserve(ids.size() * sizeof(Digest));
    for (const auto& id : ids) {
        bytes.insert(bytes.end(), id.view().begin(), id.view().end());
    }
    return bytes;
}

class Push {
public:
    Push(const store::Repository& repository, Receiver& receiver, PushMode mode, Reporter& reporter)
        : repository_(repository), receiver_(receiver), mode_(mode),
          task_(reporter, "sending", Unit::bytes),
          needs_(repository, [this](const tree::Need& need) {
              ask(need.id);
              return tree::Needs::Descend::yes;
          }) {}

    PushTotals run(const std::vector<Digest>& commits) {
        find_known();
        for (const auto& id : commits_to_send(commits)) {
            const auto commit = tree::load_commit(repository_, id);
            needs_.add(commit.tree, base_of(commit));
            ask(id);
            done_.emplace(id, commit.tree);
            ++totals_.commits;
        }
        find_lacking();
        send();
        totals_.requests = receiver_.requests();
        return totals_;
    }

private:
    /// What the receiver's refs lead to, as far as that is here.
    void find_known() {
        std::vector<Digest> waiting;
        for (const auto& branch : receiver_.branches()) {
            waiting.push_back(branch.commit);
        }
        for (const auto& tag : receiver_.tags()) {
            waiting.push_back(tag.commit);
        }
        const auto ends = receiver_.shallow();
        const std::unordered_set<Digest> shallow(ends.begin(), ends.end());
        while (!waiting.empty()) {
            const auto id = waiting.back();
            waiting.pop_back();
            if (!known_.contains(id) && repository_.index().find(id)) {
                known_.insert(id);
                if (shallow.contains(id)) {
                    continue;
                }
                const auto parents = tree::load_commit(repository_, id).parents;
                waiting.insert(waiting.end(), parents.begin(), parents.end());
            }
        }
    }

    /// The oldest first. Where the history ends here on purpose the receiver must have what is
    /// before that.
    std::vector<Digest> commits_to_send(std::vector<Digest> waiting) const {
        const auto shallow = repository_.shallow().commits();
        std::vector<Digest> found;
        std::unordered_set<Digest> seen;
        while (!waiting.empty()) {
            const auto id = waiting.back();
            waiting.pop_back();
            if (known_.contains(id) || !seen.insert(id).second) {
                continue;
            }
            found.push_back(id);
            if (!shallow.contains(id)) {
                const auto parents = tree::load_commit(repository_, id).parents;
                waiting.insert(waiting.end(), parents.begin(), parents.end());
            }
        }
        std::reverse(found.begin(), found.end());
        return found;
    }

    std::optional<Digest> base_of(const tree::Commit& commit) const {
        for (const auto& parent : commit.parents) {
            if (const auto done = done_.find(parent); done != done_.end()) {
                return done->second;
            }
            if (known_.contains(parent)) {
                return tree::load_commit(repository_, parent).tree;
            }
        }
        return std::nullopt;
    }

    void ask(const Digest& id) {
        asked_.push_back(id);
        if (asked_.size() == most_asked) {
            find_lacking();
        }
    }

    void find_lacking() {
        if (asked_.empty()) {
            return;
        }
        for (const auto& id : receiver_.lacking(asked_)) {
            const auto location = repository_.index().find(id);
            if (!location) {
                throw Error(Fault::corrupt, "the receiver asks for what it was not offered");
            }
            if (to_send_.size() == most_sent || bytes_to_send_ + location->length > most_bytes) {
                send();
            }
            to_send_.push_back(id);
            bytes_to_send_ += location->length;
        }
        asked_.clear();
    }

    void send() {
        if (to_send_.empty()) {
            return;
        }
        totals_.objects += to_send_.size();
        if (mode_ == PushMode::dry) {
            totals_.bytes += bytes_to_send_;
        } else {
            BufferSink pack;
            store::write_pack_of(repository_, to_send_, pack);
            const auto size = pack.bytes.size();
            receiver_.send_pack(std::move(pack.bytes));
            totals_.bytes += size;
            task_.advance(size);
        }
        to_send_.clear();
        bytes_to_send_ = 0;
    }

    const store::Repository& repository_;
    Receiver& receiver_;
    const PushMode mode_;
    Task task_;
    tree::Needs needs_;
    std::unordered_set<Digest> known_;
    std::unordered_map<Digest, Digest> done_; // commits that were looked at, and their trees
    std::vector<Digest> asked_;
    std::vector<Digest> to_send_;
    std::uint64_t bytes_to_send_ = 0;
    PushTotals totals_;
};

} // namespace

Buffer Receiver::get(const std::string& path) {
    ++requests_;
    return client_.fetch({.path = path}, largest_answer);
}

std::vector<store::Branch> Receiver::branches() {
    return decode_branches(as_text(get("/v1/branches")));
}

std::vector<store::Tag> Receiver::tags() {
    return decode_tags(as_text(get("/v1/tags")));
}

std::vector<SignedCommit> Receiver::signatures() {
    return decode_signatures(as_text(get("/v1/signature-list")));
}

std::vector<Digest> Receiver::shallow() {
    return decode_commits(as_text(get("/v1/shallow")));
}

/// The receiver's own error, as `slipway serve-stdio` writes it.
Error Receiver::refusal(int status, std::string_view text) const {
    constexpr std::string_view error_mark = "error: ";
    constexpr std::string_view hint_mark = "  hint: ";
    const auto fault = status == 404   ? Fault::not_found
                       : status >= 500 ? Fault::unavailable
                                       : Fault::refused;
    std::string message = fmt::format("status {}", status);
    std::string hint;
    for (const auto line : split(text, '\n')) {
        if (line.starts_with(error_mark)) {
            message = printable(line.substr(error_mark.size()));
        } else if (line.starts_with(hint_mark)) {
            hint = printable(line.substr(hint_mark.size()));
        }
    }
    return Error(fault, fmt::format("{}: {}", url().text(), message)).hint(hint);
}

Buffer Receiver::post(const std::string& path, Buffer body) {
    ++requests_;
    Buffer answer;
    const auto response = client_.send(
        {.method = "POST", .path = path, .body = std::move(body)},
        [&](ConstBytes piece) {
            if (piece.size() > largest_answer - answer.size()) {
                throw Error(Fault::corrupt, "the receiver's answer does not end");
            }
            answer.insert(answer.end(), piece.begin(), piece.end());
        }
    );
    if (response.status != 200) {
        throw refusal(response.status, as_text(answer));
    }
    return answer;
}

std::vector<Digest> Receiver::lacking(const std::vector<Digest>& ids) {
    const auto answer = post("/v1/receive/lacking", concatenated(ids));
    if (answer.size() % sizeof(Digest) != 0) {
        throw Error(Fault::corrupt, "the receiver's answer is no list of ids");
    }
    std::vector<Digest> absent;
    for (std::size_t at = 0; at < answer.size(); at += sizeof(Digest)) {
        absent.push_back(Digest::from_bytes(ConstBytes(answer).subspan(at, sizeof(Digest))));
    }
    return absent;
}

void Receiver::send_pack(Buffer pack) {
    post("/v1/receive/pack", std::move(pack));
}

void Receiver::update(const Update& update) {
    post("/v1/receive/update", to_buffer(as_bytes(encode_update(update))));
}

PushTotals push_objects(
    const store::Repository& repository,
    Receiver& receiver,
    const std::vector<Digest>& commits,
    PushMode mode,
    Reporter& reporter
) {
    return Push(repository, receiver, mode, reporter).run(commits);
}

} // namespace slipway::sync
