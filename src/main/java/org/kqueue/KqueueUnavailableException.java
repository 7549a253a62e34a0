package org.kqueue;

import java.io.IOException;

/** No kqueue can be had here. The message says what is missing and what to do. */
public class KqueueUnavailableException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what is missing and what to do
     */
    public KqueueUnavailableException(String message) {
        super(message);
    }

    /**
     * Makes the exception.
     *
     * @param message what is missing and what to do
     * @param cause what was thrown, such as a linkage error
     */
    public KqueueUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
