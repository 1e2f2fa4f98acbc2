#include "net/reply.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "net/conditions.h"

namespace slipway::net {

namespace {

std::string_view field_of(const Request& request, const std::string& name) {
    const auto field = request.fields.find(name);
    return field == request.fields.end() ? std::string_view() : field->second;
}

/// Nothing for a stream of unknown length.
std::optional<std::uint64_t> body_size(const Body& body) {
    if (const auto* buffer = std::get_if<std::shared_ptr<const Buffer>>(&body)) {
        return *buffer ? (*buffer)->size() : 0;
    }
    if (const auto* file = std::get_if<FileBody>(&body)) {
        return file->length ? *file->length : file->file->size() - file->offset;
    }
    return std::get<StreamBody>(body).length;
}

bool has_no_body_by_status(int status) {
    return status == 204 || status == 304 || status < 200;
}

/// What the request asks of the response beyond the whole of it.
struct Selection {
    int status = 200;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
    std::string content_range;
};

Selection select_range(const Request& request, const Response& response, std::uint64_t size) {
    const auto if_range = field_of(request, "If-Range");
    const bool current =
        if_range.empty() || (!response.etag.empty() && if_range == '"' + response.etag + '"');
    const auto answer = current ? parse_range(field_of(request, "Range"), size) : RangeAnswer{};
    switch (answer.kind) {
    case RangeAnswer::Kind::whole:
        return {200, 0, size, {}};
    case RangeAnswer::Kind::unsatisfiable:
        return {416, 0, 0, fmt::format("bytes */{}", size)};
    case RangeAnswer::Kind::part:
        break;
    }
    const auto [first, length] = answer.range;
    return {206, first, length, fmt::format("bytes {}-{}/{}", first, first + length - 1, size)};
}

Selection select(const Request& request, const Response& response) {
    const auto size = body_size(response.body);
    if (response.status == 200 && (request.method == "GET" || request.method == "HEAD")) {
        if (names_etag(field_of(request, "If-None-Match"), response.etag)) {
            return {304, 0, 0, {}};
        }
        const bool seekable = !std::holds_alternative<StreamBody>(response.body);
        if (request.method == "GET" && seekable && !field_of(request, "Range").empty()) {
            return select_range(request, response, *size);
        }
    }
    return {response.status, 0, size, {}};
}

void append(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
}

void append_about_content(std::string& head, const Response& response, const Selection& selection) {
    if (!has_no_body_by_status(selection.status) && selection.status != 416) {
        append(head, "Content-Type", response.content_type);
    }
    if (!response.etag.empty()) {
        append(head, "ETag", '"' + response.etag + '"');
    }
    if (!response.fields.contains("Cache-Control")) {
        const bool immutable = response.immutable && selection.status != 416;
        append(
            head, "Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache"
        );
    }
    if (response.status == 200 && !std::holds_alternative<StreamBody>(response.body)) {
        append(head, "Accept-Ranges", "bytes");
    }
    if (!selection.content_range.empty()) {
        append(head, "Content-Range", selection.content_range);
    }
    for (const auto& [name, value] : response.fields) {
        append(head, name, value);
    }
}

bool is_clean_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return (code < 0x20 && c != '\t') || code == 0x7F;
    });
}

bool is_clean_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool is_known_extent(const FileBody& body) {
    const auto size = body.file ? body.file->size() : 0;
    return body.file && body.offset <= size && body.length.value_or(0) <= size - body.offset;
}

} // namespace

Reply plan_reply(
    const Request& request, Protocol protocol, const Response& response, std::time_t now
) {
    const auto selection = select(request, response);
    Reply reply;
    reply.status = selection.status;
    reply.offset = selection.offset;
    reply.length = selection.length;
    reply.keep_alive = protocol.keep_alive;
    const bool bodiless = has_no_body_by_status(reply.status);
    reply.has_body = !bodiless && request.method != "HEAD" && reply.length != 0;
    if (!reply.length && !bodiless) {
        reply.chunked = protocol.http_1_1;
        reply.keep_alive = reply.keep_alive && (reply.chunked || !reply.has_body);
    }

    auto& head = reply.head;
    head.reserve(512);
    head = fmt::format("HTTP/1.1 {} {}\r\n", reply.status, reason_of(reply.status));
    append(head, "Date", http_date(now));
    append_about_content(head, response, selection);
    if (reply.chunked) {
        append(head, "Transfer-Encoding", "chunked");
    } else if (reply.length && !bodiless) {
        append(head, "Content-Length", std::to_string(*reply.length));
    }
    if (!reply.keep_alive) {
        append(head, "Connection", "close");
    } else if (!protocol.http_1_1) {
        append(head, "Connection", "keep-alive");
    }
    head += "\r\n";
    return reply;
}

void check_response(const Response& response) {
    const auto demand = [](bool right, std::string_view what) {
        if (!right) {
            throw Error(Fault::internal, fmt::format("{} of the response cannot be sent", what));
        }
    };
    demand(response.status >= 200 && response.status <= 599, "the status");
    demand(is_clean_value(response.content_type), "the content type");
    const bool quotable = response.etag.find('"') == std::string::npos;
    demand(quotable && is_clean_value(response.etag), "the ETag");
    for (const auto& [name, value] : response.fields) {
        demand(is_clean_name(name) && is_clean_value(value), "a field");
    }
    if (const auto* file = std::get_if<FileBody>(&response.body)) {
        demand(is_known_extent(*file), "the file");
    } else if (const auto* stream = std::get_if<StreamBody>(&response.body)) {
        demand(stream->source != nullptr, "the stream");
    }
}

std::string http_date(std::time_t time) {
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&time, &utc);
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        days.at(static_cast<std::size_t>(utc.tm_wday)),
        utc.tm_mday,
        months.at(static_cast<std::size_t>(utc.tm_mon)),
        utc.tm_year + 1900,
        utc.tm_hour,
        utc.tm_min,
        utc.tm_sec
    );
}

std::string_view reason_of(int status) {
    struct Row {
        int status;
        std::string_view reason;
    };

    constexpr std::array rows = {
        Row{200, "OK"},
        Row{201, "Created"},
        Row{202, "Accepted"},
        Row{204, "No Content"},
        Row{206, "Partial Content"},
        Row{304, "Not Modified"},
        Row{400, "Bad Request"},
        Row{401, "Unauthorized"},
        Row{403, "Forbidden"},
        Row{404, "Not Found"},
        Row{405, "Method Not Allowed"},
        Row{408, "Request Timeout"},
        Row{409, "Conflict"},
        Row{412, "Precondition Failed"},
        Row{413, "Content Too Large"},
        Row{416, "Range Not Satisfiable"},
        Row{417, "Expectation Failed"},
        Row{431, "Request Header Fields Too Large"},
        Row{500, "Internal Server Error"},
        Row{501, "Not Implemented"},
        Row{503, "Service Unavailable"},
        Row{505, "HTTP Version Not Supported"},
    };
    const auto* row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) {
        return each.status == status;
    });
    return row == rows.end() ? "Status" : row->reason;
}

} // namespace slipway::net
