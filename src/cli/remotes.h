// Names for repositories elsewhere, kept in the file `remotes` of a repository.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace slipway::cli {

struct Remote {
    std::string name;
    std::string location; ///< a directory, or URLs separated by commas
    friend bool operator==(const Remote&, const Remote&) = default;
};

/// One a line, name and location with a tab between. Throws Fault::corrupt.
std::vector<Remote> decode_remotes(std::string_view text);
std::string encode_remotes(const std::vector<Remote>& remotes);

/// By name; none if the repository has no such file.
std::vector<Remote> read_remotes(const std::filesystem::path& repository);

/// The location that goes by the name, or else is the name. Throws Fault::not_found for what can be
/// neither.
std::string location_of(const Invocation& invocation, const std::string& name);

} // namespace slipway::cli
