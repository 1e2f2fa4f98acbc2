// Leases: commits that somebody else runs, until when. A collection keeps them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/state.h"

namespace slipway::store {

struct Lease {
    std::string holder; ///< as the client calls itself: printable ASCII, without spaces
    Digest commit;
    std::int64_t until = 0; ///< seconds since 1970
    friend bool operator==(const Lease&, const Lease&) = default;
};

constexpr std::size_t longest_holder = 128;
constexpr std::int64_t longest_lease_seconds = 7LL * 24 * 3600;
constexpr std::size_t most_leases = 10'000; ///< of a repository

/// True if `holder` may be one.
bool is_lease_holder(std::string_view holder);

/// Any thread; several processes at once. Times are seconds since 1970.
class Leases {
public:
    explicit Leases(std::shared_ptr<State> state) : state_(std::move(state)) {}

    /// By holder, those that have ended too.
    std::vector<Lease> list();

    /// Takes a lease, or renews it; those that have ended by `now` are forgotten. Durable on
    /// return. False if there are too many.
    bool grant(const Lease& lease, std::int64_t now);

    /// Ends a holder's lease of `commit`, or all that it has. How many that were.
    int forget(std::string_view holder, const std::optional<Digest>& commit);

    /// Forgets those that have ended by `now`.
    void forget_ended(std::int64_t now);

private:
    std::shared_ptr<State> state_;
};

} // namespace slipway::store
