#include "net/http.h"

#include <algorithm>

#include "net/ascii.h"

namespace slipway::net {

bool NameLess::operator()(const std::string& a, const std::string& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) < lower(y);
    });
}

Response text_response(int status, std::string_view text) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::make_shared<const Buffer>(to_buffer(as_bytes(text)));
    return response;
}

} // namespace slipway::net
