// HTTP/1.1 values shared by the server and the client. No third-party header shows here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/stream.h"

namespace slipway::net {

/// Header fields; names compare without case.
struct NameLess {
    bool operator()(const std::string& a, const std::string& b) const;
};

using Fields = std::map<std::string, std::string, NameLess>;

/// Bytes [first, first + length) of a resource.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};

struct Request {
    std::string method; ///< "GET", "HEAD", "POST"
    std::string path;   ///< percent-decoded, starts with '/', without ".." components
    std::map<std::string, std::string> query = {}; ///< percent-decoded
    Fields fields;
    Buffer body;
    std::string peer; ///< address of the client
};

/// A file, or a slice of one, sent from the kernel's cache (sendfile).
struct FileBody {
    std::shared_ptr<const FileBlob> file;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length{}; ///< nothing: up to the file's end
};

/// Bytes made while they are sent; read on a handler thread. Ranges do not apply to them. An error
/// thrown by the source cuts the connection, so that the client sees the body is not whole.
struct StreamBody {
    std::shared_ptr<Source> source;
    std::optional<std::uint64_t> length{}; ///< nothing: sent in chunks
};

/// What a response carries. The server applies ranges, HEAD and conditional requests to it.
using Body = std::variant<std::shared_ptr<const Buffer>, FileBody, StreamBody>;

struct Response {
    int status = 200;
    std::string content_type = "application/octet-stream";
    std::string etag;       ///< strong, without quotes; empty: none
    bool immutable = false; ///< cacheable for ever
    Fields fields;          ///< others
    Body body = std::make_shared<const Buffer>();
};

/// A response of text, for errors and scripts.
Response text_response(int status, std::string_view text);

} // namespace slipway::net
