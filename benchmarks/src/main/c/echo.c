/* The echo server on bare epoll: level-triggered, one thread. Prints its port, ends when stdin does. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512

static void check(int ok, const char *call) {
    if (!ok) {
        perror(call);
        exit(1);
    }
}

static void watch(int ep, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    check(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void accept_all(int ep, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            check(errno == EAGAIN || errno == ECONNABORTED || errno == EINTR, "accept4");
            return;
        }
        int on = 1;
        check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "setsockopt");
        watch(ep, fd);
    }
}

static void echo(int fd) {
    char buffer[16384];
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        close(fd);
        return;
    }
    check(write(fd, buffer, n) == n, "write");
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(listener >= 0, "socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    check(bind(listener, (struct sockaddr *) &address, length) == 0, "bind");
    check(listen(listener, 4096) == 0, "listen");
    check(getsockname(listener, (struct sockaddr *) &address, &length) == 0, "getsockname");
    int ep = epoll_create1(EPOLL_CLOEXEC);
    check(ep >= 0, "epoll_create1");
    watch(ep, listener);
    watch(ep, STDIN_FILENO);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(ep, events, EVENTS, -1);
        check(n >= 0 || errno == EINTR, "epoll_wait");
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO) {
                return 0;
            } else if (fd == listener) {
                accept_all(ep, listener);
            } else {
                echo(fd);
            }
        }
    }
}
