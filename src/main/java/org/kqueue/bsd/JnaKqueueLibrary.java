package org.kqueue.bsd;

/** Mapped by JNA, each library's to a copy of this class. */
final class JnaKqueueLibrary implements KqueueLibrary {

    JnaKqueueLibrary() {
    }

    @Override
    public native int kqueue();

    @Override
    public native int close(int fd);

    @Override
    public native int pipe(long fds);

    @Override
    public native long read(int fd, long buffer, long count);

    @Override
    public native long write(int fd, long buffer, long count);
}
