package org.kqueue;

import java.io.IOException;

/** A call of the kqueue API failed. Says which, with which errno, on which descriptor and for which kevent. */
public class KeventException extends IOException {

    private static final long serialVersionUID = 1L;

    /** The C function that failed. */
    private final String call;
    /** The errno, in the numbering of the backend. */
    private final int errno;
    /** Its name. */
    private final String errnoName;

    /**
     * Makes the exception; its message is {@code call(fd): errnoName (detail)}.
     *
     * @param call the C function, such as {@code "kevent"}
     * @param fd the kqueue's descriptor, or -1 where there is none yet
     * @param errno the errno
     * @param errnoName its name
     * @param detail the kevent as text, or what else there is to say; may be null
     */
    public KeventException(String call, int fd, int errno, String errnoName, String detail) {
        super(call + (fd >= 0 ? "(kqfd=" + fd + ")" : "()") + ": " + errnoName + " (" + errno + ")"
                + (detail == null ? "" : ": " + detail));
        this.call = call;
        this.errno = errno;
        this.errnoName = errnoName;
    }

    /**
     * The C function that failed.
     *
     * @return such as {@code "kevent"}
     */
    public String call() {
        return call;
    }

    /**
     * The error's number, in the numbering of the ABI in use.
     *
     * @return the errno
     */
    public int errno() {
        return errno;
    }

    /**
     * The error's name, the same on every system.
     *
     * @return such as {@code "ENOENT"}
     */
    public String errnoName() {
        return errnoName;
    }
}
