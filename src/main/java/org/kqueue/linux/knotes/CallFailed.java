package org.kqueue.linux.knotes;

import org.kqueue.Errno;

/**
 * A call failed that cannot fail for a file of this kind. Either the descriptor was closed meanwhile, or its number
 * names another file by now, or this kernel's call differs.
 */
final class CallFailed extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Linux' number. */
    private final int errno;

    CallFailed(String call, int fd, int errno) {
        super(call + "(fd=" + fd + "): " + Errno.name(errno, Errno.Numbering.LINUX) + " (" + errno + ")");
        this.errno = errno;
    }

    int errno() {
        return errno;
    }
}
