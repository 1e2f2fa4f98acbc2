#include "server/api/receiving.h"

#include <fmt/format.h>

#include "base/text.h"
#include "store/completeness.h"
#include "sync/signatures.h"
#include "tree/ancestry.h"
#include "tree/content.h"

namespace slipway::server {

namespace {

constexpr std::size_t digest_size = sizeof(Digest);

/// Damage in what was sent is the sender's.
store::VerifiedPack verify_sent(const std::filesystem::path& file) {
    try {
        return store::verify_pack(file);
    } catch (const Error& error) {
        if (error.fault() != Fault::corrupt) {
            throw;
        }
        throw Error(Fault::refused, fmt::format("what was sent is damaged: {}", error.what()))
            .hint("run `slipway fsck` where it was sent from");
    }
}

net::Response empty_response() {
    return net::text_response(200, "");
}

} // namespace

Receiving::Receiving(store::Repository& repository, MoveBranch move)
    : repository_(repository), move_(std::move(move)) {}

/// The writing session: it begins when the sender is told what is held.
store::Intake& Receiving::intake() {
    return intake_ ? *intake_ : intake_.emplace(repository_);
}

net::Response Receiving::answer(const net::Request& request) {
    if (request.method == "POST") {
        if (request.path == "/v1/receive/lacking") {
            return lacking(request.body);
        }
        if (request.path == "/v1/receive/pack") {
            return pack(request.body);
        }
        if (request.path == "/v1/receive/update") {
            return update(request.body);
        }
    }
    throw Error(Fault::not_found, fmt::format("there is no {}", printable(request.path)));
}

net::Response Receiving::lacking(const Buffer& ids) {
    intake();
    if (ids.size() % digest_size != 0) {
        throw Error(Fault::usage, fmt::format("{} bytes are no object ids", ids.size()));
    }
    Buffer absent;
    for (std::size_t at = 0; at < ids.size(); at += digest_size) {
        const auto id = ConstBytes(ids).subspan(at, digest_size);
        // What is condemned is to be sent again.
        if (!repository_.index().holds(Digest::from_bytes(id))) {
            absent.insert(absent.end(), id.begin(), id.end());
        }
    }
    net::Response response;
    response.body = std::make_shared<const Buffer>(std::move(absent));
    return response;
}

net::Response Receiving::pack(const Buffer& body) {
    auto& intake = this->intake();
    FileReplacement file(intake.directory() / "pushed");
    file.write(body);
    const auto verified = verify_sent(fmt::format("/proc/self/fd/{}", file.descriptor()));
    // The name is its own now, so that nobody else's takes its place.
    const auto place = intake.directory() / (verified.name.hex() + ".part");
    file.finish_as(place);
    intake.take({place, verified.name, verified.frames});
    return empty_response();
}

/// Everything that can be known before the signatures are kept, so that an update is carried out
/// whole or not at all.
void Receiving::check(const sync::Update& update) const {
    store::CompletenessQuestion question{.known = store::known_commits(repository_)};
    question.shallow = repository_.shallow().commits();
    for (const auto& branch : update.branches) {
        store::check_branch_name(branch.branch);
        question.commits.push_back(branch.to);
    }
    for (const auto& tag : update.tags) {
        store::check_branch_name(tag.name);
        question.commits.push_back(tag.commit);
        const auto there = repository_.branches().find_tag(tag.name);
        if (there && there->commit != tag.commit) {
            throw Error(
                Fault::refused, fmt::format("tag '{}' is at {}", tag.name, there->commit.hex())
            )
                .hint("a tag never moves");
        }
    }
    try {
        store::check_complete(repository_, std::move(question));
    } catch (const Error& error) {
        if (error.fault() != Fault::corrupt) {
            throw;
        }
        throw Error(Fault::refused, fmt::format("the push is not complete: {}", error.what()));
    }
    const auto parents_of = [&](const Digest& id) {
        return repository_.index().find(id) ? tree::load_commit(repository_, id).parents
                                            : std::vector<Digest>();
    };
    for (const auto& branch : update.branches) {
        const auto there = repository_.branches().find(branch.branch);
        if ((there ? std::optional(there->commit) : std::nullopt) != branch.from) {
            throw Error(
                Fault::refused, fmt::format("branch '{}' has moved meanwhile", branch.branch)
            )
                .hint("push again");
        }
        if (branch.from && branch.way == sync::BranchUpdate::Way::forward &&
            !tree::is_ancestor(*branch.from, branch.to, parents_of)) {
            throw Error(
                Fault::refused,
                fmt::format("'{}' there has commits that {} lacks", branch.branch, branch.to.hex())
            )
                .hint("pull and merge them first, or push with --force");
        }
    }
}

net::Response Receiving::update(const Buffer& body) {
    sync::Update update;
    try {
        update = sync::decode_update(as_text(body));
    } catch (const Error& error) {
        throw Error(Fault::usage, error.what());
    }
    check(update);
    // The rules look at the signatures that are here.
    sync::keep_signatures(repository_, update.signatures, silent_reporter());
    for (const auto& branch : update.branches) {
        if (branch.from != branch.to) {
            repository_.branches().check_permitted(branch.branch, branch.to);
        }
    }
    for (const auto& tag : update.tags) {
        if (!repository_.branches().find_tag(tag.name)) {
            repository_.branches().add_tag(tag);
        }
    }
    for (const auto& branch : update.branches) {
        if (branch.from != branch.to) {
            move_(repository_, branch);
        }
    }
    return empty_response();
}

} // namespace slipway::server
