#include "tree/ingest.h"

namespace slipway::tree {

namespace {

std::string_view extension(std::string_view name) {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot + 1);
}

} // namespace

bool stored_before(std::string_view name, std::string_view other) {
    const auto order = extension(name).compare(extension(other));
    return order != 0 ? order < 0 : name < other;
}

} // namespace slipway::tree
