// The known generators, as data.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace slipway::sandbox {

/// In `program`, `words` and `owned`, {} is the argument.
struct Generator {
    std::string_view name; ///< as the rules of merging call it

    /// What the program needs to be told about a path that is due: "6.1.0-50-amd64" of a file in
    /// /lib/modules. Empty: this generator is not for that path.
    std::string (*argument)(std::string_view path);

    std::string_view program; ///< its path in the tree; one component may be *
    std::string_view words;   ///< what it is given, separated by blanks; {sources}: see python
    std::string_view owned;   ///< patterns of what it may write, separated by blanks
    std::chrono::minutes time{5};
};

/// In the order in which they build upon each other. Of those with one name, the first counts that
/// is for the path and whose program the tree has.
std::span<const Generator> generators();

/// "/usr/lib/python3/x.py" of "/usr/lib/python3/__pycache__/x.cpython-311.pyc"; empty of others.
std::string python_source(std::string_view path);

} // namespace slipway::sandbox
