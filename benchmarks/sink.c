/* An SMTP server that takes every message and keeps none, so that the client is what is measured.

   sink [MILLISECONDS]   listens on a free port of 127.0.0.1, prints its number and runs until it is killed.

   Replies are held back for so long, all that are due to what has been read together at once. "STAT" is answered by
   the number of messages and connections so far. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define CAPABILITIES "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"

typedef struct connection {
    int fd;
    bool in_message, leaving, waiting;
    long long due;           /* when its replies may go, in nanoseconds */
    struct connection *next; /* that waits behind it */
    size_t read, replying;
    char replies[65536], input[131072];
} connection;

static long messages, connections;
static long long delay;
static int poller, alarm_clock;
static connection *first, *last;

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void reply(connection *c, const char *text) {
    size_t length = strlen(text);
    if (c->replying + length > sizeof c->replies) {
        c->leaving = true;
        return;
    }
    memcpy(c->replies + c->replying, text, length);
    c->replying += length;
}

static void obey(connection *c, const char *line) {
    if (!strncasecmp(line, "EHLO", 4))
        reply(c, CAPABILITIES);
    else if (!strncasecmp(line, "DATA", 4)) {
        reply(c, "354 Go on\r\n");
        c->in_message = true;
    } else if (!strncasecmp(line, "QUIT", 4)) {
        reply(c, "221 Bye\r\n");
        c->leaving = true;
    } else if (!strncasecmp(line, "STAT", 4)) {
        char said[80];
        snprintf(said, sizeof said, "250 %ld %ld\r\n", messages, connections);
        reply(c, said);
    } else
        reply(c, "250 2.0.0 Ok\r\n");
}

/* Answer what is complete; what isn't stays in the input. */
static void parse(connection *c) {
    size_t done = 0;
    while (!c->leaving) {
        char *rest = c->input + done;
        const char *mark = c->in_message ? "\r\n.\r\n" : "\r\n";
        char *end = memmem(rest, c->read - done, mark, strlen(mark));
        if (!end) {
            /* Of a message only a mark that has begun is of interest. */
            if (c->in_message && c->read - done > 4) done = c->read - 4;
            break;
        }
        done = end - c->input + strlen(mark);
        if (c->in_message) {
            c->in_message = false;
            messages++;
            reply(c, "250 2.0.0 Ok\r\n");
        } else {
            obey(c, rest);
            /* The line break before a message may be the first of its closing mark. */
            if (c->in_message) done -= 2;
        }
    }
    c->read -= done;
    memmove(c->input, c->input + done, c->read);
}

static void hang_up(connection *c) {
    close(c->fd);
    c->fd = -1;
    if (!c->waiting) free(c);
}

static void answer(connection *c) {
    size_t written = 0;
    while (written < c->replying) {
        ssize_t count = write(c->fd, c->replies + written, c->replying - written);
        if (count < 0 && errno != EAGAIN) {
            c->leaving = true;
            break;
        }
        if (count > 0)
            written += count;
        else
            poll(&(struct pollfd){.fd = c->fd, .events = POLLOUT}, 1, -1);
    }
    c->replying = 0;
    if (c->leaving) hang_up(c);
}

static void set_alarm(long long at) {
    struct itimerspec when = {.it_value = {at / 1000000000LL, at % 1000000000LL}};
    timerfd_settime(alarm_clock, TFD_TIMER_ABSTIME, &when, NULL);
}

static void answer_later(connection *c) {
    if (c->waiting) return;
    c->waiting = true;
    c->due = now() + delay;
    c->next = NULL;
    if (first)
        last->next = c;
    else {
        first = c;
        set_alarm(c->due);
    }
    last = c;
}

static void answer_those_due(void) {
    long long expirations;
    if (read(alarm_clock, &expirations, sizeof expirations) < 0) return;
    while (first && first->due <= now()) {
        connection *c = first;
        first = c->next;
        c->waiting = false;
        if (c->fd < 0)
            free(c);
        else
            answer(c);
    }
    if (first) set_alarm(first->due);
}

static void greet(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        connection *c = malloc(sizeof *c);
        memset(c, 0, offsetof(connection, replies));
        c->fd = fd;
        connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
        reply(c, "220 sink ESMTP\r\n");
        answer(c);
    }
}

static void listen_to(connection *c) {
    ssize_t count = read(c->fd, c->input + c->read, sizeof c->input - c->read);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        hang_up(c);
        return;
    }
    c->read += count;
    parse(c);
    if (!c->replying && !c->leaving) return;
    if (delay)
        answer_later(c);
    else
        answer(c);
}

static int open_listener(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("sink");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    delay = count > 1 ? (long long)(atof(arguments[1]) * 1e6) : 0;
    int listener = open_listener();
    poller = epoll_create1(0);
    alarm_clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &listener});
    epoll_ctl(poller, EPOLL_CTL_ADD, alarm_clock, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &alarm_clock});
    for (;;) {
        struct epoll_event events[EVENTS];
        int happened = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < happened; i++) {
            if (events[i].data.ptr == &listener)
                greet(listener);
            else if (events[i].data.ptr == &alarm_clock)
                answer_those_due();
            else
                listen_to(events[i].data.ptr);
        }
    }
}
