package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.linux.epoll.FileStatus;
import org.kqueue.linux.epoll.LinuxCalls;

/**
 * Which file a descriptor's number names: kqueue's registrations belong to the number and end when it is closed or
 * reused.
 */
record FileIdentity(int fd, FileStatus status) {

    /** The file of an ident. Its errno is EBADF where that is no open descriptor. */
    static FileIdentity of(LinuxCalls calls, long ident) {
        int fd = ident < 0 || ident > Integer.MAX_VALUE ? -1 : (int) ident;
        return new FileIdentity(fd, calls.look(fd));
    }

    int errno() {
        return status.errno();
    }

    boolean isGone(LinuxCalls calls) {
        return !status.isSameFile(calls.look(fd));
    }
}
