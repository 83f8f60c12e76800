/* Lets a Python program under `valgrind --tool=callgrind` say what is counted: see bench/instructions.py. */
#include <valgrind/callgrind.h>

void count_from_here(void) {
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void count_until_here(const char *name) {
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}
