// What `slipway keys` does to a repository: each action that changes the draft of the next key set,
// or publishes it. They return the exit status.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/command.h"
#include "store/heads.h"
#include "store/repository.h"

namespace slipway::cli {

int init_keys(const Invocation& invocation);
int add_keys(const Invocation& invocation);
int remove_keys(const Invocation& invocation);
int revoke_keys(const Invocation& invocation);
int threshold_of_keys(const Invocation& invocation);
int policy_of_keys(const Invocation& invocation);
int draft_of_keys(const Invocation& invocation);
int sign_keys(const Invocation& invocation);
int publish_keys(const Invocation& invocation);
int discard_keys(const Invocation& invocation);

/// What follows the action. Throws Fault::usage, showing `shape`, if it is too few or too many.
std::vector<std::string>
words_of(const Invocation& invocation, std::size_t least, std::size_t most, const char* shape);

} // namespace slipway::cli
