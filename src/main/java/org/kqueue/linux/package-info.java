/**
 * A kqueue for Linux, over epoll, in the ABI of any system. Where systems differ it behaves as FreeBSD 12.3 does.
 *
 * <p>There are two: {@link org.kqueue.linux.EmbeddedKqueue} has all filters and says all that a kqueue says, and asks
 * the kernel for it at each event; {@link org.kqueue.linux.ReadinessKqueue} is for selectors, which want to know of
 * sockets and pipes whether they are ready and nothing else, as fast as can be.
 *
 * <p>What epoll, inotify, pidfds and the JVM's signals cannot know, and so differs from FreeBSD:
 * <ul>
 * <li>READ, WRITE: an {@code EV_ONESHOT} knote whose condition is gone before it is collected stays silent. {@code
 *     fflags} beside {@code EV_EOF} is told only of TCP, and inferred. {@code data} is that of the first datagram; of
 *     an AF_UNIX listener 1. Full AF_UNIX sockets and pipes become writable later, a partial read of a record wakes
 *     nobody, a shutdown wakes {@code EV_CLEAR} knotes. A number that is closed and names the same file again keeps its
 *     knotes.
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
 * <li>EMPTY, and the WRITE of an AF_UNIX socket that was registered before it was connected: nobody is woken, so they
 *     are looked at when a scan begins and while it waits, at the latest after 64 milliseconds. The kqueue's descriptor
 *     looks readable then, though there may be no event.
 * <li>AIO, FS and what only one system has do not exist: {@code EINVAL}.
 * </ul>
 */
package org.kqueue.linux;
