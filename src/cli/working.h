// What run, shell, add and upgrade share: programs run in the system of a branch, and what they
// wrote becomes a commit on it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "sandbox/surroundings.h"
#include "store/repository.h"

namespace slipway::cli {

/// The options of every command that works in a system.
std::vector<Option> working_options();

/// "apt-get -y install nano": for people.
std::string command_text(const std::vector<std::string>& words);

/// What to do with what programs wrote.
enum class Verdict { commit, discard };

/// Runs one program in the system, with this one's terminal; returns its exit status.
using RunProgram = std::function<int(const std::vector<std::string>& words)>;

/// The words of a shell of the tree. Throws Fault::unavailable if it has none.
std::vector<std::string> shell_of(const Contents& contents, const Digest& tree);

/// Work in one branch's system, once.
class Working {
public:
    /// at_once: the branch moves; ask: on a terminal, what changed is shown and asked about first.
    enum class Publishing { at_once, ask };

    /// Throws Fault::not_found if there is no such branch, unavailable if programs cannot be run
    /// here.
    Working(const Invocation& invocation, std::string branch, Publishing publishing);

    const Contents& contents() const { return *reading_; }

    const Digest& tree() const { return tree_; }

    /// Mounts the system, lets `work` run programs in it, and makes a commit of what they wrote.
    /// Then the branch moves; if it moved meanwhile, it takes the change in as a merge does.
    /// `ran` says in the commit what was run.
    void carry_out(const std::string& ran, const std::function<Verdict(const RunProgram&)>& work);

private:
    struct Change;

    void work_at(
        const std::filesystem::path& place,
        const std::string& ran,
        const std::function<Verdict(const RunProgram&)>& work
    );
    sandbox::Surroundings surroundings(const std::filesystem::path& place) const;
    Verdict run_in(
        const std::filesystem::path& place,
        const sandbox::Surroundings& surroundings,
        const std::function<Verdict(const RunProgram&)>& work
    ) const;
    Change capture(const sandbox::Surroundings& surroundings);
    void tell(const Change& change) const;
    bool is_asked() const;
    std::string message(const std::string& ran) const;
    Digest add_commit(const Change& change, const std::string& ran) const;
    void publish(Change change, const std::string& ran);

    const Invocation& invocation_;
    std::string branch_;
    Publishing publishing_;
    std::unique_ptr<store::Repository> reading_; ///< null when it has been captured
    Digest base_;                                ///< the commit that is worked on, and its tree
    Digest tree_;
};

/// Runs `commands` one after another. If one fails, asks on a terminal whether to look in a shell,
/// to discard or to commit all the same; elsewhere throws Fault::refused, and nothing is kept.
Verdict run_all(
    const Invocation& invocation,
    const RunProgram& run,
    const std::vector<std::vector<std::string>>& commands,
    const Working& working
);

} // namespace slipway::cli
