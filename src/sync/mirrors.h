// The servers of one repository: which is asked, in which order, and what happens when none
// answers.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/guarded.h"
#include "base/reporter.h"
#include "net/client.h"

namespace slipway::sync {

/// What to do while no server answers.
enum class Patience {
    limited, ///< give up after a few rounds: a person is waiting
    endless, ///< go on for ever: a root filesystem hangs on it
};

struct MirrorOptions {
    std::vector<net::Url> servers; ///< at least one, tried in turn
    Patience patience = Patience::limited;
    net::ClientOptions client = {};
};

/// Fetches from the servers. Any thread; each request has a connection of its own, kept for the
/// next one.
///
/// A server that cannot be reached, that lacks the path or that sent damaged bytes is left for the
/// next one; after a round without success there is a pause that doubles up to 10 s. Network
/// faults end in Fault::unavailable only with Patience::limited; at once if ssh lets nobody in.
/// Damage that all servers repeat five times ends in Fault::corrupt, whatever the patience.
///
/// What the receiver refuses (Fault::refused) is told, and the next server is asked; if none has
/// anything better, the refusal is thrown as it is. Whatever else the receiver throws is a failure
/// on this side, and ends the fetch.
class Mirrors {
public:
    Mirrors(MirrorOptions options, Reporter& reporter);
    ~Mirrors();

    /// Takes a body; throws Fault::corrupt or not_found if it is not what it should be, or refused
    /// if it is not to be believed, and is then called anew with the answer of another server.
    /// `begin` comes before each attempt. Where a range is asked for, only its bytes come, even if
    /// the server knows no ranges.
    struct Receiver {
        std::function<void()> begin;
        std::function<void(ConstBytes piece)> piece;
        std::function<void()> end;
    };

    /// Which servers must say that they have no such path: all, or those that answer, while the
    /// others are away for a few rounds.
    enum class Absence { from_all, from_any };

    /// False if no server has the path, or takes a POST to it: all say so, or, when patience ends,
    /// those that answer.
    bool fetch(
        const net::ClientRequest& request,
        const Receiver& receiver,
        Absence absence = Absence::from_all
    );

    /// The whole body; nothing if it does not exist. `accept` may throw as a receiver does.
    std::optional<Buffer> fetch_bytes(
        const net::ClientRequest& request,
        std::uint64_t limit_bytes,
        const std::function<void(ConstBytes)>& accept = {}
    );

    /// Makes every fetch under way or to come fail with Fault::unavailable: at once, or when the
    /// server that is being asked sends something or its timeout ends.
    void stop() { stopping_ = true; }

    /// From now on network faults are waited out.
    void become_patient() { patience_ = Patience::endless; }

    /// False once a server was met that takes no POST.
    bool takes_posts() const { return takes_posts_; }

    bool is_patient() const { return patience_ == Patience::endless; }

    /// Waits as after the `round`th round without success.
    void pause(std::size_t round) const;

    struct Totals {
        std::uint64_t requests = 0;
        std::uint64_t bytes = 0;
    };

    Totals totals() const { return {requests_, bytes_}; }

private:
    /// What asking each server once came to.
    struct Round {
        bool done = false;
        std::size_t absent = 0;
        std::size_t failed = 0;
        std::size_t damaged = 0;
        std::size_t hopeless = 0;       ///< of the failed ones: programs that have never answered
        std::string failure;            ///< the last one
        std::optional<Error> refusal{}; ///< by the receiver; the last one
    };

    /// A server as it is seen from here.
    struct Seen {
        std::vector<net::Client> idle;
        bool has_answered = false;
        std::string told; ///< the failure that was reported last; empty once it answers again
    };

    Round ask_each(const net::ClientRequest& request, const Receiver& receiver);
    void
    ask(std::size_t server,
        const net::ClientRequest& request,
        const Receiver& receiver,
        Round& round);
    int exchange(net::Client& client, const net::ClientRequest& request, const Receiver& receiver);
    void judge(std::size_t server, const std::string& path, const Error& error, Round& round);
    void report(std::size_t server, const std::string& failure);
    net::Client take_client(std::size_t server);
    void give_back(std::size_t server, net::Client client);
    void check_going_on() const;

    MirrorOptions options_;
    Reporter& reporter_;
    std::vector<Guarded<Seen>> seen_;
    std::atomic<std::size_t> preferred_ = 0;
    std::atomic<Patience> patience_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> takes_posts_ = true;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

} // namespace slipway::sync
