#include "tree/merge/drivers/registry.h"

#include <array>

#include "tree/merge/drivers/alternatives.h"
#include "tree/merge/drivers/debconf.h"
#include "tree/merge/drivers/dpkg_lists.h"
#include "tree/merge/drivers/lines.h"
#include "tree/merge/drivers/records.h"
#include "tree/merge/drivers/stanzas.h"

namespace slipway::tree {

const MergeDrivers& registry() {
    static const std::array drivers{
        TextDriver("passwd", merge_passwd),
        TextDriver("shadow", merge_shadow),
        TextDriver("group", merge_group),
        TextDriver("gshadow", merge_gshadow),
        TextDriver("subid", merge_subid),
        TextDriver("deb822", merge_deb822),
        TextDriver("apk", merge_apk),
        TextDriver("diversions", merge_diversions, Absence::empty),
        TextDriver("statoverride", merge_statoverride, Absence::empty),
        TextDriver("triggers", merge_triggers, Absence::empty),
        TextDriver("alternatives", merge_alternatives, Absence::empty),
        TextDriver("debconf", merge_debconf, Absence::empty),
        TextDriver("ucf", merge_ucf, Absence::empty),
        TextDriver("lines", merge_lines),
        TextDriver("sorted-lines", merge_sorted_lines)};
    static const auto by_name = [] {
        MergeDrivers map;
        for (const auto& driver : drivers) {
            map.emplace(driver.name(), &driver);
        }
        return map;
    }();
    return by_name;
}

} // namespace slipway::tree
