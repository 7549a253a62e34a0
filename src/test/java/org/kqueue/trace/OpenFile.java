package org.kqueue.trace;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** An open file of a trace as its record tells of it: it has one name or, after dup2, several. */
final class OpenFile {

    /** The letter that names of its kind begin with: that of the name it was opened by; a space where it has none. */
    final char kind;
    /** The names that are open for it. */
    final Set<String> names = new HashSet<>();
    /** The other end of a pair, a pipe or a TCP connection; null where there is none. */
    OpenFile peer;
    /** Clients of a listener that were not accepted yet, the oldest first. */
    final Deque<OpenFile> clients = new ArrayDeque<>();
    /** Whether its buffer was filled once. */
    boolean wasFilled;
    /** Bytes that were read from the other end since the buffer was filled; -1 where it is not full. */
    int readSinceFull = -1;
    /** Whether it was shut for writing, or closed. */
    boolean isShut;
    boolean isDatagram;
    /** Whether an empty datagram was sent to it, or may have been. */
    boolean hasEmptyDatagram;
    /** Whether it is connected to the UDP port where nobody listens. */
    boolean isRefused;
    /** Whether a write has taken the error of a TCP socket on Linux, and not on the recording system. */
    boolean isErrorTaken;
    /** Whether a pipe took a write on the recording system that it refused here. */
    boolean hasGrown;

    OpenFile(String name) {
        kind = name.isEmpty() ? ' ' : name.charAt(0);
        isDatagram = kind == 'u';
    }

    boolean isFull() {
        return readSinceFull >= 0;
    }
}
