package org.kqueue.trace;

/** Why a recorded line cannot be performed by {@link org.kqueue.Kqueue}. */
enum NotPerformed {

    /** Its timeouts are nanoseconds or a {@link java.time.Duration}, in which 10^9 nanoseconds are a second. */
    NO_TIMESPEC("no timespec is passed"),
    /** A list knows its size; a negative one cannot be made. */
    NO_COUNT("no count is passed"),
    /** Memory is the library's. */
    NO_POINTER("no address is passed"),
    /** {@code kevent} is a method of what {@code open} returned. */
    NO_KQUEUE_OF_A_NUMBER("a descriptor's number cannot be made a kqueue"),
    /** A JVM does not survive it. */
    NO_FORK("a JVM cannot fork"),
    /** The record shows two polls, but not of what. */
    SET_UP_NOT_RECORDED("the record does not say what was registered");

    final String reason;

    NotPerformed(String reason) {
        this.reason = reason;
    }
}
