/**
 * A kqueue for Linux, over epoll, in the ABI of any system. Where systems differ it behaves as FreeBSD 12.3 does.
 *
 * <h2>What lives where</h2>
 * <pre>
 *   org.kqueue.linux             EmbeddedBackend: opens one of two kqueues
 *   org.kqueue.linux.readiness   the kqueue for selectors (KqueueConfig.Detail.READINESS)
 *   org.kqueue.linux.knotes      the kqueue with all filters and full detail (Detail.FULL)
 *   org.kqueue.linux.changes     for both: a change, and kqueue's rules for a list of them
 *   org.kqueue.linux.epoll       for both: epoll instance, memory for calls, C library; no rule of kqueue
 * </pre>
 * The two kqueues do not know each other.
 *
 * <h2>How a change travels</h2>
 * {@code Kqueue.kevent} calls the kqueue's {@code call}, which gives the change list to {@code Changes.apply}, which
 * calls {@code change} of the kqueue's knotes for each change. The knotes of a kqueue for selectors are {@code
 * ReadinessKnotes}: a few bits at the descriptor's number, and one {@code epoll_ctl} when the list goes on to another
 * descriptor. In full detail they are {@code Knotes}: a map by filter and ident, where a {@code Knote} is added,
 * modified or removed.
 *
 * <h2>How an event travels</h2>
 * {@code epoll_wait} fills an {@code EventArray}. For selectors epoll's user data is the descriptor's number, and its
 * bits become kevents at once. In full detail the user data is the token of a {@code Source}, which puts knotes into
 * the {@code KnoteQueue}. A scan takes knotes from the head of the queue, evaluates each ({@code Condition} for those
 * of descriptors), and turns those that are ready into kevents.
 *
 * <h2>Words</h2>
 * <dl>
 * <dt>knote</dt><dd>one registration: a filter on an ident</dd>
 * <dt>item</dt><dd>one descriptor in an epoll instance</dd>
 * <dt>armed</dt><dd>of an item: epoll is to report it</dd>
 * <dt>fresh</dt><dd>in full detail, of a descriptor: a stream socket that is neither connected nor listening</dd>
 * <dt>stray</dt><dd>an event of a descriptor that has no knote</dd>
 * <dt>source</dt><dd>in full detail: the object that an item stands for</dd>
 * <dt>side</dt><dd>in full detail: a small epoll instance that holds only one descriptor, for the second of its two
 * knotes</dd>
 * <dt>proven</dt><dd>of a queued knote: it was evaluated and found ready; an event of epoll alone does not say so</dd>
 * </dl>
 *
 * <h2>Differences from FreeBSD</h2>
 * They are what epoll, inotify, pidfds and the JVM's signals cannot tell. The page "Differences from FreeBSD" of the
 * documentation lists them, and the class of each filter says why.
 */
package org.kqueue.linux;
