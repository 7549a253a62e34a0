/**
 * The kqueue API: one queue per {@link org.kqueue.Kqueue}, in which a program subscribes to events by submitting
 * <em>changes</em> and waits for <em>events</em>, both in one {@code kevent} call.
 *
 * <h2>Subscribe, wait, publish</h2>
 *
 * <pre>{@code
 * try (Kqueue kqueue = Kqueue.open()) {
 *     Subscription tick = Filter.timer(1, Duration.ofMillis(500));
 *     Subscription stop = Filter.user(2).edgeTriggered();
 *     kqueue.add(Filter.read(fd), tick, stop);
 *
 *     EventList events = kqueue.newEventList(64);
 *     while (true) {
 *         kqueue.kevent(null, events, null);
 *         for (Event event : events) {
 *             switch (event.filter()) {
 *                 case EVFILT_READ -> read(event.data());          // bytes to read
 *                 case EVFILT_TIMER -> expired(event.data());      // expirations since the last event
 *                 case EVFILT_USER -> { return; }                  // another thread called kqueue.trigger(stop)
 *                 default -> throw new IllegalStateException(event.toString());
 *             }
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>What each filter takes and gives is said at its factory: {@link org.kqueue.Filter#read}, {@link
 * org.kqueue.Filter#write}, {@link org.kqueue.Filter#timer}, {@link org.kqueue.Filter#signal}, {@link
 * org.kqueue.Filter#exit}, {@link org.kqueue.Filter#vnode} and {@link org.kqueue.Filter#user}.
 *
 * <h2>Without objects</h2>
 *
 * <p>{@link org.kqueue.ChangeList} and {@link org.kqueue.EventList} are the C arrays, off the heap, in the layout of
 * the system. Filled and read by index they allocate nothing, and many changes go with the wait in one system call:
 *
 * <pre>{@code
 * ChangeList changes = kqueue.newChangeList(16);
 * changes.add(fd, Filter.EVFILT_READ, KeventFlags.EV_ADD, token);
 * int n = kqueue.kevent(changes, events, Kqueue.FOREVER);
 * changes.clear();
 * for (int i = 0; i < n; i++) {
 *     if (events.isChangeResult(i)) {
 *         refused(events.udata(i), events.errno(i));
 *     } else {
 *         ready(events.udata(i), events.data(i));
 *     }
 * }
 * }</pre>
 *
 * <h2>Rules to know</h2>
 *
 * <ul>
 *   <li>A knote is found by ident and filter; adding it again modifies it. {@code EV_CLEAR}, {@code EV_ONESHOT} and
 *       {@code EV_DISPATCH} are settled by the first {@code EV_ADD}.
 *   <li>Level triggered, the default: an event comes again as long as its condition holds. With {@code EV_CLEAR} it
 *   comes when
 *       something has happened since; then read or write until it would block.
 *   <li>A descriptor's READ and WRITE are two knotes with an event each.
 *   <li>Closing a descriptor removes its knotes, without an event.
 *   <li>Give udata and fflags with every change: on most systems each change overwrites both.
 *   <li>A failed change is an entry with {@code EV_ERROR}, and a call that returns such entries has not waited. Without
 *   room for the
 *       entry it is the call's own {@link org.kqueue.KeventException}.
 * </ul>
 *
 * <h2>Systems</h2>
 *
 * <p>Numbers and layouts are data: {@link org.kqueue.KeventLayout}. Which kqueue is opened is said by
 * {@link org.kqueue.KqueueConfig}: the system's, a library's, or the one that is built in for Linux. {@link
 * org.kqueue.Kqueue#supports} tells beforehand what works; a filter or note that the ABI lacks is an {@link
 * java.lang.UnsupportedOperationException} that names it. Backends are {@link org.kqueue.KqueueBackend}s, found as
 * services.
 *
 * <p>Sources: {@code kqueue(2)} of FreeBSD, macOS, NetBSD, OpenBSD and DragonFly. Where they differ, FreeBSD is the
 * reference.
 */
package org.kqueue;
