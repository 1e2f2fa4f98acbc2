// The client's end of a TCP connection, with a deadline on every wait.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/file.h"
#include "net/address.h"

namespace slipway::net {

class Wire {
public:
    /// Not connected.
    Wire() = default;

    /// Tries the addresses in turn, each for at most `timeout`. Throws Fault::unavailable.
    /// Errors carry `name`, here and later.
    static Wire connect(
        std::string name, const std::vector<Address>& addresses, std::chrono::milliseconds timeout
    );

    bool is_open() const { return socket_.is_open(); }

    /// True if the other end has closed, or sent what nobody asked for.
    bool is_stale() const;

    enum class Sent {
        all,
        cut_short, ///< the other end answers already, or has gone
    };

    /// Sends two runs of bytes. Throws Fault::unavailable if nothing moves for `timeout`.
    Sent send(ConstBytes head, ConstBytes body, std::chrono::milliseconds timeout);

    /// Receives at least one byte, or returns 0 if the other end has closed or is lost.
    /// Throws Fault::unavailable if nothing comes for `timeout`.
    std::size_t receive(Bytes buffer, std::chrono::milliseconds timeout);

private:
    Wire(FileDescriptor socket, std::string name)
        : socket_(std::move(socket)), name_(std::move(name)) {}

    [[noreturn]] void throw_stalled(std::string_view what, std::chrono::milliseconds timeout) const;

    FileDescriptor socket_;
    std::string name_;
};

} // namespace slipway::net
