// The servers of one repository: which is asked, in which order, and what happens when none
// answers.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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
    net::ClientOptions client;
};

/// Fetches from the servers. Any thread; each request has a connection of its own, kept for the
/// next one.
///
/// A server that cannot be reached, or that sent damaged bytes, is left for the next one; after a
/// round without success there is a pause that doubles up to 10 s. Network faults end in
/// Fault::unavailable only with Patience::limited. Damage that all servers repeat five times ends
/// in Fault::corrupt, whatever the patience.
class Mirrors {
public:
    Mirrors(MirrorOptions options, Reporter& reporter);
    ~Mirrors();

    /// Takes a body; throws Fault::corrupt if it is not what it should be, and is then called anew
    /// with the answer of another server. `begin` comes before each attempt.
    struct Receiver {
        std::function<void()> begin;
        std::function<void(ConstBytes piece)> piece;
        std::function<void()> end;
    };

    /// False if the servers say that the path does not exist.
    bool fetch(const net::ClientRequest& request, const Receiver& receiver);

    /// The whole body; nothing if it does not exist. `accept` may throw Fault::corrupt.
    std::optional<Buffer> fetch_bytes(
        const net::ClientRequest& request,
        std::uint64_t limit_bytes,
        const std::function<void(ConstBytes)>& accept = {}
    );

    /// Makes every fetch under way or to come fail soon with Fault::unavailable.
    void stop() { stopping_ = true; }

    /// From now on network faults are waited out.
    void become_patient() { patience_ = Patience::endless; }

    struct Totals {
        std::uint64_t requests = 0;
        std::uint64_t bytes = 0;
    };

    Totals totals() const { return {requests_, bytes_}; }

private:
    enum class Outcome { done, absent, failed, damaged };
    Outcome
    attempt(std::size_t server, const net::ClientRequest& request, const Receiver& receiver);
    void pause(std::size_t round) const;
    net::Client take_client(std::size_t server);

    MirrorOptions options_;
    Reporter& reporter_;
    std::vector<Guarded<std::vector<net::Client>>> idle_;
    std::atomic<std::size_t> preferred_ = 0;
    std::atomic<Patience> patience_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    Guarded<std::string> last_failure_;
};

} // namespace slipway::sync
