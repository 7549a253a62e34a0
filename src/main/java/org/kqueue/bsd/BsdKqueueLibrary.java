package org.kqueue.bsd;

/** The functions of macOS, FreeBSD, OpenBSD and DragonFly: {@code kevent} counts in {@code int}. Mapped by JNA. */
final class BsdKqueueLibrary implements KqueueLibrary {

    BsdKqueueLibrary() {
    }

    @Override
    public native int kqueue();

    @Override
    public native int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout);

    @Override
    public native int close(int fd);

    @Override
    public native int pipe(long fds);

    @Override
    public native long read(int fd, long buffer, long count);

    @Override
    public native long write(int fd, long buffer, long count);
}
