// fmt's own functions, compiled here once: Debian has no static library of them, which the client
// needs, and header-only they would be compiled with every source, at three times the cost.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE

namespace detail {

template thousands_sep_result<char> thousands_sep_impl<char>(locale_ref);
template char decimal_point_impl<char>(locale_ref);
template void buffer<char>::append<char>(const char*, const char*);
template void
vformat_to<char>(buffer<char>&, string_view, basic_format_args<buffer_context<char>>, locale_ref);
template dragonbox::decimal_fp<float> dragonbox::to_decimal<float>(float);
template dragonbox::decimal_fp<double> dragonbox::to_decimal<double>(double);

} // namespace detail

FMT_END_NAMESPACE
