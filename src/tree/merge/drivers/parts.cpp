#include "tree/merge/drivers/parts.h"

#include <algorithm>
#include <unordered_map>

namespace slipway::tree {

namespace {

/// The parts of one key in the three versions, each in the order of its file.
struct Group {
    std::vector<const Part*> base;
    std::vector<const Part*> ours;
    std::vector<const Part*> theirs;
    std::vector<std::size_t> places;   ///< of ours, in its file
    std::optional<Side> repeated_side; ///< which side's repetitions are written, once decided
    bool repetition_is_open = false;   ///< a conflict about them is
};

/// One part of the result, if it survives: the `turn`th of its key.
struct Slot {
    Group* group = nullptr;
    std::size_t turn = 0;

    bool in_ours() const { return turn < group->ours.size(); }

    bool in_theirs() const { return turn < group->theirs.size(); }

    bool in_base() const { return turn < group->base.size(); }

    const Part& part() const { return in_ours() ? *group->ours[turn] : *group->theirs[turn]; }
};

using Slots = std::vector<Slot>;

/// All parts by kind and key.
class Groups {
public:
    explicit Groups(const Three<Parts>& versions) {
        groups_.reserve(versions.ours.size() + versions.theirs.size());
        base_ = enter(versions.base, &Group::base);
        ours_ = enter(versions.ours, &Group::ours);
        theirs_ = enter(versions.theirs, &Group::theirs);
        for (std::size_t i = 0; i < ours_.size(); ++i) {
            ours_[i].group->places.push_back(i);
        }
    }

    const Slots& base() const { return base_; }

    const Slots& ours() const { return ours_; }

    const Slots& theirs() const { return theirs_; }

private:
    Slots enter(const Parts& parts, std::vector<const Part*> Group::*list) {
        Slots slots;
        slots.reserve(parts.size());
        for (const auto& part : parts) {
            auto& group = groups_[std::string(1, static_cast<char>(part.kind)) + part.key];
            slots.push_back({&group, (group.*list).size()});
            (group.*list).push_back(&part);
        }
        return slots;
    }

    std::unordered_map<std::string, Group> groups_;
    Slots base_;
    Slots ours_;
    Slots theirs_;
};

/// True if the slots that `wanted` accepts come in the order in which ours has them.
template <typename Wanted>
bool in_order_of_ours(const Slots& slots, Wanted wanted) {
    std::size_t last = 0;
    for (const auto& slot : slots) {
        if (slot.in_ours() && wanted(slot)) {
            const auto place = slot.group->places[slot.turn];
            if (place < last) {
                return false;
            }
            last = place;
        }
    }
    return true;
}

/// Puts what theirs adds between the parts of ours.
class Arrangement {
public:
    explicit Arrangement(const Groups& groups)
        : ours_(groups.ours()), theirs_(groups.theirs()), records_(ours_.size() + 1),
          compat_(ours_.size() + 1) {}

    Slots by_neighbour() {
        find_gap_ends();
        place_additions();
        Slots all;
        all.reserve(ours_.size() + theirs_.size());
        for (std::size_t place = 0; place <= ours_.size(); ++place) {
            all.insert(all.end(), records_[place].begin(), records_[place].end());
            all.insert(all.end(), compat_[place].begin(), compat_[place].end());
            if (place < ours_.size()) {
                all.push_back(ours_[place]);
            }
        }
        return all;
    }

    /// Nothing if one of both files is not sorted.
    std::optional<Slots> by_key(const PartRules& rules) const {
        const auto less = [&](const Slot& a, const Slot& b) {
            return rules.before(a.part().key, b.part().key);
        };
        if (!std::is_sorted(ours_.begin(), ours_.end(), less) ||
            !std::is_sorted(theirs_.begin(), theirs_.end(), less)) {
            return std::nullopt;
        }
        Slots added;
        std::copy_if(theirs_.begin(), theirs_.end(), std::back_inserter(added), [](const Slot& s) {
            return !s.in_ours();
        });
        Slots all;
        all.reserve(ours_.size() + added.size());
        std::merge(
            ours_.begin(), ours_.end(), added.begin(), added.end(), std::back_inserter(all), less
        );
        return all;
    }

private:
    /// For each place of ours, the next that theirs has too: up to there ours may have additions.
    void find_gap_ends() {
        gap_ends_.assign(ours_.size() + 1, ours_.size());
        for (auto place = ours_.size(); place-- > 0;) {
            gap_ends_[place] = ours_[place].in_theirs() ? place : gap_ends_[place + 1];
        }
    }

    void place_additions() {
        const auto is_compat = [](const Slot& slot) {
            return slot.part().kind == PartKind::compat;
        };
        const auto first = std::find_if(ours_.begin(), ours_.end(), is_compat);
        auto last_place = static_cast<std::size_t>(first - ours_.begin());
        for_each_addition([&](const Slot& slot, std::size_t place) {
            if (is_compat(slot)) {
                compat_[place].push_back(slot);
                last_place = std::min(last_place, place);
            }
        });
        for_each_addition([&](const Slot& slot, std::size_t place) {
            if (!is_compat(slot)) {
                const auto is_record = slot.part().kind == PartKind::record;
                records_[is_record ? std::min(place, last_place) : place].push_back(slot);
            }
        });
    }

    template <typename Act>
    void for_each_addition(Act act) const {
        std::size_t behind = 0;
        for (const auto& slot : theirs_) {
            if (slot.in_ours()) {
                behind = slot.group->places[slot.turn] + 1;
            } else {
                act(slot, gap_ends_[behind]);
            }
        }
    }

    const Slots& ours_;
    const Slots& theirs_;
    std::vector<std::size_t> gap_ends_;
    std::vector<Slots> records_; ///< what comes before each place of ours
    std::vector<Slots> compat_;  ///< and behind that
};

class PartMerge {
public:
    PartMerge(const Three<Parts>& versions, const PartRules& rules, Judge& judge)
        : groups_(versions), rules_(rules), judge_(judge) {}

    MergedParts run() {
        MergedParts merged;
        for (const auto& slot : arrange()) {
            const auto open = judge_.open();
            if (auto text = settle(slot)) {
                const auto& part = slot.part();
                const auto contested =
                    judge_.open() != open || (slot.turn > 0 && slot.group->repetition_is_open);
                merged.push_back({part.kind, part.key, std::move(*text), contested});
            }
        }
        return merged;
    }

private:
    Slots arrange() {
        Arrangement arrangement(groups_);
        if (rules_.before) {
            if (auto sorted = arrangement.by_key(rules_)) {
                return std::move(*sorted);
            }
        }
        const auto everywhere = [](const Slot& slot) {
            return slot.in_base() && slot.in_theirs() && slot.part().kind != PartKind::loose;
        };
        if (rules_.notes == PartRules::Notes::all && in_order_of_ours(groups_.base(), everywhere) &&
            !in_order_of_ours(groups_.theirs(), everywhere)) {
            judge_.note("order: that of ours is kept, theirs is not followed");
        }
        return arrangement.by_neighbour();
    }

    std::optional<std::string> settle(const Slot& slot) {
        switch (slot.part().kind) {
        case PartKind::loose:
            return settle_loose(slot);
        case PartKind::malformed:
            return settle_malformed(slot);
        default:
            return slot.turn == 0 ? settle_record(*slot.group) : settle_repetition(slot);
        }
    }

    static std::optional<std::string> settle_loose(const Slot& slot) {
        // Of two answers one is always what the base says.
        const auto side = changed_side(slot.in_base(), slot.in_ours(), slot.in_theirs());
        return only_if(pick(side.value_or(Side::ours), slot.in_ours(), slot.in_theirs()), slot);
    }

    std::optional<std::string> settle_malformed(const Slot& slot) {
        const auto text = [&](bool there) {
            return there ? std::optional(slot.part().text) : std::nullopt;
        };
        if (slot.in_ours() == slot.in_theirs()) {
            return std::string(slot.part().text);
        }
        const Versions values{text(slot.in_base()), text(slot.in_ours()), text(slot.in_theirs())};
        const auto side = clash("malformed line", shown(values), judge_);
        return only_if(pick(side, slot.in_ours(), slot.in_theirs()), slot);
    }

    static std::optional<std::string> only_if(bool there, const Slot& slot) {
        return there ? std::optional(std::string(slot.part().text)) : std::nullopt;
    }

    std::optional<std::string> settle_record(const Group& group) {
        const auto first = [](const std::vector<const Part*>& parts) {
            return parts.empty() ? std::nullopt : std::optional(parts.front()->text);
        };
        const Versions versions{first(group.base), first(group.ours), first(group.theirs)};
        const auto& [base, ours, theirs] = versions;
        const auto& part = group.ours.empty() ? *group.theirs.front() : *group.ours.front();
        auto side = changed_side(base, ours, theirs);
        if (!side && ours && theirs && rules_.merge && part.kind == PartKind::record) {
            return rules_.merge(part.key, versions);
        }
        if (!side) {
            side = clash(rules_.name(part.key), shown(versions), judge_);
        } else if (!(ours && theirs) && base && rules_.notes == PartRules::Notes::all) {
            judge_.note(rules_.name(part.key) + ": removed by " + (ours ? "theirs" : "ours"));
        }
        const auto& text = pick(*side, ours, theirs);
        return text ? std::optional(std::string(*text)) : std::nullopt;
    }

    /// The second and later parts of one key: nothing reads them, so nobody can say what a change
    /// of them means. They are equal on both sides, or a conflict as a whole.
    std::optional<std::string> settle_repetition(const Slot& slot) {
        auto& group = *slot.group;
        if (!group.repeated_side) {
            const auto open = judge_.open();
            group.repeated_side = settle_repetitions(slot.part().key, group);
            group.repetition_is_open = judge_.open() != open;
        }
        const auto& parts = pick(*group.repeated_side, group.ours, group.theirs);
        return slot.turn < parts.size() ? std::optional(std::string(parts[slot.turn]->text))
                                        : std::nullopt;
    }

    Side settle_repetitions(const std::string& key, const Group& group) {
        const auto texts = [](const std::vector<const Part*>& parts) {
            std::vector<std::string_view> list;
            for (std::size_t i = 1; i < parts.size(); ++i) {
                list.push_back(parts[i]->text);
            }
            return list;
        };
        if (texts(group.ours) == texts(group.theirs)) {
            return Side::ours;
        }
        return judge_.conflict(
            {rules_.name(key) + ": repeated entries",
             shown_repetitions(group.base),
             shown_repetitions(group.ours),
             shown_repetitions(group.theirs)}
        );
    }

    std::optional<std::string> shown_repetitions(const std::vector<const Part*>& parts) const {
        if (parts.size() < 2) {
            return std::nullopt;
        }
        std::string text;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            text += (i == 1 ? "" : "\n") + show(parts[i]->text);
        }
        return text;
    }

    std::string show(std::string_view text) const {
        return rules_.show ? rules_.show(text) : std::string(text);
    }

    /// The values as a conflict may show them; they live until the next call.
    Versions shown(const Versions& values) {
        const auto keep = [&](std::string& kept, const std::optional<std::string_view>& value) {
            kept = value ? show(*value) : "";
            return value ? std::optional(std::string_view(kept)) : std::nullopt;
        };
        return {
            keep(shown_.base, values.base),
            keep(shown_.ours, values.ours),
            keep(shown_.theirs, values.theirs)};
    }

    Groups groups_;
    const PartRules& rules_;
    Judge& judge_;
    Three<std::string> shown_;
};

} // namespace

MergedParts merge_parts(const Three<Parts>& versions, const PartRules& rules, Judge& judge) {
    return PartMerge(versions, rules, judge).run();
}

Side clash(const std::string& what, const Versions& values, Judge& judge) {
    const auto owned = [](const std::optional<std::string_view>& value) {
        return value ? std::optional(std::string(*value)) : std::nullopt;
    };
    return judge.conflict({what, owned(values.base), owned(values.ours), owned(values.theirs)});
}

std::string join_parts(const MergedParts& parts, bool final_newline) {
    std::vector<std::string_view> lines;
    lines.reserve(parts.size());
    for (const auto& part : parts) {
        lines.push_back(part.text);
    }
    return join_lines(lines, final_newline);
}

} // namespace slipway::tree
