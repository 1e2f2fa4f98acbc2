#include "cli/graph.h"

#include <algorithm>

namespace slipway::cli {

namespace {

// Column k is drawn at place 2k; between two columns there is one place for a slanted stroke.

/// A row of strokes: '|' for the first `straight` of `columns`, `slanted` before or behind the
/// rest.
std::string row(std::size_t straight, std::size_t columns, char slanted) {
    std::string text(2 * columns + 1, ' ');
    for (std::size_t k = 0; k < columns; ++k) {
        if (k < straight) {
            text[2 * k] = '|';
        } else {
            text[slanted == '/' ? 2 * k - 1 : 2 * k + 1] = slanted;
        }
    }
    return text;
}

std::string ended(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

} // namespace

std::size_t Graph::column_of(const Digest& commit) const {
    const auto found = std::find(columns_.begin(), columns_.end(), commit);
    return static_cast<std::size_t>(found - columns_.begin());
}

std::string Graph::lines_before(const Digest& commit) {
    const auto first = column_of(commit);
    if (first == columns_.size()) {
        columns_.push_back(commit);
        return "";
    }
    std::string lines;
    for (auto other = columns_.size() - 1; other > first; --other) {
        if (columns_[other] != commit) {
            continue;
        }
        auto line = row(other, columns_.size(), '/');
        for (auto between = first; between + 1 < other; ++between) {
            line[2 * between + 1] = '_';
        }
        lines += ended(line);
        columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(other));
    }
    return lines;
}

std::string Graph::mark(const Digest& commit) const {
    auto line = row(columns_.size(), columns_.size(), ' ');
    line[2 * column_of(commit)] = '*';
    line.resize(2 * columns_.size() - 1);
    return line;
}

std::string Graph::continuation(const Digest& commit, const std::vector<Digest>& parents) const {
    auto line = row(columns_.size(), columns_.size(), ' ');
    if (parents.empty()) {
        line[2 * column_of(commit)] = ' ';
    }
    line.resize(2 * columns_.size() - 1);
    return line;
}

std::string Graph::lines_after(const Digest& commit, const std::vector<Digest>& parents) {
    const auto at = column_of(commit);
    const auto place = columns_.begin() + static_cast<std::ptrdiff_t>(at);
    if (parents.empty()) {
        columns_.erase(place);
        auto line = row(at, columns_.size(), ' ');
        for (auto k = at; k < columns_.size(); ++k) {
            line[2 * k + 1] = '/';
        }
        return at == columns_.size() ? "" : ended(line);
    }
    *place = parents.front();
    std::string lines;
    for (auto parent = parents.rbegin(); parent + 1 != parents.rend(); ++parent) {
        auto line = row(at + 1, columns_.size(), '\\');
        line[2 * at + 1] = '\\';
        lines += ended(line);
        columns_.insert(columns_.begin() + static_cast<std::ptrdiff_t>(at) + 1, *parent);
    }
    return lines;
}

} // namespace slipway::cli
