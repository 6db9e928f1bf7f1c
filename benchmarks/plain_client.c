/* An SMTP client of the plain kind, in place of Postfix's "smtp-source -d" where that isn't installed: connections
   that stay open, no pipelining, four round trips for a message, a wait with a time limit before each read and write.

   plain_client PORT CONNECTIONS MESSAGES BYTES   sends so many messages of that size to 127.0.0.1. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT 300000 /* milliseconds */
#define EVENTS 100

enum { GREETING, HELLO, SENDER, RECIPIENT, DATA, MESSAGE, GOODBYE };

typedef struct connection {
    int fd, step;
} connection;

static int port, left;
static char *message;
static size_t length;

static void fail(const char *what) {
    fprintf(stderr, "plain_client: %s\n", what);
    exit(1);
}

static void await(connection *c, short what) {
    struct pollfd one = {.fd = c->fd, .events = what};
    if (poll(&one, 1, TIMEOUT) != 1) fail("the server takes too long");
}

static void say(connection *c, const char *text, size_t size) {
    for (size_t written = 0; written < size;) {
        await(c, POLLOUT);
        ssize_t count = write(c->fd, text + written, size - written);
        if (count <= 0) fail("the connection broke");
        written += count;
    }
}

static void command(connection *c, const char *text) { say(c, text, strlen(text)); }

/* Read one reply, which the sink sends whole. */
static void hear(connection *c) {
    char reply[512];
    await(c, POLLIN);
    ssize_t count = read(c->fd, reply, sizeof reply);
    if (count < 3 || reply[count - 1] != '\n') fail("the connection broke");
    if (reply[0] != '2' && reply[0] != '3') fail("the server refused something");
}

static void begin_message(connection *c) {
    if (left > 0) {
        left--;
        c->step = SENDER;
        command(c, "MAIL FROM:<news@northwind.example>\r\n");
    } else {
        c->step = GOODBYE;
        command(c, "QUIT\r\n");
    }
}

/* Go on after a reply; whether the connection has come to its end. */
static int proceed(connection *c) {
    hear(c);
    switch (c->step++) {
        case GREETING: command(c, "HELO client.test\r\n"); break;
        case HELLO: begin_message(c); break;
        case SENDER: command(c, "RCPT TO:<person@example.test>\r\n"); break;
        case RECIPIENT: command(c, "DATA\r\n"); break;
        case DATA: say(c, message, length); break;
        case MESSAGE: begin_message(c); break;
        case GOODBYE: close(c->fd); return 1;
    }
    return 0;
}

static void dial(connection *c) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->step = GREETING;
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) fail("there is no server");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void write_message(size_t size) {
    const size_t line = 78;
    length = size + 3;
    message = malloc(length);
    memset(message, 'X', length);
    for (size_t at = line - 2; at + 4 < size; at += line) memcpy(message + at, "\r\n", 2);
    memcpy(message + size - 2, "\r\n.\r\n", 5);
}

int main(int count, char **arguments) {
    if (count != 5) fail("give it a port, and the numbers of connections, messages and bytes");
    port = atoi(arguments[1]);
    int open = atoi(arguments[2]);
    left = atoi(arguments[3]);
    write_message(atoi(arguments[4]));
    connection *all = calloc(open, sizeof *all);
    int poller = epoll_create1(0);
    for (int i = 0; i < open; i++) {
        dial(&all[i]);
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &all[i]});
    }
    while (open) {
        struct epoll_event events[EVENTS];
        int happened = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < happened; i++) open -= proceed(events[i].data.ptr);
    }
    return 0;
}
