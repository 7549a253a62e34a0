/**
 * Linux's side of the embedded kqueue: epoll instances, the memory for their events, and the C library. Knows no rule
 * of kqueue.
 *
 * <p>{@link org.kqueue.linux.epoll.EpollCalls} are the few calls that a selector needs: the JDK's own native
 * methods, lent through {@link org.kqueue.linux.epoll.LentCalls}, or {@link org.kqueue.linux.epoll.JnaCalls}.
 */
package org.kqueue.linux.epoll;
