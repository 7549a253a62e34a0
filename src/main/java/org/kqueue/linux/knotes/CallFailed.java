package org.kqueue.linux.knotes;

import org.kqueue.Errno;

/**
 * A call about a descriptor failed that does not fail for a file of its kind. The descriptor was closed meanwhile, or
 * its number is another file's by now; otherwise the call does not mean here what it means elsewhere.
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
