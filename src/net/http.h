// HTTP/1.1 values shared by the server and the client. No third-party header shows here.
#pragma once

#include <cstdint>
#include <functional>
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
    std::map<std::string, std::string> query; ///< percent-decoded
    Fields fields;
    Buffer body;
    std::string peer; ///< address of the client
};

/// What a response carries: bytes, or a file sent from the kernel's cache (sendfile).
/// Ranges, HEAD and conditional requests are applied to it by the server.
struct FileBody {
    std::shared_ptr<const FileBlob> file;
};

using Body = std::variant<std::shared_ptr<const Buffer>, FileBody>;

struct Response {
    int status = 200;
    std::string content_type = "application/octet-stream";
    std::string etag;       ///< strong, without quotes; empty: none
    bool immutable = false; ///< cacheable for ever
    Fields fields;          ///< others
    Body body = std::make_shared<const Buffer>();
};

/// A response of text, for errors and scripts.
Response text_response(int status, std::string text);

} // namespace slipway::net
