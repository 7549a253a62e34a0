/**
 * The kqueue with all filters and full detail. It is made as FreeBSD's: knotes, and a queue of those that are active.
 *
 * <p>What makes a {@link org.kqueue.linux.knotes.Knote} active is a change of the program's, or a {@link
 * org.kqueue.linux.knotes.Sources.Source}: a descriptor in the kqueue's epoll instance. That is the very descriptor of
 * the knote for READ and WRITE, and a timerfd, an inotify instance or a pidfd for others. A scan takes all that epoll
 * has, so that it is in the {@link org.kqueue.linux.knotes.KnoteQueue}, and delivers from its head what is still true.
 */
package org.kqueue.linux.knotes;
