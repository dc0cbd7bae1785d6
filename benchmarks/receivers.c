/* What receivers.py does in `count`, for connections that it has made already and hands over open.
 *
 * Arguments: the marker byte, the keep-alive bytes in hex, seconds between them, the connections' descriptors.
 * Writes to standard output, eight bytes each time (big-endian), how many markers *all* connections have: 0 at
 * the start, then every growth. Ends when standard input ends.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 512, READ_BYTES = 1 << 18, KEEP_ALIVE_BYTES_MAX = 256 };

static unsigned char buffer[READ_BYTES];
static unsigned char keep_alive[KEEP_ALIVE_BYTES_MAX];

static void need(int is_fine, const char *what) {
    if (!is_fine) {
        perror(what);
        exit(1);
    }
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t from_hex(const char *text) {
    size_t length = strlen(text) / 2;
    need(length <= KEEP_ALIVE_BYTES_MAX, "keep-alive");
    for (size_t place = 0; place < length; place++) {
        unsigned value;
        need(sscanf(text + 2 * place, "%2x", &value) == 1, "hex");
        keep_alive[place] = (unsigned char)value;
    }
    return length;
}

static void watch(int poll, int descriptor, uint32_t place) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = place}};
    need(epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
}

static void tell(uint64_t number) {
    unsigned char bytes[8];
    for (int place = 0; place < 8; place++) bytes[place] = (unsigned char)(number >> (56 - 8 * place));
    need(write(STDOUT_FILENO, bytes, sizeof bytes) == sizeof bytes, "write");
}

static uint64_t markers(int connection, unsigned char marker) {
    uint64_t found = 0;
    ssize_t length = recv(connection, buffer, sizeof buffer, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    need(length > 0, "the server closed a receiver");
    for (ssize_t place = 0; place < length; place++) found += buffer[place] == marker;
    return found;
}

int main(int argc, char **argv) {
    const uint32_t count = (uint32_t)(argc - 4), standard_input = count;
    const unsigned char marker = (unsigned char)argv[1][0];
    const size_t keep_alive_bytes = from_hex(argv[2]);
    const double every_s = atof(argv[3]);
    int *connections = calloc(count, sizeof *connections), poll = epoll_create1(0);
    uint64_t *counts = calloc(count, sizeof *counts), floor = 0;
    uint32_t behind = count; /* So many have no more than the floor: when none is left, it rises. */
    struct epoll_event events[EVENTS_MAX];
    double spoke_s = now_s();

    need(argc > 4 && connections && counts, "arguments");
    watch(poll, STDIN_FILENO, standard_input);
    for (uint32_t place = 0; place < count; place++) {
        connections[place] = atoi(argv[4 + place]);
        watch(poll, connections[place], place);
    }
    tell(0);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS_MAX, (int)(every_s * 1000));
        for (int number = 0; number < ready; number++) {
            uint32_t place = events[number].data.u32;
            uint64_t had;
            if (place == standard_input) return 0;
            had = counts[place];
            counts[place] += markers(connections[place], marker);
            if (had == floor && counts[place] != floor) behind--;
        }
        if (!behind) {
            floor = UINT64_MAX;
            for (uint32_t place = 0; place < count; place++) {
                if (counts[place] < floor) floor = counts[place], behind = 0;
                behind += counts[place] == floor;
            }
            tell(floor);
        }
        if (now_s() - spoke_s > every_s) {
            spoke_s = now_s();
            for (uint32_t place = 0; place < count; place++)
                send(connections[place], keep_alive, keep_alive_bytes, MSG_NOSIGNAL);
        }
    }
}
