// How this program reaches repositories elsewhere: over HTTP, by ssh, in another directory.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "net/client.h"

namespace slipway::cli {

/// What is to be done there.
enum class Purpose { reading, writing };

/// Runs `slipway serve-stdio` there for what is not http://. Environment: SLIPWAY_SSH, the words of
/// the ssh command; SLIPWAY_REMOTE, the program's name on the other machine.
net::ClientOptions client_options(Purpose purpose);

/// The words that run it. On the other machine a shell reads the last one: the path is quoted.
std::vector<std::string> program_for(
    const net::Url& url, Purpose purpose, const std::string& ssh, const std::string& remote
);

/// A repository as it may be named: a directory, or one or more URLs separated by commas. Throws
/// Fault::usage for a bad URL, not_found if the directory is no repository.
std::vector<net::Url> parse_repository(const std::string& location);

} // namespace slipway::cli
