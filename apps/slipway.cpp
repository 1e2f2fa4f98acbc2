// The program `slipway`.
#include "cli/app.h"

int main(int argument_count, char** arguments) {
    return slipway::cli::run(argument_count, arguments);
}
