// One connection of the server, and what all of them share.
#pragma once

#include <atomic>
#include <string>

#include "base/file.h"
#include "net/server.h"
#include "net/watches.h"

namespace boost::asio {
class io_context;
class thread_pool;
} // namespace boost::asio

namespace slipway::net {

/// Outlives every connection.
struct ServerCore {
    ServerOptions options;
    Handler handler;
    boost::asio::io_context& io;        ///< runs the connections
    boost::asio::thread_pool& handlers; ///< runs what may block
    Watches watches;
    std::atomic<std::size_t> bodies_bytes = 0; ///< of request bodies held in memory
    std::atomic<bool> stopping = false;
};

/// Serves the accepted, non-blocking `socket` until either side has enough of it.
void serve_connection(ServerCore& core, FileDescriptor socket, std::string peer);

} // namespace slipway::net
