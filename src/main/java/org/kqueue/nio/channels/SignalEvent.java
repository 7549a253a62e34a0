package org.kqueue.nio.channels;

/**
 * A signal was sent to this process.
 *
 * @param name without {@code SIG}, such as {@code "TERM"}
 * @param number the system's number of it
 * @param count how often it was sent since the event before; signals that come close together may count as one
 */
public record SignalEvent(String name, int number, long count) {
}
