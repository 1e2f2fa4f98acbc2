// A stand-in for slipway-client where only the initramfs is tested: the image is on a virtual disk
// already. Build with `cc -static`. Writes "/dev/vda" to the file after --ready and waits.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char** arguments) {
    fprintf(stderr, "slipway: stand-in client %s\n", arguments[0]);
    for (int i = 1; i + 1 < count; ++i) {
        if (strcmp(arguments[i], "--ready") == 0 && access("/dev/vda", R_OK) == 0) {
            FILE* ready = fopen(arguments[i + 1], "w");
            if (ready != NULL) {
                fputs("/dev/vda\n", ready);
                fclose(ready);
            }
        }
    }
    for (;;) {
        pause();
    }
}
