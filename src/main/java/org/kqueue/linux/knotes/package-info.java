/**
 * The kqueue with all filters and full detail. Every event of epoll makes it ask the kernel what kqueue would say.
 *
 * <p>READ and WRITE are {@link org.kqueue.linux.knotes.DescriptorKnote}s: items of the epoll instance, whose ready list
 * is their queue. All other filters, and READ and WRITE of files, are {@link org.kqueue.linux.knotes.SoftKnote}s, which
 * epoll does not know. Their queue is the {@link org.kqueue.linux.knotes.SoftQueue}. What makes them ready are the
 * program's changes, and {@link org.kqueue.linux.knotes.Source}s: a timerfd, an inotify instance, pidfds.
 */
package org.kqueue.linux.knotes;
