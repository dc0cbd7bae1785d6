/* The physical limit: one thread, one send for each receiver for each read, nothing else.
 *
 * Prints its port. Greets each connection with one line; what one connection sends goes to all others.
 * It keeps nothing, checks nothing, and waits for a slow receiver: it is no server, only a measure.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384, EVENTS_MAX = 256, READ_BYTES = 1 << 18 };

static int connections[CONNECTIONS_MAX];
static int count;
static char buffer[READ_BYTES];

static void need(int is_fine, const char *what) {
    if (!is_fine) {
        perror(what);
        exit(1);
    }
}

static int listening(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    need(listener >= 0, "socket");
    need(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    need(listen(listener, 1024) == 0, "listen");
    need(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void watch(int poll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = descriptor}};
    need(epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
}

static void greet(int poll, int listener) {
    int one = 1, connection = accept(listener, NULL, NULL);
    need(connection >= 0 && count < CONNECTIONS_MAX, "accept");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections[count++] = connection;
    watch(poll, connection);
    need(send(connection, "ready\n", 6, MSG_NOSIGNAL) == 6, "greet");
}

static void drop(int connection) {
    for (int place = 0; place < count; place++)
        if (connections[place] == connection) connections[place] = connections[--count];
    close(connection);
}

static void relay(int source) {
    ssize_t length = recv(source, buffer, sizeof buffer, 0);
    if (length <= 0) {
        drop(source);
        return;
    }
    for (int place = 0; place < count; place++)
        if (connections[place] != source) send(connections[place], buffer, (size_t)length, MSG_NOSIGNAL);
}

int main(void) {
    struct epoll_event events[EVENTS_MAX];
    int listener = listening(), poll = epoll_create1(0);
    watch(poll, listener);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS_MAX, -1);
        for (int place = 0; place < ready; place++) {
            if (events[place].data.fd == listener)
                greet(poll, listener);
            else
                relay(events[place].data.fd);
        }
    }
}
