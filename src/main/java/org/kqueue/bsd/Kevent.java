package org.kqueue.bsd;

/** {@code kevent(2)} of one library. Returns -1 on failure, with the reason in JNA's last error. Thread-safe. */
interface Kevent {

    /**
     * Submits changes and waits for events. Addresses are {@code long}.
     *
     * @param timeout the address of a {@code struct timespec}, 0 to wait without end
     */
    int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout);
}
