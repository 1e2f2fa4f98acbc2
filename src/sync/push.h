// Commits with all that they need, copied from a repository to one elsewhere.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/reporter.h"
#include "net/client.h"
#include "store/repository.h"
#include "sync/records.h"

namespace slipway::sync {

struct PushTotals {
    std::uint64_t commits = 0; ///< that the receiver was not known to have
    std::uint64_t objects = 0; ///< sent
    std::uint64_t bytes = 0;   ///< of packs sent
    std::uint64_t requests = 0;
};

/// The receiver at the other end of one connection. Errors: as Client::fetch, with the receiver's
/// own words.
class Receiver {
public:
    explicit Receiver(net::Client client) : client_(std::move(client)) {}

    std::vector<store::Branch> branches();
    std::vector<store::Tag> tags();
    std::vector<SignedCommit> signatures();
    std::vector<Digest> shallow();

    /// Those of the objects that are not there.
    std::vector<Digest> lacking(const std::vector<Digest>& ids);

    void send_pack(Buffer pack);
    void update(const Update& update);

    const net::Url& url() const { return client_.url(); }

    std::uint64_t requests() const { return requests_; }

private:
    Buffer get(const std::string& path);
    Error refusal(int status, std::string_view text) const;
    Buffer post(const std::string& path, Buffer body);

    net::Client client_;
    std::uint64_t requests_ = 0;
};

enum class PushMode { real, dry };

/// Sends what `commits` need and the receiver lacks, in packs of the repository's own frames. What
/// its refs lead to it has; subtrees that are the same there are passed over. Each pack that was
/// taken stays there, so that a push that was cut off goes on. No ref moves.
/// Memory: one pack, some ids.
PushTotals push_objects(
    const store::Repository& repository,
    Receiver& receiver,
    const std::vector<Digest>& commits,
    PushMode mode,
    Reporter& reporter
);

} // namespace slipway::sync
