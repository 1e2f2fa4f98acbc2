#include "tree/merge/drivers/alternatives.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "tree/merge/drivers/parts.h"

namespace slipway::tree {

namespace {

/// A choice is kept as lines: its priority, then "slave<TAB>target" for each slave it has. So it
/// says the same in every version, whichever other slaves there are.
constexpr char tab = '\t';

/// The file has a line for each slave of each choice: two short ones could make one without end.
constexpr std::size_t most_targets = 1U << 20U;

struct Alternative {
    std::string_view mode;
    std::string_view link;
    Parts slaves;                  ///< by name; the text is the link
    Parts choices;                 ///< by path
    std::deque<std::string> texts; ///< what the choices see
};

std::optional<std::int64_t> parse_priority(std::string_view text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

/// Reads the file line by line.
class Parser {
public:
    explicit Parser(std::string_view text) : file_(read_lines(text)) {}

    std::optional<Alternative> parse() {
        Alternative alternative;
        alternative.mode = next();
        alternative.link = next();
        require(alternative.mode == "auto" || alternative.mode == "manual");
        require(!alternative.link.empty());
        for (auto name = next(); ok_ && !name.empty(); name = next()) {
            require(names_.insert(name).second && name.find(tab) == name.npos);
            alternative.slaves.push_back({PartKind::record, std::string(name), next()});
            require(!alternative.slaves.back().text.empty());
        }
        for (auto path = next(); ok_ && !path.empty(); path = next()) {
            require(paths_.insert(path).second);
            alternative.texts.push_back(choice(alternative.slaves));
            alternative.choices.push_back(
                {PartKind::record, std::string(path), alternative.texts.back()}
            );
        }
        require(at_ == file_.lines.size());
        return ok_ ? std::optional(std::move(alternative)) : std::nullopt;
    }

private:
    void require(bool holds) { ok_ = ok_ && holds; }

    std::string_view next() {
        require(at_ < file_.lines.size());
        return ok_ ? file_.lines[at_++] : std::string_view();
    }

    std::string choice(const Parts& slaves) {
        std::string text(next());
        require(parse_priority(text).has_value());
        for (const auto& slave : slaves) {
            if (const auto target = next(); !target.empty()) {
                text += "\n" + slave.key + tab;
                text += target;
            }
        }
        return text;
    }

    LineFile file_;
    std::unordered_set<std::string_view> names_;
    std::unordered_set<std::string_view> paths_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

/// An empty text is an alternative that is not there.
std::optional<Alternative> parse_alternative(std::string_view text) {
    return text.empty() ? Alternative() : Parser(text).parse();
}

/// A choice as fields: the priority, whose key is empty, then by slave.
Parts fields_of(std::string_view choice) {
    Parts fields;
    for (const auto line : split(choice, '\n')) {
        const auto key = fields.empty() ? std::string_view() : line.substr(0, line.find(tab));
        fields.push_back({PartKind::record, std::string(key), line});
    }
    return fields;
}

/// What a field says: the priority, or the target of a slave.
std::string_view value_of(std::string_view field) {
    return field.substr(field.find(tab) + 1);
}

std::string_view priority_of(std::string_view choice) {
    return choice.substr(0, choice.find('\n'));
}

/// The best of choices; nothing if there are none.
template <typename Choices>
std::optional<std::string> best_of(const Choices& choices) {
    std::optional<std::string> best;
    std::int64_t highest = 0;
    for (const auto& choice : choices) {
        const auto priority = parse_priority(priority_of(choice.text)).value_or(0);
        if (!best || priority > highest) {
            best = choice.key;
            highest = priority;
        }
    }
    return best;
}

bool before(const std::string& a, const std::string& b) {
    return a < b;
}

class AlternativeMerge {
public:
    AlternativeMerge(const TextVersions& versions, const Three<Alternative>& files, Judge& judge)
        : versions_(versions),
          name_("alternative " + std::string(versions.path.substr(versions.path.rfind('/') + 1))),
          has_base_(!versions.base.value_or("").empty()), files_(files), judge_(judge) {}

    std::string merge() {
        const auto mode = merge_word("mode", &Alternative::mode);
        const auto link = merge_word("link", &Alternative::link);
        const auto slaves = merge_slaves();
        const auto choices = merge_choices();
        if (choices.empty()) {
            judge_.note(name_ + ": no choice is left");
            return {};
        }
        if (mode == "auto") {
            note_best(*best_of(choices));
        }
        const auto used = used_slaves(slaves, choices);
        if (used.size() * choices.size() > most_targets) {
            return refuse(versions_, "too many choices and slaves", judge_);
        }
        return mode + "\n" + link + "\n" + write(used, choices);
    }

private:
    using Links = std::vector<std::pair<std::string, std::string>>; // of slaves

    std::string merge_word(const std::string& what, std::string_view Alternative::*word) {
        Versions values{{}, files_.ours.*word, files_.theirs.*word};
        if (values.ours->empty() || values.theirs->empty()) { // that side has no such alternative
            return std::string(values.ours->empty() ? *values.theirs : *values.ours);
        }
        if (has_base_) {
            values.base = files_.base.*word;
        }
        auto side = changed_side(values.base, values.ours, values.theirs);
        if (!side) {
            side = clash(name_ + ": " + what, values, judge_);
        }
        return std::string(*pick(*side, values.ours, values.theirs));
    }

    MergedParts merge_slaves() {
        PartRules rules;
        rules.name = [this](const std::string& slave) { return name_ + ": slave " + slave; };
        rules.before = before;
        return merge_parts(
            {files_.base.slaves, files_.ours.slaves, files_.theirs.slaves}, rules, judge_
        );
    }

    MergedParts merge_choices() {
        PartRules rules;
        rules.name = [this](const std::string& path) { return name_ + ": " + path; };
        rules.show = [](std::string_view choice) {
            return "priority " + std::string(priority_of(choice));
        };
        rules.merge = [this](const std::string& path, const Versions& choices) {
            return merge_fields(name_ + ": " + path, choices);
        };
        rules.before = before;
        rules.notes = PartRules::Notes::all;
        return merge_parts(
            {files_.base.choices, files_.ours.choices, files_.theirs.choices}, rules, judge_
        );
    }

    std::string merge_fields(const std::string& choice, const Versions& choices) {
        PartRules rules;
        rules.name = [&](const std::string& slave) {
            return choice + (slave.empty() ? ": priority" : ": slave " + slave);
        };
        rules.show = [](std::string_view field) { return std::string(value_of(field)); };
        rules.before = before;
        const Three<Parts> fields{
            choices.base ? fields_of(*choices.base) : Parts(),
            fields_of(*choices.ours),
            fields_of(*choices.theirs)};
        return join_parts(merge_parts(fields, rules, judge_), false);
    }

    /// Slaves without those that no choice has a target for; with those that one side removed while
    /// the other gave them a target.
    Links used_slaves(const MergedParts& slaves, const MergedParts& choices) const {
        std::unordered_set<std::string> used;
        for (const auto& choice : choices) {
            for (const auto& field : fields_of(choice.text)) {
                used.insert(field.key);
            }
        }
        Links links;
        const auto add = [&](const std::string& name, std::string_view link) {
            if (used.erase(name) == 1) {
                links.emplace_back(name, link);
            }
        };
        used.erase("");
        const auto add_all = [&](const auto& parts) {
            for (const auto& part : parts) {
                add(part.key, part.text);
            }
        };
        add_all(slaves);
        const auto merged = links.size();
        add_all(files_.ours.slaves);
        add_all(files_.theirs.slaves);
        if (links.size() != merged) {
            std::sort(links.begin(), links.end());
        }
        return links;
    }

    void note_best(const std::string& best) {
        const auto ours = best_of(files_.ours.choices);
        if (best != ours) {
            judge_.note(
                name_ + ": the best choice is now " + best +
                (ours ? ", ours had " + *ours : std::string())
            );
        }
    }

    static std::string write(const Links& slaves, const MergedParts& choices) {
        std::string text;
        for (const auto& [name, link] : slaves) {
            text.append(name).append("\n").append(link).append("\n");
        }
        text += "\n";
        for (const auto& choice : choices) {
            std::unordered_map<std::string, std::string_view> targets;
            for (const auto& field : fields_of(choice.text)) {
                targets[field.key] = value_of(field.text);
            }
            text += choice.key + "\n" + std::string(priority_of(choice.text)) + "\n";
            for (const auto& [name, link] : slaves) {
                text += targets[name];
                text += "\n";
            }
        }
        return text + "\n";
    }

    const TextVersions& versions_;
    std::string name_;
    bool has_base_;
    const Three<Alternative>& files_;
    Judge& judge_;
};

} // namespace

std::string merge_alternatives(const TextVersions& versions, Judge& judge) {
    std::string refused;
    const auto files =
        parse_versions(versions, parse_alternative, "a list of alternatives", judge, refused);
    if (!files) {
        return refused;
    }
    return AlternativeMerge(versions, *files, judge).merge();
}

std::optional<AlternativeLinks> alternative_links(const std::string& name, ConstBytes file) {
    const auto alternative = parse_alternative(as_text(file));
    if (!alternative || alternative->link.empty()) {
        return std::nullopt;
    }
    const auto best = best_of(alternative->choices);
    AlternativeLinks links{alternative->mode == "auto" && best, {}};
    links.links.push_back({name, std::string(alternative->link), best.value_or("")});
    for (const auto& slave : alternative->slaves) {
        links.links.push_back({slave.key, std::string(slave.text)});
    }
    for (const auto& choice : alternative->choices) {
        if (choice.key != best) {
            continue;
        }
        std::unordered_map<std::string, std::string_view> targets;
        for (const auto& field : fields_of(choice.text)) {
            targets[field.key] = value_of(field.text); // that of the priority has no name
        }
        for (auto& link : std::span(links.links).subspan(1)) {
            link.target = targets[link.name];
        }
    }
    return links;
}

} // namespace slipway::tree
