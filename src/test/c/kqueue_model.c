/*
 * A kqueue in the process, over poll(2), for one ABI (-DABI_...). It is handed native memory by the code under test,
 * checks every byte of it, and answers in it.
 *
 *   READ, WRITE   any descriptor that poll takes
 *   USER          not with -DNO_USER
 *   TIMER         milliseconds
 *
 * One call, one failure or one answer can be scripted: the model_... functions. With -DOWN_DESCRIPTORS the numbers it
 * gives out are its own and mean something else to the process, as with a kernel in a library; -DBARE leaves out all
 * but kqueue and kevent. Sizes are those of a test: one lock, linear searches within a queue.
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
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define HASH 4096
#define QUEUES 65536

#if defined(OWN_DESCRIPTORS)
/* The process's descriptor plus 1 for each of ours. The first is 3, which a JVM uses for something else. */
static int own_to_host[1024];
#endif

struct knote {
	struct knote	*next, *prev;		/* all of the queue, the next to be looked at first */
	struct knote	*same_hash;
	uint64_t	ident;
	int		filter;
	int		flags;			/* CLEAR, ONESHOT, DISPATCH, RECEIPT */
	int		disabled;
	uint32_t	fflags;
	int64_t		data;
	void		*udata;
	int		triggered;		/* USER */
	int		reported;		/* READ, WRITE with CLEAR: told, and not drained since */
	int64_t		last_data;
	dev_t		dev;			/* which file the number meant when the knote was added */
	ino_t		ino;
	int64_t		deadline, period;	/* TIMER, ns */
	short		revents;
	int		polled;
};

struct waiter {
	struct waiter	*next;
	int		wakefd;
};

struct queue {
	struct knote	head;
	struct knote	*hash[HASH];
	int		count;
	struct waiter	*waiters;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue *queues[QUEUES];

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
	return fd < 1024 ? own_to_host[fd] - 1 : -1;
#else
	return fd > INT_MAX ? -1 : (int)fd;
#endif
}

#if defined(OWN_DESCRIPTORS)
static int
give(int fd)
{
	for (int own = 3; fd >= 0 && own < 1024; own++)
		if (own_to_host[own] == 0) {
			own_to_host[own] = fd + 1;
			return own;
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
append(struct queue *q, struct knote *kn)
{
	kn->prev = q->head.prev;
	kn->next = &q->head;
	kn->prev->next = kn;
	q->head.prev = kn;
}

static void
unchain(struct knote *kn)
{
	kn->prev->next = kn->next;
	kn->next->prev = kn->prev;
}

static void
drop(struct queue *q, struct knote *kn)
{
	struct knote **at = &q->hash[hash(kn->ident, kn->filter)];
	while (*at != kn)
		at = &(*at)->same_hash;
	*at = kn->same_hash;
	unchain(kn);
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

static int
apply(struct queue *q, const struct kevent *kev)
{
	int flags = kev->flags;
	int filter = kev->filter;
	if (!is_known(filter))
		return EINVAL;
#if defined(ABI_freebsd) || defined(ABI_freebsd11)
	if ((flags & EV_ENABLE) && (flags & EV_DISABLE))
		return EINVAL;
#endif
	struct knote *kn = find(q, kev->ident, filter);
	struct stat st;
	if (is_descriptor(filter)) {
		if (kn != NULL && !is_same_file(kn)) {
			drop(q, kn);
			kn = NULL;
		}
		if (fstat(host(kev->ident), &st) != 0) {
#if defined(ABI_macos)
			return (flags & EV_ADD) ? EBADF : ENOENT;
#else
			return EBADF;
#endif
		}
	}
	if (kn == NULL) {
		if (!(flags & EV_ADD))
			return ENOENT;
		kn = calloc(1, sizeof *kn);
		kn->ident = kev->ident;
		kn->filter = filter;
		kn->flags = flags & (EV_CLEAR | EV_ONESHOT | EV_DISPATCH | EV_RECEIPT);
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
		append(q, kn);
		kn->same_hash = q->hash[hash(kn->ident, filter)];
		q->hash[hash(kn->ident, filter)] = kn;
		q->count++;
	} else if ((flags & EV_DELETE) && !(flags & EV_ADD)) {
		drop(q, kn);
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
	if (filter == EVFILT_TIMER && (flags & EV_ADD)) {
		if (kev->data < 0) {
			drop(q, kn);
			return EINVAL;
		}
		kn->period = (kev->data == 0 ? 1 : kev->data) * INT64_C(1000000);
		kn->deadline = now() + kn->period;
		kn->flags |= EV_CLEAR;
	}
	if (flags & EV_DISABLE)
		kn->disabled = 1;
	if (flags & EV_ENABLE)
		kn->disabled = 0;
	return 0;
}

static int
int_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof value;
	return getsockopt(fd, level, name, &value, &length) == 0 ? value : 0;
}

/* Whether the knote is active; what it says. */
static int
is_active(struct knote *kn, int64_t *data, int *eof)
{
	int fd = host(kn->ident);
	*eof = 0;
	*data = kn->data;
	if (kn->filter == EVFILT_USER)
		return kn->triggered;
	if (kn->filter == EVFILT_TIMER) {
		int64_t late = now() - kn->deadline;
		if (late < 0)
			return 0;
		*data = 1 + late / kn->period;
		return 1;
	}
	short r = kn->revents;
	int bytes = 0;
	int type = int_option(fd, SOL_SOCKET, SO_TYPE);
	/* A stream socket never connected: OUT and HUP at once, where a kqueue is silent. */
	if (type == SOCK_STREAM && (r & POLLHUP) && !(r & (POLLRDHUP | POLLERR | POLLIN)))
		return 0;
	if (kn->filter == EVFILT_READ) {
		if (!(r & (POLLIN | POLLHUP | POLLERR | POLLRDHUP)))
			return 0;
		*eof = (r & (POLLHUP | POLLRDHUP)) != 0;
		if (type != 0 && int_option(fd, SOL_SOCKET, SO_ACCEPTCONN)) {
			struct tcp_info info;
			socklen_t length = sizeof info;
			*data = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_unacked : 1;
			return 1;
		}
		ioctl(fd, FIONREAD, &bytes);
		*data = bytes;
		return 1;
	}
	if (!(r & (POLLOUT | POLLERR | POLLHUP)))
		return 0;
	*eof = (r & (POLLERR | POLLHUP)) != 0;
	*data = 1;
	if (type != 0 && ioctl(fd, SIOCOUTQ, &bytes) == 0) {
		int64_t room = int_option(fd, SOL_SOCKET, SO_SNDBUF) - bytes;
		*data = room > 0 ? room : 1;
	}
	return 1;
}

/* CLEAR: told once, then again when there is more than before, or after it was not ready in between. */
static int
is_edge(struct knote *kn, int active, int64_t data)
{
	if (!(kn->flags & EV_CLEAR) || !is_descriptor(kn->filter))
		return active;
	int fires = active && (!kn->reported || data > kn->last_data);
	if (!active)
		kn->reported = 0;
	kn->last_data = data;
	return fires;
}

static void
fill(struct kevent *kev, struct knote *kn, int64_t data, int eof)
{
	memset(kev, 0, sizeof *kev);
	kev->ident = kn->ident;
	kev->filter = (filter_field)kn->filter;
	kev->flags = (flags_field)(kn->flags | (eof ? EV_EOF : 0));
	kev->fflags = kn->fflags;
	kev->data = data;
	kev->udata = kn->udata;
}

static void
deliver(struct queue *q, struct knote *kn, int64_t data)
{
	if (kn->flags & EV_ONESHOT) {
		drop(q, kn);
		return;
	}
	if (kn->flags & EV_CLEAR) {
		if (kn->filter == EVFILT_USER)
			kn->triggered = 0;
		if (kn->filter == EVFILT_TIMER)
			kn->deadline += kn->period * data;
		kn->reported = 1;
		kn->last_data = data;
	}
	if (kn->flags & EV_DISPATCH)
		kn->disabled = 1;
	unchain(kn);
	append(q, kn);
}

/* Looks at each knote once. Fills the poll set for a wait on the way. */
static int
scan(struct queue *q, struct kevent *events, int64_t room, struct pollfd *set, int *set_size, int64_t *deadline)
{
	int n = 0, size = 0, left = q->count;
	struct knote *kn, *next;
	for (kn = q->head.next; kn != &q->head; kn = next) {
		next = kn->next;
		if (is_descriptor(kn->filter) && !is_same_file(kn)) {
			drop(q, kn);
			left--;
		} else if (is_descriptor(kn->filter) && !kn->disabled) {
			set[size].fd = host(kn->ident);
			set[size++].events = kn->filter == EVFILT_READ ? POLLIN | POLLRDHUP : POLLOUT | POLLRDHUP;
		}
	}
	poll(set, (nfds_t)size, 0);
	size = 0;
	*deadline = INT64_MAX;
	for (kn = q->head.next; left-- > 0; kn = next) {
		int64_t data;
		int eof, active;
		next = kn->next;
		if (is_descriptor(kn->filter) && !kn->disabled)
			kn->revents = set[size++].revents;
		if (kn->disabled)
			continue;
		active = is_active(kn, &data, &eof);
		if (kn->filter == EVFILT_TIMER && !active && kn->deadline < *deadline)
			*deadline = kn->deadline;
		if (is_edge(kn, active, data)) {
			if (n < room) {
				fill(&events[n++], kn, data, eof);
				deliver(q, kn, data);
			}
		} else if (active || (is_descriptor(kn->filter) && (kn->revents & (POLLHUP | POLLERR)))) {
			/* Ready but not to be told, which poll would tell for ever: looked at again a little later. */
			set[size - 1].fd = -1;
			if (now() + 1000000 < *deadline)
				*deadline = now() + 1000000;
		}
	}
	*set_size = size;
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

static int64_t
change(struct queue *q, const struct kevent *changes, int64_t nchanges, struct kevent *events, int64_t nevents)
{
	int64_t n = 0;
	(void)nevents;	/* not asked by DragonFly */
	for (int64_t i = 0; i < nchanges; i++) {
		struct kevent kev = changes[i];
#if defined(ABI_freebsd) || defined(ABI_freebsd11)
		if (kev.filter == 0)
			continue;
#endif
		int error = model.error_errno != 0 && model.error_change == i ? model.error_errno : apply(q, &kev);
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
#if defined(ABI_macos)
		kev.flags = (flags_field)(kev.flags | EV_ERROR);
#else
		kev.flags = EV_ERROR;
#endif
		kev.data = error;
		events[n++] = kev;
	}
	model.error_errno = 0;
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

static int
kevent_in_process(int kq, const struct kevent *changes, count_arg nchanges, struct kevent *events, count_arg nevents,
    const struct bsd_timespec *timeout)
{
	int kqfd = host((uint64_t)kq);
	pthread_mutex_lock(&lock);
	model.calls++;
	int error = check_arguments(changes, (int64_t)nchanges, events, (int64_t)nevents, timeout);
	struct queue *q = kqfd < 0 || kqfd >= QUEUES ? NULL : queues[kqfd];
	if (model.fail_call != 0 && model.fail_call_in-- == 0) {
		error = model.fail_call;
		model.fail_call = 0;
	}
	if (error != 0 || q == NULL)
		return fail(error != 0 ? error : EBADF);
	int64_t n = change(q, changes, (int64_t)nchanges, events, (int64_t)nevents);
	if (nchanges > 0)
		wake_all(q);
	if (n < 0 && n != NO_ROOM)
		return fail((int)-n);
	if (model.answer_beyond > 0 && nevents > 0) {
		n = (int64_t)nevents + model.answer_beyond;
		model.answer_beyond = 0;
	}
	if (n != 0 || nevents == 0) {
		pthread_mutex_unlock(&lock);
		return n > 0 ? (int)n : 0;
	}
	int64_t end = timeout == NULL ? INT64_MAX : timeout->tv_sec >= 1000000000 ? INT64_MAX
	    : now() + timeout->tv_sec * INT64_C(1000000000) + timeout->tv_nsec;
	int may_wait = timeout == NULL || timeout->tv_sec > 0 || timeout->tv_nsec > 0;
	for (;;) {
		int size;
		int64_t deadline;
		struct pollfd *set = calloc((size_t)q->count + 1, sizeof *set);
		n = scan(q, events, (int64_t)nevents, set, &size, &deadline);
		if (n == 0 && may_wait && model.fail_wait_count > 0) {
			model.fail_wait_count--;
			free(set);
			return fail(model.fail_wait);
		}
		if (n > 0 || !may_wait || now() >= end) {
			free(set);
			break;
		}
		wait_outside(q, set, size, deadline < end ? deadline : end);
		free(set);
	}
	pthread_mutex_unlock(&lock);
	return (int)n;
}

EXPORT int
kqueue(void)
{
	pthread_mutex_lock(&lock);
	if (model.fail_kqueue != 0) {
		int error = model.fail_kqueue;
		model.fail_kqueue = 0;
		return fail(error);
	}
	int fd = eventfd(0, 0);
	if (fd < 0 || fd >= QUEUES)
		return fail(fd < 0 ? errno : ENFILE);
	struct queue *q = queues[fd];
	if (q == NULL)
		q = queues[fd] = calloc(1, sizeof *q);
	else
		while (q->count > 0)
			drop(q, q->head.next);
	q->head.next = q->head.prev = &q->head;
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
	int result = (int)syscall(SYS_close, host((uint64_t)fd));
	if (fd >= 0 && fd < 1024)
		own_to_host[fd] = 0;
	return result;
}

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

EXPORT int model_fcntl_calls(void);
static int fcntl_calls;

/* It does not know the flags. */
EXPORT int
fcntl(int fd, int command, ...)
{
	(void)fd, (void)command;
	fcntl_calls++;
	errno = EINVAL;
	return -1;
}

int
model_fcntl_calls(void)
{
	return fcntl_calls;
}
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
