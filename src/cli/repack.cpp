#include "store/repack.h"

#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t highest_level = 22;
constexpr std::size_t largest_hot_list = 64U << 20U;

store::RepackOptions options_of(const Invocation& invocation) {
    store::RepackOptions options;
    options.level = static_cast<int>(invocation.number("level", 1, highest_level));
    if (invocation.flag("again")) {
        options.scope = store::RepackScope::everything;
    }
    if (const auto file = invocation.find("hot")) {
        const During reading([&] { return "reading " + *file; });
        options.hot = store::HotList::parse(read_file(*file, largest_hot_list));
    }
    return options;
}

void show_json(const store::RepackReport& report, bool is_estimate) {
    print(fmt::format(
        R"({{"estimate":{},"packs_before":{},"bytes_before":{},"packs_after":{},"bytes_after":{},)"
        R"("packs_kept":{},"objects":{}}})"
        "\n",
        is_estimate,
        report.packs_before,
        report.bytes_before,
        report.packs_after,
        report.bytes_after,
        report.packs_kept,
        report.objects
    ));
}

void show(const store::RepackReport& report, bool is_estimate) {
    if (report.packs_before == 0) {
        print(fmt::format(
            "nothing to do: {} {} packed well\n",
            counted(report.packs_kept, "pack"),
            report.packs_kept == 1 ? "is" : "are"
        ));
        return;
    }
    const auto before = fmt::format(
        "{} in {}, {}",
        counted(report.objects, "object"),
        counted(report.packs_before, "pack"),
        human_bytes(report.bytes_before)
    );
    if (is_estimate) {
        print(fmt::format("{}: would take some {}\n", before, human_bytes(report.bytes_after)));
        return;
    }
    print(fmt::format(
        "{}: now in {}, {}\n",
        before,
        counted(report.packs_after, "pack"),
        human_bytes(report.bytes_after)
    ));
}

int run(const Invocation& invocation) {
    const Interrupts interrupts;
    const auto options = options_of(invocation);
    const auto is_estimate = invocation.flag("dry-run");
    const store::Repository repository(
        local_repository(invocation),
        is_estimate ? store::Access::read_only : store::Access::read_write,
        store::Repository::Part::collector
    );
    auto& reporter = *invocation.reporter;
    const auto report = is_estimate ? store::estimate_repack(repository, options, reporter)
                                    : store::repack(repository, options, reporter);
    invocation.json ? show_json(report, is_estimate) : show(report, is_estimate);
    return 0;
}

} // namespace

Command repack_command() {
    return {
        .name = "repack",
        .summary = "store the same in fewer bytes",
        .description =
            "Packs what imports have stored anew: compressed higher, what a boot reads side by "
            "side in small pieces, the rest in large ones, kernel modules with a dictionary. "
            "Commits, and everything else that has a name, stay as they are.\n\n"
            "It takes minutes of all cores, and room for the new packs beside the old ones. "
            "Others may import, serve and mount meanwhile. The old packs stay in packs/retired/ "
            "for who still reads them, until `slipway gc` removes them.\n\n"
            "Packs that are packed well are left alone: a second run does nothing.",
        .arguments = {},
        .options =
            {{.names = "--level",
              .value = "N",
              .help = "zstd level, 1 to 22: higher is smaller and slower.",
              .fallback = "19"},
             {.names = "--hot",
              .value = "FILE",
              .help = "What a boot reads, in the order of its use: one path of the system, or one "
                      "object, a line. It comes before what is guessed."},
             {.names = "--again", .help = "Also what is packed well already: for a new --hot."},
             {.names = "--dry-run", .help = "Say about how much it would be, and change nothing."}},
        .examples =
            {"slipway repack",
             "slipway repack --dry-run",
             "slipway repack --again --hot boot.list"},
        .run = run,
    };
}

} // namespace slipway::cli
