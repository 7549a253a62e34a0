package org.kqueue.bsd;

/** The functions of NetBSD: {@code kevent} counts in {@code size_t}. Mapped by JNA. */
final class NetbsdKqueueLibrary implements KqueueLibrary {

    NetbsdKqueueLibrary() {
    }

    @Override
    public native int kqueue();

    native int kevent(int kq, long changelist, long nchanges, long eventlist, long nevents, long timeout);

    @Override
    public int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout) {
        return kevent(kq, changelist, (long) nchanges, eventlist, (long) nevents, timeout);
    }

    @Override
    public native int close(int fd);

    @Override
    public native int pipe(long fds);

    @Override
    public native long read(int fd, long buffer, long count);

    @Override
    public native long write(int fd, long buffer, long count);
}
