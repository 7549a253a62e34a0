package org.kqueue.bsd;

/** Of macOS, FreeBSD, OpenBSD and DragonFly: counts are {@code int}. Mapped by JNA. */
final class BsdKevent implements Kevent {

    BsdKevent() {
    }

    @Override
    public native int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout);
}
