#include "formats/checkout.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/colour.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/trusting.h"
#include "formats/tar.h"

namespace slipway::cli {

namespace {

int write_archive(const Invocation& invocation, sync::View& view, const Digest& tree) {
    DescriptorSink out(STDOUT_FILENO, "standard output");
    formats::write_tar(view, tree, out, *invocation.reporter);
    return 0;
}

void check_words(const Invocation& invocation) {
    const auto directory = invocation.find("DIR");
    if (!invocation.flag("tar")) {
        if (!directory) {
            throw Error(Fault::usage, "checkout needs a directory, or --tar");
        }
        return;
    }
    if (directory) {
        throw Error(Fault::usage, "--tar writes to standard output: it takes no directory")
            .hint(fmt::format("write > {} behind it", printable(*directory)));
    }
    if (output_is_terminal()) {
        throw Error(Fault::usage, "an archive is not for a terminal")
            .hint("write > FILE.tar behind it, or | and the program that reads it");
    }
}

formats::CheckoutOptions options_of(const Invocation& invocation) {
    formats::CheckoutOptions options;
    if (invocation.flag("no-owner")) {
        options.ownership = formats::CheckoutOptions::Ownership::ignore;
    }
    return options;
}

int run(const Invocation& invocation) {
    check_words(invocation);
    const auto options = options_of(invocation);
    const std::filesystem::path target = invocation.find("DIR").value_or("");
    if (!invocation.flag("tar")) {
        formats::check_checkout(target, options); // before anything is fetched
    }
    const auto view = open_view(invocation);
    const auto commit = find_trusted_commit(invocation, *view, invocation.value("COMMIT"));
    view->fetch_all(commit.commit.tree, *invocation.reporter);
    if (invocation.flag("tar")) {
        return write_archive(invocation, *view, commit.commit.tree);
    }
    const Interrupts interrupts;
    const auto result =
        formats::checkout(*view, commit.commit.tree, target, options, *invocation.reporter);
    if (invocation.json) {
        print(fmt::format(
            R"({{"commit":"{}","directory":{},"entries":{},"bytes":{}}})"
            "\n",
            commit.id.hex(),
            json_string(target.native()),
            result.entries,
            result.bytes
        ));
    } else {
        print(fmt::format(
            "checked out {} to {}: {}, {}\n",
            short_id(commit.id),
            target.native(),
            counted(result.entries, "entry", "entries"),
            human_bytes(result.bytes)
        ));
    }
    return 0;
}

} // namespace

Command checkout_command() {
    return {
        .name = "checkout",
        .summary = "write a commit out as a directory",
        .description =
            "Restores everything: owners, modes, extended attributes, ACLs, capabilities, "
            "hard links, holes, devices and times to the nanosecond. That needs root.\n\n"
            "The directory must not exist, or be empty. It appears when it is whole.",
        .arguments =
            {{"COMMIT", "Which commit."},
             {"DIR", "The directory; none with --tar.", Count::optional}},
        .options =
            {{.names = "--no-owner",
              .help = "Leave out owners, devices and privileged attributes: needs no root."},
             {.names = "--tar", .help = "Write a tar archive to standard output instead."},
             keys_option()},
        .examples =
            {"slipway checkout debian /srv/debian",
             "slipway --repo http://server:8080 checkout debian~1 /mnt/root"},
        .run = run,
    };
}

} // namespace slipway::cli
