#include "sync/mirrors.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::sync {

namespace {

constexpr std::size_t limited_rounds = 4;
constexpr std::size_t most_damaged = 5;
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{10'000};
constexpr std::chrono::milliseconds pause_step{50};

} // namespace

Mirrors::Mirrors(MirrorOptions options, Reporter& reporter)
    : options_(std::move(options)), reporter_(reporter), idle_(options_.servers.size()),
      patience_(options_.patience) {}

Mirrors::~Mirrors() = default;

bool Mirrors::fetch(const net::ClientRequest& request, const Receiver& receiver) {
    std::size_t damaged = 0;
    for (std::size_t round = 0;; ++round) {
        const auto first = preferred_.load();
        for (std::size_t i = 0; i < options_.servers.size(); ++i) {
            const auto server = (first + i) % options_.servers.size();
            const auto outcome = attempt(server, request, receiver);
            if (outcome == Outcome::done || outcome == Outcome::absent) {
                preferred_ = server;
                return outcome == Outcome::done;
            }
            damaged += outcome == Outcome::damaged ? 1 : 0;
        }
        if (damaged >= most_damaged) {
            throw Error(Fault::corrupt, *last_failure_.lock())
                .hint("run `slipway fsck` on the server");
        }
        const auto gave_up = patience_ == Patience::limited && round + 1 >= limited_rounds;
        if (gave_up || stopping_) {
            throw Error(Fault::unavailable, *last_failure_.lock())
                .hint("is the server running, and is its address right?");
        }
        pause(round);
    }
}

Mirrors::Outcome
Mirrors::attempt(std::size_t server, const net::ClientRequest& request, const Receiver& receiver) {
    auto client = take_client(server);
    try {
        receiver.begin();
        ++requests_;
        const auto response = client.send(request, [&](ConstBytes piece) {
            bytes_ += piece.size();
            receiver.piece(piece);
        });
        if (response.status == 404) {
            idle_[server].lock()->push_back(std::move(client));
            return Outcome::absent;
        }
        const auto wanted = request.range ? 206 : 200;
        if (response.status != wanted) {
            throw Error(
                Fault::unavailable,
                fmt::format("{}{} answers {}", client.url().text(), request.path, response.status)
            );
        }
        receiver.end();
        idle_[server].lock()->push_back(std::move(client));
        return Outcome::done;
    } catch (const Error& error) {
        const auto is_damage = error.fault() == Fault::corrupt;
        const auto text = is_damage ? fmt::format(
                                          "{}{} sent damaged bytes: {}",
                                          options_.servers[server].text(),
                                          request.path,
                                          error.what()
                                      )
                                    : std::string(error.what());
        {
            const auto last = last_failure_.lock();
            if (*last != text) {
                *last = text;
                reporter_.notice(text);
            }
        }
        return is_damage ? Outcome::damaged : Outcome::failed;
    }
}

std::optional<Buffer> Mirrors::fetch_bytes(
    const net::ClientRequest& request,
    std::uint64_t limit_bytes,
    const std::function<void(ConstBytes)>& accept
) {
    Buffer body;
    const Receiver receiver{
        [&] { body.clear(); },
        [&](ConstBytes piece) {
            if (piece.size() > limit_bytes - body.size()) {
                throw Error(Fault::corrupt, fmt::format("more than {} bytes", limit_bytes));
            }
            body.insert(body.end(), piece.begin(), piece.end());
        },
        [&] {
            if (accept) {
                accept(body);
            }
        }};
    if (!fetch(request, receiver)) {
        return std::nullopt;
    }
    return body;
}

void Mirrors::pause(std::size_t round) const {
    const auto doubled = first_pause * (1U << std::min<std::size_t>(round, 10));
    const auto end = std::chrono::steady_clock::now() + std::min(doubled, longest_pause);
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(pause_step);
    }
}

net::Client Mirrors::take_client(std::size_t server) {
    const auto idle = idle_[server].lock();
    if (idle->empty()) {
        return net::Client(options_.servers[server], options_.client);
    }
    auto client = std::move(idle->back());
    idle->pop_back();
    return client;
}

} // namespace slipway::sync
