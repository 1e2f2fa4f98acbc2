#include "store/leases.h"

#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

void list_leases(const Invocation& invocation) {
    const store::Repository repository(local_repository(invocation), store::Access::read_only);
    auto list = nlohmann::json::array();
    for (const auto& lease : repository.leases().list()) {
        if (lease.until <= std::time(nullptr)) {
            continue;
        }
        if (invocation.json) {
            list.push_back(
                {{"holder", lease.holder},
                 {"commit", lease.commit.hex()},
                 {"until", utc_time(lease.until)}}
            );
        } else {
            print(fmt::format(
                "{:<40} {}  until {}\n", lease.holder, short_id(lease.commit), utc_time(lease.until)
            ));
        }
    }
    if (invocation.json) {
        print(json_text(list));
    }
}

void forget(const Invocation& invocation, const std::string& holder) {
    const store::Repository repository(local_repository(invocation), store::Access::read_write);
    const auto count = repository.leases().forget(holder, std::nullopt);
    if (count == 0) {
        throw Error(Fault::not_found, fmt::format("'{}' has no lease", printable(holder)))
            .hint("`slipway leases` lists them");
    }
    print(
        invocation.json
            ? fmt::format("{{\"forgotten\":{}}}\n", count)
            : fmt::format("forgot {}\n", counted(static_cast<std::uint64_t>(count), "lease"))
    );
}

int run(const Invocation& invocation) {
    if (const auto holder = invocation.find("forget")) {
        forget(invocation, *holder);
    } else {
        list_leases(invocation);
    }
    return 0;
}

} // namespace

Command leases_command() {
    return {
        .name = "leases",
        .summary = "list the commits that machines run, or forget one",
        .description =
            "A machine that runs a commit from this repository's server takes a lease of it, and "
            "renews it while it runs. `slipway gc` keeps what is leased. A lease ends by itself "
            "three days after the machine was last heard of.",
        .arguments = {},
        .options =
            {{.names = "--forget",
              .value = "HOLDER",
              .help = "Forget the leases of this machine; if it lives it takes a new one."}},
        .examples = {"slipway leases", "slipway leases --forget lab-17/5e1f0c2a/412"},
        .run = run,
    };
}

} // namespace slipway::cli
