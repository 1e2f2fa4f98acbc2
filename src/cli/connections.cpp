#include "cli/connections.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "store/repository.h"
#include "sync/remote_view.h"

namespace slipway::cli {

namespace {

/// As one word for a shell.
std::string quoted(const std::string& text) {
    std::string word = "'";
    for (const auto c : text) {
        word += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return word + "'";
}

std::string environment(const char* name, const char* fallback) {
    const auto* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it.
    return value != nullptr && *value != '\0' ? value : fallback;
}

} // namespace

std::vector<std::string> program_for(
    const net::Url& url, Purpose purpose, const std::string& ssh, const std::string& remote
) {
    const std::string mode = purpose == Purpose::reading ? "--read-only" : "--read-write";
    if (url.scheme == net::Scheme::directory) {
        return {
            "/proc/self/exe",
            "--repo",
            std::filesystem::absolute(url.path).native(),
            "serve-stdio",
            mode};
    }
    std::vector<std::string> words;
    for (const auto word : split(ssh, ' ')) {
        if (!word.empty()) {
            words.emplace_back(word);
        }
    }
    if (words.empty()) {
        throw Error(Fault::usage, "SLIPWAY_SSH names no program");
    }
    if (url.port != 0) {
        words.insert(words.end(), {"-p", std::to_string(url.port)});
    }
    words.push_back(url.user.empty() ? url.host : url.user + '@' + url.host);
    words.push_back(fmt::format("{} --repo {} serve-stdio {}", remote, quoted(url.path), mode));
    return words;
}

net::ClientOptions client_options(Purpose purpose) {
    net::ClientOptions options;
    options.program = [purpose,
                       ssh = environment("SLIPWAY_SSH", "ssh"),
                       remote = environment("SLIPWAY_REMOTE", "slipway")](const net::Url& url) {
        return program_for(url, purpose, ssh, remote);
    };
    return options;
}

std::vector<net::Url> parse_repository(const std::string& location) {
    auto urls = sync::parse_locations(location);
    if (urls.empty()) {
        store::check_repository({location});
        urls.push_back(net::Url::of_directory(location));
    }
    return urls;
}

} // namespace slipway::cli
