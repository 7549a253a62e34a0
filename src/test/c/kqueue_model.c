/*
 * A kqueue in the process, over poll(2), for one ABI (-DABI_...). It is handed native memory by the code under test,
 * checks every byte of it, and answers in it.
 *
 *   READ, WRITE   any descriptor that poll takes, and READ for another kqueue of this library
 *   USER          not with -DNO_USER; -DUSER_LIMIT=n allows n of them, then ENOMEM
 *   TIMER         units and absolute times, but with -DIGNORES_TIMER_NOTES
 *
 * Active knotes are queued and delivered first in, first out; what becomes active between two calls is found in the
 * order of registration. The kqueue's own descriptor is an epoll set that watches what the knotes watch, so that
 * poll(2) says "readable" for it; timers, and more data for an EV_CLEAR knote that has been told of some, it does not
 * see. A kqueue of this library that watches it does see its timers.
 *
 * -DQUIRKS: no kernel but a library over epoll, with the differences from BSD that libkqueue publishes. It does not see
 * a close; waits although it has answered a change, and returns 0 instead of the answers if nothing comes; keeps a
 * change's flags in the answer; locks out all others as long as one thread waits; returns at most 512 events; has
 * ENOENT for a bad kqueue and for a change of a closed descriptor, EINVAL for EV_DISPATCH|EV_ONESHOT; and says for
 * WRITE how much is queued; a socket that was never connected is at its end, and a kqueue never readable. With -DDEAF
 * as well, a change of a descriptor that was closed succeeds, and so does an EV_ADD of its number when it means another
 * file: there is a registration, and so nothing to do; it never fires.
 *
 * Habits of kernels, each by its own option:
 *   IGNORES_TIMER_NOTES  timers count milliseconds, whatever the notes say (NetBSD before 10, older OpenBSD)
 *   NO_ABSTIME           refuses NOTE_ABSTIME (FreeBSD before 12)
 *   TICK_MS=n            a clock of that tick: a timer may expire as much as a tick early, a wait ends late
 *   KEEPS_FLAGS          events show the EV_ADD, EV_ENABLE and EV_DISABLE that their knotes were made with (NetBSD)
 *   LATE_TCP             what happens at one end of a TCP connection is seen 2 ms later at the other: loopback is
 *                        asynchronous (FreeBSD 15)
 *   FREEBSD15            a WRITE knote of an AF_UNIX socket is not told that the peer has closed, and a timer of 2^31 s
 *                        or more expires at once
 *
 * -DFAIL_KQUEUE_AFTER=n: the kqueue after the first n, and no other, fails with EMFILE.
 *
 * One call, one failure or one answer can be scripted: the model_... functions. With -DOWN_DESCRIPTORS the numbers it
 * gives out are its own and mean something else to the process, as with a kernel in a library; -DBARE leaves out all
 * but kqueue and kevent, -DONLY_PIPE read and write; with -DHIJACKS its close passes on what is not its own, so that it
 * can be preloaded. Sizes are those of a test: one lock, linear searches within a
 * queue.
 */
#define _GNU_SOURCE
#include "kevent_abi.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define HASH 4096
#if defined(TICK_MS)
#define TICK (INT64_C(1000000) * TICK_MS)
#endif
#define LATE INT64_C(2000000)
#if defined(QUIRKS)
#define MODEL_ECONNREFUSED ECONNREFUSED
#else
#define MODEL_ECONNREFUSED 61		/* of all BSDs */
#endif
#define QUEUES 65536

#if defined(OWN_DESCRIPTORS)
/* The process's descriptor plus 1 for each of ours. The first is 3, which a JVM uses for something else. */
#if defined(HIJACKS)
#define FIRST_OWN 1000000
#else
#define FIRST_OWN 3
#endif
static int own_to_host[1024];
#endif

#if defined(USER_LIMIT)
static int users;
#endif

struct knote {
	TAILQ_ENTRY(knote) all;			/* in the order of registration */
	TAILQ_ENTRY(knote) active;		/* if queued, in the order of activation */
	int		queued;
	struct knote	*same_hash;
	uint64_t	ident;
	int		filter;
	int		flags;			/* CLEAR, ONESHOT, DISPATCH, RECEIPT */
	int		disabled;
	uint32_t	fflags;
	int64_t		data;
	int64_t		lowat;			/* NOTE_LOWAT, else 0 */
	void		*udata;
	int		triggered;		/* USER */
	int		reported;		/* READ, WRITE with CLEAR: told, and not drained since */
	int64_t		last_data;
	int		last_eof;
	int64_t		seen_data;		/* what is_active saw last, to be delivered */
	int		seen_eof;
	dev_t		dev;			/* which file the number meant when the knote was added */
	ino_t		ino;
	int64_t		deadline;		/* TIMER, and READ of a kqueue with timers: when to look, ns */
	int64_t		period;			/* TIMER, ns; without one it expires once */
	int		kept;			/* KEEPS_FLAGS: what was given when it was added */
	int64_t		noticed;		/* LATE_TCP: when what is not shown yet was seen */
	int64_t		shown_data;
	int		shown, shown_eof;
	short		revents;
};

TAILQ_HEAD(knotes, knote);

struct waiter {
	struct waiter	*next;
	int		wakefd;
};

struct queue {
	int		kqfd;			/* the process's number */
	struct knotes	all, active;
	struct knote	*hash[HASH];
	int		count, active_count;
	int		rings;			/* the bell is on */
	int		visited;		/* refresh under way: kqueues may watch each other in a circle */
	struct waiter	*waiters;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues[QUEUES];
/* Always readable; in the set of every kqueue, and asked for while a knote without descriptor is active. */
static int bell = -1;

static struct {
	int	calls, waits, kqueues;
	int	violations;
	char	violation[160];
	int	fail_kqueue, fail_call, fail_call_in, fail_wait, fail_wait_count;
	int	error_change, error_errno;
	int	answer_beyond;
	int	last_nchanges, last_nevents, last_no_timeout;
	int64_t	last_sec, last_nsec;
	unsigned char last_changes[4096];
} model;

static void
violation(const char *what)
{
	model.violations++;
	strncpy(model.violation, what, sizeof model.violation - 1);
}

static int64_t
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int
host(uint64_t fd)
{
#if defined(OWN_DESCRIPTORS)
	return fd >= FIRST_OWN && fd < FIRST_OWN + 1024 ? own_to_host[fd - FIRST_OWN] - 1 : -1;
#else
	return fd > INT_MAX ? -1 : (int)fd;
#endif
}

#if defined(OWN_DESCRIPTORS)
static int
give(int fd)
{
	for (int own = 0; fd >= 0 && own < 1024; own++)
		if (own_to_host[own] == 0) {
			own_to_host[own] = fd + 1;
			return FIRST_OWN + own;
		}
	return -1;
}
#endif

static unsigned
hash(uint64_t ident, int filter)
{
	return (unsigned)(ident * 31 + (unsigned)filter) % HASH;
}

static struct knote *
find(struct queue *q, uint64_t ident, int filter)
{
	struct knote *kn = q->hash[hash(ident, filter)];
	while (kn != NULL && (kn->ident != ident || kn->filter != filter))
		kn = kn->same_hash;
	return kn;
}

static void
enqueue(struct queue *q, struct knote *kn)
{
	if (!kn->queued) {
		kn->queued = 1;
		q->active_count++;
		TAILQ_INSERT_TAIL(&q->active, kn, active);
	}
}

static void
dequeue(struct queue *q, struct knote *kn)
{
	if (kn->queued) {
		kn->queued = 0;
		q->active_count--;
		TAILQ_REMOVE(&q->active, kn, active);
	}
}

static void
drop(struct queue *q, struct knote *kn)
{
	struct knote **at = &q->hash[hash(kn->ident, kn->filter)];
	while (*at != kn)
		at = &(*at)->same_hash;
	*at = kn->same_hash;
	dequeue(q, kn);
	TAILQ_REMOVE(&q->all, kn, all);
#if defined(USER_LIMIT)
	users -= kn->filter == EVFILT_USER;
#endif
	q->count--;
	free(kn);
}

static int
is_descriptor(int filter)
{
	return filter == EVFILT_READ || filter == EVFILT_WRITE;
}

/* Whether the number still means the file it was added for: close takes knotes away, and poll cannot tell. */
static int
is_same_file(struct knote *kn)
{
	struct stat st;
	return fstat(host(kn->ident), &st) == 0 && st.st_dev == kn->dev && st.st_ino == kn->ino;
}

/* EVFILT_AIO and EVFILT_LIO of FreeBSD: made by other system calls, not by a change. */
static int
is_refused(int filter)
{
#if defined(ABI_freebsd) || defined(ABI_freebsd11)
	return filter == -3 || filter == -10;
#else
	(void)filter;
	return 0;
#endif
}

static int
is_known(int filter)
{
#if !defined(NO_USER)
	if (filter == EVFILT_USER)
		return 1;
#endif
#if !defined(NO_TIMER)
	if (filter == EVFILT_TIMER)
		return 1;
#endif
	return is_descriptor(filter);
}

/* The kqueue that a descriptor of the process is, or NULL. Only one of ours has the bell in its set. */
static struct queue *
live_queue(int fd)
{
	struct queue *q = fd < 0 || fd >= QUEUES ? NULL : queues[fd];
	struct epoll_event ev = { q != NULL && q->rings ? EPOLLIN : 0, { 0 } };
	return q != NULL && epoll_ctl(fd, EPOLL_CTL_MOD, bell, &ev) == 0 ? q : NULL;
}

static int
is_awaited(struct knote *kn)
{
	return kn != NULL && !kn->disabled && !((kn->flags & EV_CLEAR) && kn->reported && !kn->queued);
}

/* Brings the set that makes the kqueue pollable in step with a descriptor's knotes. */
static void
watch(struct queue *q, uint64_t ident)
{
	int fd = host(ident);
	struct epoll_event ev = { 0, { 0 } };
	if (is_awaited(find(q, ident, EVFILT_READ)))
		ev.events |= EPOLLIN | EPOLLRDHUP;
	if (is_awaited(find(q, ident, EVFILT_WRITE)))
		ev.events |= EPOLLOUT;
	if (ev.events == 0)
		epoll_ctl(q->kqfd, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(q->kqfd, EPOLL_CTL_MOD, fd, &ev) != 0)
		epoll_ctl(q->kqfd, EPOLL_CTL_ADD, fd, &ev);
}

static void
ring(struct queue *q)
{
	struct knote *kn;
	int rings = 0;
	TAILQ_FOREACH(kn, &q->active, active)
		rings |= !is_descriptor(kn->filter);
	if (rings != q->rings) {
		struct epoll_event ev = { rings ? EPOLLIN : 0, { 0 } };
		q->rings = rings;
		epoll_ctl(q->kqfd, EPOLL_CTL_MOD, bell, &ev);
	}
}

static void activate(struct queue *, struct knote *);

/* 0 for notes that name no unit. */
static int64_t
unit_nanos(uint32_t fflags)
{
#if defined(IGNORES_TIMER_NOTES)
	(void)fflags;
	return 1000000;
#else
	switch (fflags & ~(uint32_t)NOTE_ABSTIME) {
	case 0:
#if defined(ABI_freebsd) || defined(ABI_freebsd11)
	case NOTE_MSECONDS:
#endif
		return 1000000;
	case NOTE_SECONDS: return INT64_C(1000000000);
	case NOTE_USECONDS: return 1000;
	case NOTE_NSECONDS: return 1;
	default: return 0;
	}
#endif
}

/* Sets a timer. Returns 0 or an errno. */
static int
start(struct knote *kn, const struct kevent *kev)
{
	int64_t nanos;
	int64_t unit = unit_nanos(kev->fflags);
	if (kev->data < 0 || unit == 0)
		return EINVAL;
#if defined(NO_ABSTIME)
	if (kev->fflags & NOTE_ABSTIME)
		return EINVAL;
#endif
	if (__builtin_mul_overflow(kev->data, unit, &nanos) || nanos > INT64_MAX / 4)
		nanos = INT64_MAX / 4;
#if !defined(IGNORES_TIMER_NOTES)
	if (kev->fflags & NOTE_ABSTIME) {
		struct timespec t;
		clock_gettime(CLOCK_REALTIME, &t);
		kn->period = 0;
		kn->deadline = now() + nanos - (t.tv_sec * INT64_C(1000000000) + t.tv_nsec);
		return 0;
	}
#endif
	kn->period = nanos == 0 ? 1000000 : nanos;
	kn->deadline = now() + kn->period;
#if defined(TICK_MS)
	kn->period = kn->period < TICK ? TICK : kn->period / TICK * TICK;
	kn->deadline = now() / TICK * TICK + kn->period;
#endif
#if defined(FREEBSD15)
	if (nanos >> 31 >= INT64_C(1000000000))
		kn->deadline = now();
#endif
	kn->flags |= EV_CLEAR;
	return 0;
}

static int
apply(struct queue *q, const struct kevent *kev)
{
	int flags = kev->flags;
	int filter = kev->filter;
	if (is_refused(filter))
		return EPERM;
	if (!is_known(filter))
		return EINVAL;
#if defined(ABI_freebsd) || defined(ABI_freebsd11)
	if ((flags & EV_ENABLE) && (flags & EV_DISABLE))
		return EINVAL;
#endif
#if defined(QUIRKS)
	if ((flags & EV_DISPATCH) && (flags & EV_ONESHOT))
		return EINVAL;
#endif
	struct knote *kn = find(q, kev->ident, filter);
	struct stat st;
	if (is_descriptor(filter)) {
		if (kn != NULL && !is_same_file(kn)) {
#if defined(DEAF)
			if (flags & EV_DELETE)
				drop(q, kn);
			return 0;
#endif
			drop(q, kn);
			watch(q, kev->ident);
			kn = NULL;
#if defined(QUIRKS)
			/* epoll has forgotten the file: whatever the change is, it fails. */
			return ENOENT;
#endif
		}
		if (fstat(host(kev->ident), &st) != 0) {
#if defined(QUIRKS)
			return ENOENT;
#elif defined(ABI_macos)
			return (flags & EV_ADD) ? EBADF : ENOENT;
#else
			return EBADF;
#endif
		}
	}
	if (kn == NULL) {
		if (!(flags & EV_ADD))
			return ENOENT;
		if (is_descriptor(filter)) {
			struct queue *watched = live_queue(host(kev->ident));
			if (watched != NULL && (watched == q || filter == EVFILT_WRITE))
				return EINVAL;
		}
#if defined(USER_LIMIT)
		if (filter == EVFILT_USER && users >= USER_LIMIT)
			return ENOMEM;
		users += filter == EVFILT_USER;
#endif
		kn = calloc(1, sizeof *kn);
		kn->deadline = INT64_MAX;
		kn->ident = kev->ident;
		kn->filter = filter;
		kn->flags = flags & (EV_CLEAR | EV_ONESHOT | EV_DISPATCH | EV_RECEIPT);
#if defined(KEEPS_FLAGS)
		kn->kept = flags & (EV_ADD | EV_ENABLE | EV_DISABLE);
#endif
		if (is_descriptor(filter)) {
			kn->dev = st.st_dev;
			kn->ino = st.st_ino;
		}
		if (filter == EVFILT_USER) {
			kn->fflags = kev->fflags & NOTE_FFLAGSMASK;
#if defined(ABI_macos) || defined(ABI_openbsd) || defined(ABI_dragonfly)
			kn->triggered = (kev->fflags & NOTE_TRIGGER) != 0;
#endif
		}
		TAILQ_INSERT_TAIL(&q->all, kn, all);
		kn->same_hash = q->hash[hash(kn->ident, filter)];
		q->hash[hash(kn->ident, filter)] = kn;
		q->count++;
	} else if ((flags & EV_DELETE) && !(flags & EV_ADD)) {
		drop(q, kn);
		if (is_descriptor(filter))
			watch(q, kev->ident);
		return 0;
	} else if (filter == EVFILT_USER) {
		uint32_t bits = kev->fflags & NOTE_FFLAGSMASK;
		switch (kev->fflags & NOTE_FFCTRLMASK) {
		case NOTE_FFAND: kn->fflags &= bits; break;
		case NOTE_FFOR: kn->fflags |= bits; break;
		case NOTE_FFCOPY: kn->fflags = bits; break;
		}
		if (kev->fflags & NOTE_TRIGGER) {
			kn->triggered = 1;
			kn->data = kev->data;
		}
#if !defined(ABI_macos)
		if (flags & EV_CLEAR) {
			kn->triggered = 0;
			kn->fflags = 0;
		}
#endif
	}
#if defined(ABI_openbsd)
	if ((flags & EV_ADD) || filter == EVFILT_USER)
#endif
	kn->udata = kev->udata;
	kn->reported = 0;
	if (is_descriptor(filter))
		kn->lowat = (kev->fflags & NOTE_LOWAT) ? kev->data : 0;
	if (filter == EVFILT_TIMER && (flags & EV_ADD)) {
		int error = start(kn, kev);
		if (error != 0) {
			drop(q, kn);
			return error;
		}
	}
	if (flags & EV_DISABLE)
		kn->disabled = 1;
	if (flags & EV_ENABLE)
		kn->disabled = 0;
	activate(q, kn);
	if (is_descriptor(filter))
		watch(q, kev->ident);
	return 0;
}

static int
int_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof value;
	return getsockopt(fd, level, name, &value, &length) == 0 ? value : 0;
}

static short
poll_events(struct knote *kn)
{
	return kn->filter == EVFILT_READ ? POLLIN | POLLRDHUP : POLLOUT | POLLRDHUP;
}

static struct pollfd *refresh(struct queue *, int *, int64_t *);

static int
is_readable(struct knote *kn, int fd, int type)
{
	int bytes = 0;
	struct queue *watched = live_queue(fd);
	if (watched != NULL) {
#if defined(QUIRKS)
		return 0;
#endif
		if (!watched->visited) {
			int size;
			free(refresh(watched, &size, &kn->deadline));
		}
		kn->seen_data = watched->active_count;
		return watched->active_count > 0;
	}
	if (!(kn->revents & (POLLIN | POLLHUP | POLLERR | POLLRDHUP)))
		return 0;
	kn->seen_eof = (kn->revents & (POLLHUP | POLLRDHUP)) != 0;
	if (type != 0 && int_option(fd, SOL_SOCKET, SO_ACCEPTCONN)) {
		struct tcp_info info;
		socklen_t length = sizeof info;
		kn->seen_data = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_unacked : 1;
		return 1;
	}
	ioctl(fd, FIONREAD, &bytes);
	kn->seen_data = bytes;
	return kn->seen_eof || (kn->revents & POLLERR) || bytes >= kn->lowat;
}

static int
is_writable(struct knote *kn, int fd, int type)
{
	int bytes = 0;
	if (!(kn->revents & (POLLOUT | POLLERR | POLLHUP)))
		return 0;
	kn->seen_eof = (kn->revents & (POLLERR | POLLHUP)) != 0;
	kn->seen_data = 1;
	if (type != 0 && ioctl(fd, SIOCOUTQ, &bytes) == 0) {
#if defined(QUIRKS)
		kn->seen_data = bytes;
		return 1;
#endif
		int64_t room = int_option(fd, SOL_SOCKET, SO_SNDBUF) - bytes;
		kn->seen_data = room > 0 ? room : 1;
	}
	return kn->seen_eof || kn->seen_data >= kn->lowat;
}

#if defined(LATE_TCP)
/* Whether the knote is active by what is shown of it; what is new is shown some time after it was noticed. */
static int
be_late(struct knote *kn, int active)
{
	int is_new = active && (!kn->shown || kn->seen_eof > kn->shown_eof
	    || (kn->filter == EVFILT_READ && kn->seen_data > kn->shown_data));
	if (!is_new || (kn->noticed != 0 && now() - kn->noticed >= LATE)) {
		kn->noticed = 0;
		kn->shown = active;
		kn->shown_data = kn->seen_data;
		kn->shown_eof = kn->seen_eof;
		return active;
	}
	if (kn->noticed == 0)
		kn->noticed = now();
	kn->seen_data = kn->shown_data;
	kn->seen_eof = kn->shown_eof;
	return kn->shown;
}
#endif

/* Whether the knote is active, by the revents of its descriptor; seen_... is what it says. */
static int
is_active(struct knote *kn)
{
	kn->seen_eof = 0;
	kn->seen_data = kn->data;
	if (kn->filter == EVFILT_USER)
		return kn->triggered;
	if (kn->filter == EVFILT_TIMER) {
		int64_t late = now() - kn->deadline;
		if (late < 0)
			return 0;
		kn->seen_data = kn->flags & EV_ONESHOT || kn->period == 0 ? 1 : 1 + late / kn->period;
		return 1;
	}
	int fd = host(kn->ident);
	int type = int_option(fd, SOL_SOCKET, SO_TYPE);
#if !defined(QUIRKS)
	/* A stream socket never connected: OUT and HUP at once, where a kqueue is silent. */
	if (type == SOCK_STREAM && (kn->revents & POLLHUP) && !(kn->revents & (POLLRDHUP | POLLERR | POLLIN)))
		return 0;
#endif
	int active = kn->filter == EVFILT_READ ? is_readable(kn, fd, type) : is_writable(kn, fd, type);
#if defined(LATE_TCP)
	if (type == SOCK_STREAM && int_option(fd, SOL_SOCKET, SO_DOMAIN) != AF_UNIX)
		return be_late(kn, active);
#endif
	return active;
}

/* CLEAR: told once, then again when there is more than before or the end, or after it was not ready in between. */
static int
is_edge(struct queue *q, struct knote *kn, int active)
{
	if (!(kn->flags & EV_CLEAR) || !is_descriptor(kn->filter) || kn->queued)
		return active;
	int fires = active && (!kn->reported || kn->seen_data > kn->last_data || kn->seen_eof > kn->last_eof);
	kn->last_data = kn->seen_data;
	if (!active && kn->reported) {
		kn->reported = 0;
		watch(q, kn->ident);
	}
	return fires;
}

/* Queues an enabled knote that is to be told, or takes it from the queue. Returns whether poll would tell in vain. */
static int
settle(struct queue *q, struct knote *kn, int changed)
{
	int active = is_active(kn);
#if defined(FREEBSD15)
	if (active && !changed && !kn->queued && kn->filter == EVFILT_WRITE && (kn->revents & (POLLHUP | POLLERR))
	    && int_option(host(kn->ident), SOL_SOCKET, SO_DOMAIN) == AF_UNIX)
		return 1;
#else
	(void)changed;
#endif
	if (is_edge(q, kn, active)) {
		enqueue(q, kn);
		return 0;
	}
	dequeue(q, kn);
	return active || (is_descriptor(kn->filter) && kn->revents != 0);
}

/* After a change, so that knotes are queued in the order of the changes. */
static void
activate(struct queue *q, struct knote *kn)
{
	if (kn->disabled) {
		dequeue(q, kn);
		return;
	}
	if (is_descriptor(kn->filter)) {
		struct pollfd one = { host(kn->ident), poll_events(kn), 0 };
		poll(&one, 1, 0);
		kn->revents = one.revents;
	}
	settle(q, kn, 1);
}

static void
fill(struct kevent *kev, struct knote *kn)
{
	memset(kev, 0, sizeof *kev);
	kev->ident = kn->ident;
	kev->filter = (filter_field)kn->filter;
	kev->flags = (flags_field)(kn->flags | kn->kept | (kn->seen_eof ? EV_EOF : 0));
	kev->fflags = kn->fflags;
	/* The socket's error, which to ask for would take from the next read or write. It may be another. */
	if (kn->seen_eof && (kn->revents & POLLERR) && int_option(host(kn->ident), SOL_SOCKET, SO_TYPE) != 0)
		kev->fflags = MODEL_ECONNREFUSED;
	kev->data = kn->seen_data;
	kev->udata = kn->udata;
}

/* What becomes of a knote that was taken from the queue and delivered. A level-triggered one goes to its end. */
static void
deliver(struct queue *q, struct knote *kn)
{
	uint64_t ident = kn->ident;
	int descriptor = is_descriptor(kn->filter);
	if (kn->flags & EV_ONESHOT) {
		drop(q, kn);
		if (descriptor)
			watch(q, ident);
		return;
	}
	if (kn->flags & EV_CLEAR) {
		kn->triggered = 0;
		if (kn->filter == EVFILT_TIMER)
			kn->deadline = kn->period == 0 ? INT64_MAX : kn->deadline + kn->period * kn->seen_data;
		kn->reported = 1;
		kn->last_data = kn->seen_data;
		kn->last_eof = kn->seen_eof;
	}
	if (kn->flags & EV_DISPATCH)
		kn->disabled = 1;
	if (!(kn->flags & (EV_CLEAR | EV_DISPATCH)))
		enqueue(q, kn);
	else if (descriptor)
		watch(q, ident);
}

/*
 * Looks at each knote, so that the queue holds what is active now. Returns the set to poll for a wait, with one more
 * slot than its size, and when to look again at the latest.
 */
static struct pollfd *
refresh(struct queue *q, int *set_size, int64_t *deadline)
{
	struct pollfd *set = calloc((size_t)q->count + 1, sizeof *set);
	struct knote *kn, *next;
	int size = 0;
	q->visited = 1;
	for (kn = TAILQ_FIRST(&q->all); kn != NULL; kn = next) {
		next = TAILQ_NEXT(kn, all);
		if (!is_descriptor(kn->filter) || kn->disabled)
			continue;
		set[size].fd = host(kn->ident);
		set[size].events = poll_events(kn);
		if (!is_same_file(kn)) {
#if defined(QUIRKS)
			set[size].fd = -1;
#else
			uint64_t ident = kn->ident;
			drop(q, kn);
			watch(q, ident);
			continue;
#endif
		}
		size++;
	}
	poll(set, (nfds_t)size, 0);
	size = 0;
	*deadline = INT64_MAX;
	TAILQ_FOREACH(kn, &q->all, all) {
		if (kn->disabled)
			continue;
		if (is_descriptor(kn->filter))
			kn->revents = set[size++].revents;
		if (settle(q, kn, 0)) {
			/* Ready but not to be told, which poll would tell for ever: looked at again a little later. */
			set[size - 1].fd = -1;
			if (now() + 1000000 < *deadline)
				*deadline = now() + 1000000;
		} else if (!kn->queued && kn->deadline < *deadline) {
			*deadline = kn->deadline;
		}
	}
	*set_size = size;
	q->visited = 0;
	return set;
}

/* Delivers from the front of the queue, each knote once. */
static int64_t
collect(struct queue *q, struct kevent *events, int64_t room)
{
	int64_t n = 0;
	for (int left = q->active_count; left > 0 && n < room; left--) {
		struct knote *kn = TAILQ_FIRST(&q->active);
		dequeue(q, kn);
		fill(&events[n++], kn);
		deliver(q, kn);
	}
	return n;
}

static void
wake_all(struct queue *q)
{
	uint64_t one = 1;
	for (struct waiter *w = q->waiters; w != NULL; w = w->next)
		if (syscall(SYS_write, w->wakefd, &one, sizeof one) < 0)
			violation("eventfd");
}

static int
check_arguments(const struct kevent *changes, int64_t nchanges, const struct kevent *events, int64_t nevents,
    const struct bsd_timespec *timeout)
{
	model.last_nchanges = (int)nchanges;
	model.last_nevents = (int)nevents;
	model.last_no_timeout = timeout == NULL;
	if (nchanges < 0 || nevents < 0 || nchanges > INT_MAX || nevents > INT_MAX)
		violation("negative count");
	if ((nchanges > 0 && changes == NULL) || (nevents > 0 && events == NULL))
		violation("a count without a list");
	if (nevents > 0 && nchanges > 0 && changes == events)
		violation("one list for both");
	for (int64_t i = 0; i < nchanges; i++) {
		const unsigned char *bytes = (const unsigned char *)&changes[i];
		if (i < (int64_t)(sizeof model.last_changes / sizeof *changes))
			memcpy(model.last_changes + (size_t)i * sizeof *changes, bytes, sizeof *changes);
#if defined(ABI_netbsd) || defined(ABI_netbsd11)
		for (int at = 20; at < 24; at++)
			if (bytes[at] != 0)
				violation("padding is not 0");
#endif
		for (size_t at = offsetof(struct kevent, udata) + sizeof(void *); at < sizeof *changes; at++)
			if (bytes[at] != 0)
				violation("ext is not 0");
	}
	if (timeout != NULL) {
		model.last_sec = timeout->tv_sec;
		model.last_nsec = timeout->tv_nsec;
		if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)
			return EINVAL;
#if defined(ABI_macos)
		if (timeout->tv_sec > 100000000)
			return EINVAL;
#else
		if (timeout->tv_sec > INT32_MAX)
			return EINVAL;
#endif
	}
	return 0;
}

/* The change phase. Returns the entries written, or -errno, or NO_ROOM where a receipt finds none. */
#define NO_ROOM INT_MIN

#if defined(QUIRKS)
#define BAD_KQUEUE ENOENT
#define MOST_EVENTS 512
#else
#define BAD_KQUEUE EBADF
#define MOST_EVENTS INT_MAX
#endif

static int64_t
change(struct queue *q, const struct kevent *changes, int64_t nchanges, struct kevent *events, int64_t nevents)
{
	int64_t n = 0;
	int scripted = model.error_errno;
	model.error_errno = 0;
	(void)nevents;	/* not asked by DragonFly */
	for (int64_t i = 0; i < nchanges; i++) {
		struct kevent kev = changes[i];
#if defined(ABI_freebsd) || defined(ABI_freebsd11)
		if (kev.filter == 0)
			continue;
#endif
		int error = scripted != 0 && model.error_change == i ? scripted : apply(q, &kev);
		if (error == 0 && !(kev.flags & EV_RECEIPT))
			continue;
#if defined(ABI_dragonfly)
		if (events == NULL)
			return -error;
#else
		if (n >= nevents) {
			if (error != 0)
				return -error;
#if defined(ABI_macos)
			continue;
#else
			return NO_ROOM;
#endif
		}
#endif
#if defined(ABI_macos) || defined(QUIRKS)
		kev.flags = (flags_field)(kev.flags | EV_ERROR);
#else
		kev.flags = EV_ERROR;
#endif
		kev.data = error;
		events[n++] = kev;
	}
	return n;
}

static int
fail(int error)
{
	pthread_mutex_unlock(&lock);
	errno = error;
	return -1;
}

/* Waits, unlocked, until a descriptor is ready, a deadline passes or another thread changes something. */
static void
wait_outside(struct queue *q, struct pollfd *set, int size, int64_t deadline)
{
	struct waiter me = { q->waiters, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	q->waiters = &me;
	model.waits++;
	set[size].fd = me.wakefd;
	set[size].events = POLLIN;
	int64_t left = deadline == INT64_MAX ? INT64_MAX : deadline - now();
	/* Without a descriptor of its own it has to look from time to time. */
	int64_t longest = me.wakefd < 0 ? 1000000 : INT64_C(1000000000);
	if (left > longest)
		left = longest;
	struct timespec ts = { left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0 };
	pthread_mutex_unlock(&lock);
	ppoll(set, (nfds_t)size + 1, &ts, NULL);
	pthread_mutex_lock(&lock);
	struct waiter **at = &q->waiters;
	while (*at != &me)
		at = &(*at)->next;
	*at = me.next;
	if (me.wakefd >= 0)
		syscall(SYS_close, me.wakefd);
}

/* The scan and the wait. Returns the events plus the answers there are already, or -errno. */
static int64_t
await(struct queue *q, struct kevent *events, int64_t room, int64_t answers, const struct bsd_timespec *timeout)
{
	int64_t end = timeout == NULL ? INT64_MAX : timeout->tv_sec >= 1000000000 ? INT64_MAX
	    : now() + timeout->tv_sec * INT64_C(1000000000) + timeout->tv_nsec;
	int may_wait = timeout == NULL || timeout->tv_sec > 0 || timeout->tv_nsec > 0;
#if defined(TICK_MS)
	if (end != INT64_MAX && may_wait)
		end = end / TICK * TICK + TICK;
#endif
	for (;;) {
		int size;
		int64_t deadline;
		struct pollfd *set = refresh(q, &size, &deadline);
		int64_t n = collect(q, events, room);
		ring(q);
		if (n == 0 && may_wait && model.fail_wait_count > 0) {
			model.fail_wait_count--;
			free(set);
			return -model.fail_wait;
		}
		if (n > 0 || !may_wait || now() >= end) {
			free(set);
			return n > 0 ? n + answers : 0;
		}
		wait_outside(q, set, size, deadline < end ? deadline : end);
		free(set);
	}
}

#if defined(QUIRKS)
static pthread_mutex_t calling[QUEUES];

static int unlocked_kevent(int, const struct kevent *, count_arg, struct kevent *, count_arg,
    const struct bsd_timespec *);

static int
kevent_in_process(int kq, const struct kevent *changes, count_arg nchanges, struct kevent *events, count_arg nevents,
    const struct bsd_timespec *timeout)
{
	int index = kq < 0 || kq >= QUEUES ? 0 : kq;
	pthread_mutex_lock(&calling[index]);
	int n = unlocked_kevent(kq, changes, nchanges, events, nevents, timeout);
	int error = errno;
	pthread_mutex_unlock(&calling[index]);
	errno = error;
	return n;
}
#define kevent_in_process unlocked_kevent
#endif

static int
kevent_in_process(int kq, const struct kevent *changes, count_arg nchanges, struct kevent *events, count_arg nevents,
    const struct bsd_timespec *timeout)
{
	int kqfd = host((uint64_t)kq);
	pthread_mutex_lock(&lock);
	model.calls++;
	int error = check_arguments(changes, (int64_t)nchanges, events, (int64_t)nevents, timeout);
	struct queue *q = live_queue(kqfd);
	if (model.fail_call != 0 && model.fail_call_in-- == 0) {
		error = model.fail_call;
		model.fail_call = 0;
	}
	if (error != 0 || q == NULL)
		return fail(error != 0 ? error : BAD_KQUEUE);
	int64_t n = change(q, changes, (int64_t)nchanges, events, (int64_t)nevents);
	if (nchanges > 0)
		wake_all(q);
	if (n < 0 && n != NO_ROOM)
		return fail((int)-n);
	if (model.answer_beyond > 0 && nevents > 0) {
		n = (int64_t)nevents + model.answer_beyond;
		model.answer_beyond = 0;
	}
	ring(q);
#if defined(QUIRKS)
	if (n == (int64_t)nevents || n > (int64_t)nevents) {
#else
	if (n != 0 || nevents == 0) {
#endif
		pthread_mutex_unlock(&lock);
		return n > 0 ? (int)n : 0;
	}
	n = await(q, events + n, (int64_t)nevents - n < MOST_EVENTS ? (int64_t)nevents - n : MOST_EVENTS, n, timeout);
	if (n < 0)
		return fail((int)-n);
	pthread_mutex_unlock(&lock);
	return (int)n;
}

#if defined(QUIRKS)
#undef kevent_in_process
#endif

EXPORT int
kqueue(void)
{
	pthread_mutex_lock(&lock);
#if defined(FAIL_KQUEUE_AFTER)
	static int opened;
	if (opened++ == FAIL_KQUEUE_AFTER)
		return fail(EMFILE);
#endif
	if (model.fail_kqueue != 0) {
		int error = model.fail_kqueue;
		model.fail_kqueue = 0;
		return fail(error);
	}
	if (bell < 0)
		bell = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	int fd = epoll_create1(0);
	if (fd < 0 || fd >= QUEUES)
		return fail(fd < 0 ? errno : ENFILE);
	struct queue *q = queues[fd];
	if (q == NULL) {
		q = queues[fd] = calloc(1, sizeof *q);
		TAILQ_INIT(&q->all);
		TAILQ_INIT(&q->active);
	}
	q->kqfd = fd;
	q->rings = 0;
	while (q->count > 0)
		drop(q, TAILQ_FIRST(&q->all));
	struct epoll_event silent = { 0, { 0 } };
	epoll_ctl(fd, EPOLL_CTL_ADD, bell, &silent);
	model.kqueues++;
#if defined(OWN_DESCRIPTORS)
	fd = give(fd);
#endif
	pthread_mutex_unlock(&lock);
	return fd;
}

#if defined(KEVENT_NAME)
EXPORT int
KEVENT_NAME(int kq, const struct kevent *changes, count_arg nchanges, struct kevent *events, count_arg nevents,
    const struct bsd_timespec *timeout)
{
	return kevent_in_process(kq, changes, nchanges, events, nevents, timeout);
}

/* The trap of NetBSD's libc: the old call under the plain name. */
EXPORT int
kevent(int kq, const struct kevent *changes, count_arg nchanges, struct kevent *events, count_arg nevents,
    const struct bsd_timespec *timeout)
{
	(void)kq, (void)changes, (void)nchanges, (void)events, (void)nevents, (void)timeout;
	violation("the plain kevent");
	errno = ENOSYS;
	return -1;
}
#else
EXPORT int
kevent(int kq, const struct kevent *changes, count_arg nchanges, struct kevent *events, count_arg nevents,
    const struct bsd_timespec *timeout)
{
	return kevent_in_process(kq, changes, nchanges, events, nevents, timeout);
}
#endif

#if defined(OWN_DESCRIPTORS) && !defined(BARE)
EXPORT int
close(int fd)
{
#if defined(HIJACKS)
	if (fd < FIRST_OWN)
		return (int)syscall(SYS_close, fd);
#endif
	int result = (int)syscall(SYS_close, host((uint64_t)fd));
	if (fd >= FIRST_OWN && fd < FIRST_OWN + 1024)
		own_to_host[fd - FIRST_OWN] = 0;
	return result;
}

#if !defined(HIJACKS)
EXPORT int
pipe(int fds[2])
{
	int ends[2];
	if (syscall(SYS_pipe2, ends, 0) < 0)
		return -1;
	fds[0] = give(ends[0]);
	fds[1] = give(ends[1]);
	return 0;
}

#if !defined(ONLY_PIPE)
EXPORT ssize_t
read(int fd, void *buffer, size_t count)
{
	return syscall(SYS_read, host((uint64_t)fd), buffer, count);
}

EXPORT ssize_t
write(int fd, const void *buffer, size_t count)
{
	return syscall(SYS_write, host((uint64_t)fd), buffer, count);
}
#endif

/* It does not know the flags. */
EXPORT int
fcntl(int fd, int command, ...)
{
	(void)fd, (void)command;
	errno = EINVAL;
	return -1;
}
#endif
#endif

#if defined(FCNTL_FAILS)
EXPORT int
fcntl(int fd, int command, ...)
{
	(void)fd, (void)command;
	errno = EPERM;
	return -1;
}
#endif

#define COUNT(name) EXPORT int model_##name(void) { \
	pthread_mutex_lock(&lock); int value = model.name; pthread_mutex_unlock(&lock); return value; }

COUNT(calls)
COUNT(waits)
COUNT(kqueues)
COUNT(violations)
COUNT(last_nchanges)
COUNT(last_nevents)
COUNT(last_no_timeout)

EXPORT const char *
model_violation(void)
{
	return model.violation;
}

EXPORT int64_t
model_last_sec(void)
{
	return model.last_sec;
}

EXPORT int64_t
model_last_nsec(void)
{
	return model.last_nsec;
}

EXPORT const void *
model_last_changes(void)
{
	return model.last_changes;
}

EXPORT int
model_waiters(int kq)
{
	int n = 0;
	pthread_mutex_lock(&lock);
	struct queue *q = queues[host((uint64_t)kq)];
	for (struct waiter *w = q == NULL ? NULL : q->waiters; w != NULL; w = w->next)
		n++;
	pthread_mutex_unlock(&lock);
	return n;
}

EXPORT int
model_knotes(int kq)
{
	pthread_mutex_lock(&lock);
	struct queue *q = queues[host((uint64_t)kq)];
	int n = q == NULL ? -1 : q->count;
	pthread_mutex_unlock(&lock);
	return n;
}

EXPORT void
model_reset(void)
{
	pthread_mutex_lock(&lock);
	memset(&model, 0, sizeof model);
	pthread_mutex_unlock(&lock);
}

EXPORT void
model_fail_kqueue(int error)
{
	model.fail_kqueue = error;
}

/* The call after the next n fails at once. */
EXPORT void
model_fail_call(int error, int n)
{
	pthread_mutex_lock(&lock);
	model.fail_call = error;
	model.fail_call_in = n;
	pthread_mutex_unlock(&lock);
}

/* The next n calls that would wait fail instead, their changes applied. */
EXPORT void
model_fail_wait(int error, int n)
{
	pthread_mutex_lock(&lock);
	model.fail_wait = error;
	model.fail_wait_count = n;
	pthread_mutex_unlock(&lock);
}

/* A change of the next call fails and is not applied. */
EXPORT void
model_error_change(int index, int error)
{
	pthread_mutex_lock(&lock);
	model.error_change = index;
	model.error_errno = error;
	pthread_mutex_unlock(&lock);
}

/* The next call with room for events claims to have returned n more than there was room for. */
EXPORT void
model_answer_beyond(int n)
{
	pthread_mutex_lock(&lock);
	model.answer_beyond = n;
	pthread_mutex_unlock(&lock);
}

EXPORT size_t
model_kevent_size(void)
{
	return sizeof(struct kevent);
}

EXPORT size_t
model_offset(int field)
{
	static const size_t offsets[] = {
		offsetof(struct kevent, ident), offsetof(struct kevent, filter), offsetof(struct kevent, flags),
		offsetof(struct kevent, fflags), offsetof(struct kevent, data), offsetof(struct kevent, udata),
	};
	return offsets[field];
}
