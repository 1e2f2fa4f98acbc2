#include "sync/mirrors.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::sync {

namespace {

constexpr std::size_t most_rounds = 5; ///< that fail, or that are nothing but damage
constexpr std::size_t longest_answer_text = 300;
constexpr std::size_t largest_error_body = 1U << 20U;
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{10'000};
constexpr std::chrono::milliseconds pause_step{50};

/// Lets the bytes of a range through, out of the whole.
class RangeCut {
public:
    explicit RangeCut(const net::ByteRange& range) : skip_(range.first), keep_(range.length) {}

    ConstBytes operator()(ConstBytes piece) {
        piece = piece.subspan(take(skip_, piece.size()));
        return piece.first(take(keep_, piece.size()));
    }

private:
    static std::size_t take(std::uint64_t& left, std::size_t size) {
        const auto taken = std::min<std::uint64_t>(left, size);
        left -= taken;
        return static_cast<std::size_t>(taken);
    }

    std::uint64_t skip_;
    std::uint64_t keep_;
};

/// Collects the start of what a server says of a failure.
void add_words(std::string& words, std::uint64_t& size, ConstBytes piece) {
    size += piece.size();
    if (size > largest_error_body) {
        throw Error(Fault::unavailable, "the server's error message does not end");
    }
    const auto room = longest_answer_text - words.size();
    words += as_text(piece.first(std::min(room, piece.size())));
}

/// An error that the receiver threw: it is no failure of the connection.
class ReceiverError final : public Error {
public:
    explicit ReceiverError(Error error) : Error(std::move(error)) {}
};

template <typename Call>
void of_receiver(Call call) {
    try {
        call();
    } catch (const Error& error) {
        throw ReceiverError(error);
    }
}

} // namespace

Mirrors::Mirrors(MirrorOptions options, Reporter& reporter)
    : options_(std::move(options)), reporter_(reporter), seen_(options_.servers.size()),
      patience_(options_.patience) {}

Mirrors::~Mirrors() = default;

void Mirrors::check_going_on() const {
    if (stopping_) {
        throw Error(Fault::unavailable, "fetching was ended");
    }
}

bool Mirrors::fetch(const net::ClientRequest& request, const Receiver& receiver, Absence absence) {
    std::size_t damaged_rounds = 0;
    for (std::size_t number = 0;; ++number) {
        auto round = ask_each(request, receiver);
        if (round.done) {
            return true;
        }
        const auto is_late = number + 1 >= most_rounds || round.hopeless == options_.servers.size();
        const auto gives_up = patience_ == Patience::limited && is_late;
        if (round.refusal && (round.failed == 0 || gives_up)) {
            throw Error(*std::move(round.refusal));
        }
        const auto absent = round.damaged == 0 && round.absent > 0;
        if (absent && (round.failed == 0 || (is_late && absence == Absence::from_any))) {
            return false;
        }
        if (round.failed == 0 || gives_up) {
            if (absent) {
                return false;
            }
            if (round.damaged > 0 && (++damaged_rounds >= most_rounds || gives_up)) {
                throw Error(Fault::corrupt, round.failure).hint("run `slipway fsck` on the server");
            }
        }
        if (gives_up) {
            throw Error(Fault::unavailable, round.failure)
                .hint("is the server running, and is its address right?");
        }
        pause(number);
    }
}

Mirrors::Round Mirrors::ask_each(const net::ClientRequest& request, const Receiver& receiver) {
    Round round;
    const auto first = preferred_.load();
    for (std::size_t i = 0; i < options_.servers.size() && !round.done; ++i) {
        check_going_on();
        const auto server = (first + i) % options_.servers.size();
        ask(server, request, receiver, round);
        if (round.done) {
            preferred_ = server;
        }
    }
    return round;
}

void Mirrors::ask(
    std::size_t server, const net::ClientRequest& request, const Receiver& receiver, Round& round
) {
    auto client = take_client(server);
    of_receiver(receiver.begin);
    try {
        const auto status = exchange(client, request, receiver);
        if (status == 404) {
            ++round.absent;
        } else {
            of_receiver(receiver.end);
            round.done = true;
        }
        give_back(server, std::move(client));
    } catch (const ReceiverError& error) {
        check_going_on();
        if (error.fault() == Fault::refused) {
            round.refusal = error;
            if (options_.servers.size() > 1) { // else it is thrown as it is
                report(
                    server, fmt::format("{}: {}", options_.servers[server].text(), error.what())
                );
            }
        } else if (error.fault() == Fault::corrupt || error.fault() == Fault::not_found) {
            // What the receiver finds missing in a body that came whole is damage too.
            judge(server, request.path, error, round);
        } else {
            throw Error(error);
        }
    } catch (const Error& error) {
        check_going_on();
        judge(server, request.path, error, round);
    }
}

/// What an attempt that failed says of the server.
void Mirrors::judge(std::size_t server, const std::string& path, const Error& error, Round& round) {
    const auto is_damage = error.fault() == Fault::corrupt || error.fault() == Fault::not_found;
    ++(is_damage ? round.damaged : round.failed);
    if (options_.servers[server].scheme != net::Scheme::http &&
        !seen_[server].lock()->has_answered) {
        ++round.hopeless; // who was not let in will not be the next time
    }
    round.failure =
        is_damage
            ? fmt::format(
                  "{}{} sent damaged bytes: {}", options_.servers[server].text(), path, error.what()
              )
            : std::string(error.what());
    report(server, round.failure);
}

/// Hands the body to the receiver and returns the status: 200, 206 or 404.
int Mirrors::exchange(
    net::Client& client, const net::ClientRequest& request, const Receiver& receiver
) {
    ++requests_;
    std::string words;
    std::uint64_t words_size = 0;
    const auto counted = [&](ConstBytes piece) {
        check_going_on();
        bytes_ += piece.size();
        return piece;
    };
    const auto on_head = [&](const net::ClientResponse& head) -> net::Client::OnBody {
        if (head.status == 200 && request.range) {
            return [&, cut = RangeCut(*request.range)](ConstBytes piece) mutable {
                const auto wanted = cut(counted(piece));
                of_receiver([&] { receiver.piece(wanted); });
            };
        }
        if (head.status == 200 || (head.status == 206 && request.range)) {
            return [&](ConstBytes piece) {
                counted(piece);
                of_receiver([&] { receiver.piece(piece); });
            };
        }
        return [&](ConstBytes piece) { add_words(words, words_size, counted(piece)); };
    };
    const auto status = client.exchange(request, on_head).status;
    if (request.method == "POST" && (status == 405 || status == 501)) {
        takes_posts_ = false;
        return 404; // a static server, to which nothing can be sent
    }
    if (status != 404 && status != 200 && (status != 206 || !request.range)) {
        const auto line = words.substr(0, words.find('\n'));
        throw Error(
            Fault::unavailable,
            fmt::format(
                "{}{} answers {}: {}", client.url().text(), request.path, status, printable(line)
            )
        );
    }
    return status;
}

/// Tells the user of a failure, unless it is the one told last.
void Mirrors::report(std::size_t server, const std::string& failure) {
    {
        const auto seen = seen_[server].lock();
        if (seen->told == failure) {
            return;
        }
        seen->told = failure;
    }
    reporter_.notice(failure);
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
    const auto seen = seen_[server].lock();
    if (seen->idle.empty()) {
        return net::Client(options_.servers[server], options_.client);
    }
    auto client = std::move(seen->idle.back());
    seen->idle.pop_back();
    return client;
}

void Mirrors::give_back(std::size_t server, net::Client client) {
    const auto seen = seen_[server].lock();
    seen->told.clear();
    seen->has_answered = true;
    seen->idle.push_back(std::move(client));
}

} // namespace slipway::sync
