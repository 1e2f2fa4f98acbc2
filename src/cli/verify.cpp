#include <algorithm>
#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/signing.h"
#include "trust/times.h"

namespace slipway::cli {

namespace {

std::optional<std::int64_t> asked_time(const Invocation& invocation) {
    const auto text = invocation.find("time");
    if (!text) {
        return std::nullopt;
    }
    if (*text == "now") {
        return std::time(nullptr);
    }
    try {
        return trust::parse_time(*text);
    } catch (const Error&) { // nothing is damaged: somebody wrote it
        throw Error(Fault::usage, fmt::format("'{}' is no time", printable(*text)))
            .hint("write now, YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a Z behind it for UTC"
            );
    }
}

/// Why the commit is not verified: what is wrong with its signatures.
Error not_verified(const NamedCommit& named, const std::vector<Judgement>& judgements) {
    if (judgements.empty()) {
        return Error(Fault::refused, fmt::format("commit {} is not signed", short_id(named.id)))
            .hint("`slipway sign` signs it");
    }
    if (judgements.size() == 1) {
        return *judgements.front().refusal;
    }
    auto text = fmt::format(
        "none of the {} signatures of commit {} counts", judgements.size(), short_id(named.id)
    );
    for (const auto& one : judgements) {
        text += fmt::format("\n  {}", one.refusal->what());
    }
    return Error(Fault::refused, text);
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto signers = allowed_signers(invocation, *view);
    if (!signers) {
        throw Error(Fault::usage, "who may sign is not said")
            .hint(
                "write --allowed-signers FILE, or --keys FILE if the repository has keys; `slipway "
                "show COMMIT` tells who has signed"
            );
    }
    const SignatureDemand demand{
        &*signers, asked_time(invocation), invocation.find("principal").value_or("")};
    const auto named = find_commit_only(*view, invocation.value("COMMIT"));
    const auto judgements = judge_signatures(*view, named, demand);
    const auto is_good = std::any_of(judgements.begin(), judgements.end(), [](const auto& one) {
        return !one.refusal;
    });
    if (!is_good) {
        throw not_verified(named, judgements);
    }
    if (invocation.json) {
        print(json_text({{"commit", named.id.hex()}, {"signatures", json_of(judgements)}}));
    } else {
        print(fmt::format("commit {}\n{}", named.id.hex(), text_of(judgements)));
    }
    return 0;
}

} // namespace

Command verify_command() {
    auto options = signer_options();
    options.push_back(
        {.names = "-p,--principal", .value = "NAME", .help = "It must be signed by this one."}
    );
    options.push_back(
        {.names = "--time",
         .value = "TIME",
         .help = "The keys must be valid then: YYYYMMDD[HHMM[SS]][Z] or now; else at the time that "
                 "the commit says."}
    );
    return {
        .name = "verify",
        .summary = "check who signed a commit",
        .description =
            "Succeeds if one of the commit's signatures is good: made of these bytes, by a key "
            "that is allowed, not revoked, and valid at the commit's time. Otherwise it "
            "says what is wrong. The format of both files is that of ssh-keygen.\n\n"
            "A time at which a key ends is compared with the time that the commit says, which its "
            "author chose. A key that is lost must be revoked.",
        .arguments = {{"COMMIT", "Which commit."}},
        .options = std::move(options),
        .examples =
            {"slipway verify stable --allowed-signers signers",
             "slipway verify stable --allowed-signers signers --revoked revoked -p me@example.org"},
        .run = run,
    };
}

} // namespace slipway::cli
