/**
 * The kqueue for selectors: READ, WRITE and one wakeup. An event says that a descriptor is ready, and costs no call. A
 * descriptor has one item in epoll, level triggered, for both filters.
 */
package org.kqueue.linux.readiness;
