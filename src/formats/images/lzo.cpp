#include "formats/images/lzo.h"

#include <algorithm>
#include <cstdint>

namespace slipway::formats {

namespace {

/// How instructions below 16 are read depends on what the one before has copied.
constexpr unsigned after_long_literals = 4;

class Unpacking {
public:
    Unpacking(ConstBytes packed, Bytes to) : packed_(packed), to_(to) {}

    std::optional<std::size_t> run();

private:
    enum class Step { go_on, end, damaged };

    Step begin();
    Step instruction();
    Step short_instruction(unsigned code);
    Step long_match(unsigned code, unsigned length_bits, std::size_t base);
    Step match(std::size_t distance, std::size_t length, unsigned literals);
    bool literals(std::size_t count);
    std::optional<unsigned> byte();
    std::optional<std::size_t> length(unsigned code, unsigned bits);

    ConstBytes packed_;
    Bytes to_;
    std::size_t done_ = 0;
    unsigned state_ = 0; // literals after the last instruction, up to 3; or after_long_literals
};

std::optional<unsigned> Unpacking::byte() {
    if (packed_.empty()) {
        return std::nullopt;
    }
    const auto value = std::to_integer<unsigned>(packed_.front());
    packed_ = packed_.subspan(1);
    return value;
}

/// The low bits of an instruction; if they are zero, the bytes behind it go on: zeros for 255 each.
std::optional<std::size_t> Unpacking::length(unsigned code, unsigned bits) {
    const auto most = (1U << bits) - 1;
    if ((code & most) != 0) {
        return code & most;
    }
    std::size_t length = most;
    while (const auto next = byte()) {
        if (*next != 0) {
            return length + *next;
        }
        length += 255;
    }
    return std::nullopt;
}

bool Unpacking::literals(std::size_t count) {
    if (count > packed_.size() || count > to_.size() - done_) {
        return false;
    }
    std::ranges::copy(packed_.first(count), to_.subspan(done_).begin());
    packed_ = packed_.subspan(count);
    done_ += count;
    return true;
}

Unpacking::Step Unpacking::match(std::size_t distance, std::size_t length, unsigned literal_count) {
    if (distance > done_ || length > to_.size() - done_) {
        return Step::damaged;
    }
    for (std::size_t i = 0; i < length; ++i, ++done_) { // it may overlap what it makes
        to_[done_] = to_[done_ - distance];
    }
    state_ = literal_count;
    return literals(literal_count) ? Step::go_on : Step::damaged;
}

/// Instructions of 16 and more that keep their distance in the two bytes behind them.
Unpacking::Step Unpacking::long_match(unsigned code, unsigned length_bits, std::size_t base) {
    constexpr std::size_t shortest = 2;
    constexpr std::size_t end_distance = 0x4000;
    const auto held = length(code, length_bits);
    if (!held || packed_.size() < 2) {
        return Step::damaged;
    }
    const auto word = load_u16(packed_);
    packed_ = packed_.subspan(2);
    const auto distance = base + (word >> 2U);
    if (length_bits == 3 && distance == end_distance) {
        return *held == 1 && packed_.empty() ? Step::end : Step::damaged;
    }
    return match(distance, *held + shortest, word & 3U);
}

Unpacking::Step Unpacking::short_instruction(unsigned code) {
    constexpr unsigned length_bits = 4;
    if (state_ == 0) {
        const auto count = length(code, length_bits);
        state_ = after_long_literals;
        return count && literals(*count + 3) ? Step::go_on : Step::damaged;
    }
    const auto next = byte();
    if (!next) {
        return Step::damaged;
    }
    const auto near = (code >> 2U) + (*next << 2U) + 1;
    constexpr std::size_t beyond_near = 0x800;
    return state_ == after_long_literals ? match(near + beyond_near, 3, code & 3U)
                                         : match(near, 2, code & 3U);
}

Unpacking::Step Unpacking::instruction() {
    const auto code = byte();
    if (!code) {
        return Step::damaged;
    }
    if (*code < 16) {
        return short_instruction(*code);
    }
    if (*code < 32) {
        return long_match(*code, 3, 0x4000 + ((*code & 8U) << 11U));
    }
    if (*code < 64) {
        return long_match(*code, 5, 1);
    }
    const auto next = byte();
    if (!next) {
        return Step::damaged;
    }
    return match((*code >> 2U & 7U) + (*next << 3U) + 1, (*code >> 5U) + 1, *code & 3U);
}

/// The first byte may say how many literals come first.
Unpacking::Step Unpacking::begin() {
    constexpr unsigned none = 17;
    if (packed_.empty() || std::to_integer<unsigned>(packed_.front()) <= none) {
        return Step::go_on;
    }
    const auto count = *byte() - none;
    state_ = std::min(count, after_long_literals);
    return literals(count) ? Step::go_on : Step::damaged;
}

std::optional<std::size_t> Unpacking::run() {
    auto step = begin();
    while (step == Step::go_on) {
        step = instruction();
    }
    return step == Step::end ? std::optional(done_) : std::nullopt;
}

} // namespace

std::optional<std::size_t> unpack_lzo(ConstBytes packed, Bytes to) {
    return Unpacking(packed, to).run();
}

} // namespace slipway::formats
