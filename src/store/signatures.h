// Signatures kept beside what they sign: any number for each commit, each once.
//
// What a signature says is not looked at here. It is bytes of SSHSIG, without armour.
#pragma once

#include <memory>
#include <vector>

#include "store/state.h"

namespace slipway::store {

/// Longer ones are refused: the longest that is made, of RSA with a certificate, has about 4 KiB.
constexpr std::size_t longest_signature = 16U << 10U;

/// A signature and what it is under.
struct Signed {
    Digest target;
    Buffer signature;
};

/// Any thread; several processes at once.
class Signatures {
public:
    explicit Signatures(std::shared_ptr<State> state);

    enum class Added { now, before };

    /// Durable on return. Throws Fault::usage if it is too long or empty.
    Added add(const Digest& target, ConstBytes signature);

    /// All or none, in one transaction.
    void add_all(const std::vector<Signed>& signatures);

    /// By their digests; empty if there are none.
    std::vector<Buffer> of(const Digest& target) const;

    /// Everything that is signed, in order.
    std::vector<Digest> targets() const;

private:
    std::shared_ptr<State> state_;
};

} // namespace slipway::store
