package org.kqueue;

import java.io.IOException;

/** The {@link Kqueue} was closed, before the call or during it. */
public class ClosedKqueueException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    public ClosedKqueueException() {
        super("the kqueue is closed");
    }
}
