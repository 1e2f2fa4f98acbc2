// The client's end of a connection, over TCP or to a program, with a deadline on every wait.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/file.h"
#include "net/address.h"
#include "net/program.h"

namespace slipway::net {

class Wire {
public:
    /// Not connected.
    Wire() = default;
    ~Wire() = default;
    Wire(Wire&&) noexcept = default;
    Wire& operator=(Wire&& other) noexcept;

    /// Tries the addresses in turn, each for at most `timeout`. Throws Fault::unavailable.
    /// Errors carry `name`, here and later.
    static Wire connect(
        std::string name, const std::vector<Address>& addresses, std::chrono::milliseconds timeout
    );

    /// Runs a program whose standard input and output are the other end. It is ended with the
    /// connection. Throws Fault::unavailable if there is no such program.
    static Wire run(std::string name, const std::vector<std::string>& words);

    /// What the program at the other end said by ending: "ssh ended with status 255"; empty if
    /// there is none, or it runs.
    std::string last_words() { return program_.last_words(); }

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

    Program program_; // gone after the socket: its end is what the program waits for
    FileDescriptor socket_;
    std::string name_;
};

} // namespace slipway::net
