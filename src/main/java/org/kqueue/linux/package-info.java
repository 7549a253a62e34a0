/**
 * A kqueue for Linux, over epoll, in the ABI of any system. Where systems differ it behaves as FreeBSD 12.3 does.
 *
 * <h2>What lives where</h2>
 * <pre>
 *   org.kqueue.linux             EmbeddedBackend: opens one of the two kqueues
 *   org.kqueue.linux.readiness   the kqueue for selectors (KqueueConfig.Detail.READINESS)
 *   org.kqueue.linux.knotes      the kqueue with all filters and full detail (Detail.FULL)
 *   org.kqueue.linux.changes     a change, and kqueue's rules for a list of them: for both
 *   org.kqueue.linux.epoll       epoll instance, memory for calls, C library: for all; no rule of kqueue
 * </pre>
 * The two kqueues do not know each other.
 *
 * <h2>How a change travels</h2>
 * {@code Kqueue.kevent} calls {@code call} of the kqueue, that {@code Changes.apply}, and that {@code change} of the
 * knotes for each change in the list. For selectors those are {@code ReadinessKnotes}: a few bits at the descriptor's
 * number, and one {@code epoll_ctl} when the list goes on to another descriptor. In full detail they are {@code
 * Knotes}, by filter and ident: a {@code Knote} is made, or modified, or removed.
 *
 * <h2>How an event travels</h2>
 * {@code epoll_wait} fills an {@code EventArray}. For selectors epoll's user data is the descriptor's number, and its
 * bits become kevents at once. In full detail it is the token of a {@code Source}, which puts knotes into the {@code
 * KnoteQueue}. From its head knotes are asked whether they are ready, those of descriptors by {@code Condition}, and
 * become kevents.
 *
 * <h2>Words</h2>
 * <dl>
 * <dt>knote</dt><dd>one registration: a filter on an ident</dd>
 * <dt>item</dt><dd>one descriptor in an epoll instance</dd>
 * <dt>armed</dt><dd>epoll is to report the item</dd>
 * <dt>parked</dt><dd>an item is edge triggered, because what it reports is no event and would be reported for ever</dd>
 * <dt>fresh</dt><dd>a stream socket that is neither connected nor listening</dd>
 * <dt>stray</dt><dd>an event of a descriptor that has no knote</dd>
 * <dt>source</dt><dd>what an item of the kqueue with full detail stands for</dd>
 * <dt>side</dt><dd>an epoll instance that holds a descriptor whose own item belongs to its other knote</dd>
 * <dt>proven</dt><dd>a queued knote was seen to be ready; epoll's word alone may be of something that is no event</dd>
 * </dl>
 *
 * <h2>Differences from FreeBSD</h2>
 * What epoll, inotify, pidfds and the JVM's signals cannot know:
 * <ul>
 * <li>READ, WRITE: an {@code EV_ONESHOT} knote whose condition is gone before it is collected stays silent. {@code
 *     fflags} beside {@code EV_EOF} is told only of TCP, and inferred. {@code data} is that of the first datagram; of
 *     an AF_UNIX listener 1. Full AF_UNIX sockets and pipes become writable later, a partial read of a record wakes
 *     nobody, a shutdown wakes {@code EV_CLEAR} knotes. A number that is closed and names the same file again keeps its
 *     knotes.
 * <li>For selectors: the WRITE of an AF_UNIX socket that was registered before it was connected is reported after the
 *     next change of it, or when its peer does something.
 * <li>Kqueues that watch each other in a circle are refused with {@code ELOOP}.
 * <li>TIMER: none known but for FreeBSD's tick.
 * <li>SIGNAL: by {@code sun.misc.Signal}. A handler in Java runs as before, the JVM's shutdown among them; the default
 *     action of a signal without a handler does not happen while a kqueue watches it. Signals that follow each other
 *     closely may count as one. Those that the JVM keeps to itself are refused with {@code EINVAL}.
 * <li>PROC: NOTE_EXIT only, {@code EINVAL} for others. The status of a child that something else has already waited for
 *     needs Linux 6.15, {@code data} is 0 before; so it is for a process that is no child of this one and was not yet
 *     waited for.
 * <li>VNODE: a file made longer by {@code ftruncate} looks written; a read of nothing is not seen; what happens in one
 *     go is told from the state after it.
 * <li>EMPTY, and in full detail the WRITE of an AF_UNIX socket that was registered before it was connected: nobody is
 *     woken, so they are looked at when a scan begins and while it waits, at the latest after 64 milliseconds. The
 *     kqueue's descriptor looks readable then, though there may be no event.
 * <li>AIO, FS and what only one system has do not exist: {@code EINVAL}.
 * </ul>
 */
package org.kqueue.linux;
