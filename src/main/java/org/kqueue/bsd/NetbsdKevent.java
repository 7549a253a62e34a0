package org.kqueue.bsd;

/** Of NetBSD: counts are {@code size_t}. Mapped by JNA. */
final class NetbsdKevent implements Kevent {

    NetbsdKevent() {
    }

    native int kevent(int kq, long changelist, long nchanges, long eventlist, long nevents, long timeout);

    @Override
    public int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout) {
        return kevent(kq, changelist, (long) nchanges, eventlist, (long) nevents, timeout);
    }
}
