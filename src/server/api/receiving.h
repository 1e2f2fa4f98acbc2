// What a repository takes from somebody who pushes (docs/format/http.md, "Receiving").
//
//   /v1/receive/lacking (POST)   of the objects whose ids are sent, those that are not here
//   /v1/receive/pack (POST)      a pack
//   /v1/receive/update (POST)    moves of branches, new tags, signatures
//
// The sender is not believed: every object is hashed, and no ref moves before everything that it
// leads to is here.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "net/http.h"
#include "store/intake.h"
#include "sync/records.h"

namespace slipway::server {

/// One sender at a time.
class Receiving {
public:
    /// Moves one branch, or throws Fault::refused: where policies apply.
    using MoveBranch =
        std::function<void(const store::Repository& repository, const sync::BranchUpdate& update)>;

    /// `repository` outlives it and is writable.
    Receiving(store::Repository& repository, MoveBranch move);

    /// Answers a request whose path starts with "/v1/receive/".
    net::Response answer(const net::Request& request);

private:
    net::Response lacking(const Buffer& ids);
    net::Response pack(const Buffer& body);
    net::Response update(const Buffer& body);
    void check(const sync::Update& update) const;
    store::Intake& intake();

    store::Repository& repository_;
    MoveBranch move_;
    std::optional<store::Intake> intake_;
};

} // namespace slipway::server
