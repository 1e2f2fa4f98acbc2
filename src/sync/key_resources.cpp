#include "sync/key_resources.h"

#include "net/target.h"
#include "sync/records.h"

namespace slipway::sync {

namespace {

constexpr std::uint64_t largest_chain = 32ULL << 20U;
constexpr std::uint64_t largest_statement = 64ULL << 10U;

std::optional<std::string> fetch_text(
    Mirrors& mirrors, const std::string& path, std::uint64_t limit, const AcceptText& accept
) {
    std::string text;
    const auto found = mirrors.fetch_bytes({.path = path}, limit, [&](ConstBytes body) {
        text = as_text(body);
        accept(text);
    });
    return found ? std::optional(std::move(text)) : std::nullopt;
}

} // namespace

std::optional<std::string> fetch_key_chain(Mirrors& mirrors, const AcceptText& accept) {
    return fetch_text(mirrors, "/v1/keys", largest_chain, accept);
}

std::optional<std::string>
fetch_head_statement(Mirrors& mirrors, std::string_view branch, const AcceptText& accept) {
    const auto path = "/v1/heads/" + net::percent_encoded(one_component(branch));
    return fetch_text(mirrors, path, largest_statement, accept);
}

} // namespace slipway::sync
