// POST /v1/leases: machines say which commit they run, so that no collection takes it.
#pragma once

#include <memory>

#include "net/http.h"
#include "store/leases.h"
#include "store/repository.h"

namespace slipway::server {

/// Any thread.
class LeaseService {
public:
    /// `repository`, which outlives it, may be open to be read only: the leases are written by a
    /// connection of this class's own, which is opened when the first is asked for.
    explicit LeaseService(const store::Repository& repository) : repository_(repository) {}

    /// Grants, renews or ends a lease. Throws Fault::refused where the repository cannot be
    /// written, not_found for a commit that is not here whole, unavailable if there are too many
    /// leases, usage for what is no request.
    net::Response answer(const net::Request& request);

private:
    store::Leases& leases();
    bool is_leased(const Digest& commit);

    const store::Repository& repository_;
    Guarded<std::unique_ptr<store::Leases>> leases_;
};

} // namespace slipway::server
