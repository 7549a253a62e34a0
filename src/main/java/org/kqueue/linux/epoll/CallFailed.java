package org.kqueue.linux.epoll;

import org.kqueue.Errno;

/**
 * A call about a descriptor failed that does not fail for a file of its kind. The descriptor was closed meanwhile, or
 * its number is another file's by now; otherwise the call does not mean here what it means elsewhere.
 */
public final class CallFailed extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Linux' number. */
    private final int errno;

    private CallFailed(String call, int fd, int errno) {
        super(call + "(fd=" + fd + "): " + Errno.name(errno, Errno.Numbering.LINUX) + " (" + errno + ")");
        this.errno = errno;
    }

    /**
     * Makes the exception.
     *
     * @param call the C function and what it was asked
     * @param fd the descriptor
     * @param errno as Linux numbers it
     * @return a new exception
     */
    public static CallFailed of(String call, int fd, int errno) {
        return new CallFailed(call, fd, errno);
    }

    /**
     * Why it failed.
     *
     * @return the errno as Linux numbers it
     */
    public int errno() {
        return errno;
    }
}
