package org.kqueue.linux.knotes;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLERR;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLOUT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLRDHUP;

import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;

/**
 * The conditions of READ and WRITE as kqueue words them, told from what Linux says about a descriptor: ready or not,
 * EV_EOF, {@code data}, {@code fflags}. Asks only what has no effect on the descriptor; in particular not SO_ERROR,
 * which would take the error away from the program. Guarded by the kqueue's lock.
 */
final class Condition {

    private static final int SO_SNDBUF = 7;
    private static final int SO_ACCEPTCONN = 30;
    private static final int TCP_ESTABLISHED = 1;
    private static final int TCP_FIN_WAIT1 = 4;
    private static final int TCP_FIN_WAIT2 = 5;
    private static final int TCP_TIME_WAIT = 6;
    private static final int TCP_CLOSE_WAIT = 8;
    private static final int TCP_LAST_ACK = 9;
    private static final int TCP_LISTEN = 10;
    private static final int TCP_CLOSING = 11;

    private final LinuxCalls calls;
    // Errnos, as the ABI numbers them.
    private final int connectionAborted;
    private final int connectionReset;
    private final int connectionRefused;
    private final int lowWaterMark;
    private final EmbeddedKqueues kqueues;

    Condition(LinuxCalls calls, KeventLayout layout, EmbeddedKqueues kqueues) {
        this.calls = calls;
        connectionAborted = Errno.number("ECONNABORTED", layout.errnos());
        connectionReset = Errno.number("ECONNRESET", layout.errnos());
        connectionRefused = Errno.number("ECONNREFUSED", layout.errnos());
        lowWaterMark = layout.has(Note.NOTE_LOWAT) ? layout.number(Note.NOTE_LOWAT) : 0;
        this.kqueues = kqueues;
    }

    /**
     * Whether the knote is ready; sets what its event says.
     *
     * @param ready what {@code poll} says, with everything asked for
     */
    boolean evaluate(DescriptorKnote knote, int ready) {
        Descriptor descriptor = knote.descriptor;
        knote.hung = (ready & EPOLLHUP) != 0;
        knote.eventFlags = 0;
        knote.eventFflags = 0;
        knote.eventData = 0;
        knote.fresh = descriptor.file.isSocket() && isFresh(ready);
        boolean read = knote.filter == Filter.EVFILT_READ;
        if (knote.fresh) {
            return read && isShutListener(knote);
        }
        return descriptor.file.isSocket() ? read ? socketRead(knote, ready) : socketWrite(knote, ready)
                : read ? streamRead(knote, ready) : streamWrite(knote, ready);
    }

    /**
     * A stream socket that was never connected and does not listen: Linux says HUP, but not that the peer has shut
     * down.
     */
    static boolean isFresh(int ready) {
        return (ready & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) == EPOLLHUP;
    }

    /** To Linux a listener that was shut down is a fresh socket again; kqueue says that it was aborted. */
    private boolean isShutListener(DescriptorKnote knote) {
        if (knote.descriptor.listened) {
            end(knote, connectionAborted);
        }
        return knote.descriptor.listened;
    }

    private void end(Knote knote, int errno) {
        knote.eventFlags = KeventFlags.EV_EOF;
        knote.eventFflags = errno;
    }

    private boolean socketRead(DescriptorKnote knote, int ready) {
        if ((ready & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) {
            return false;
        }
        if ((ready & (EPOLLRDHUP | EPOLLHUP)) != 0) {
            end(knote, error(knote.descriptor, ready));
        }
        knote.eventData = readable(knote.descriptor);
        return (ready & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || reachesLowWaterMark(knote);
    }

    private boolean socketWrite(DescriptorKnote knote, int ready) {
        Descriptor descriptor = knote.descriptor;
        boolean ended = (ready & EPOLLHUP) != 0 || (ready & EPOLLOUT) != 0 && isShutForWriting(descriptor);
        if (!ended && (ready & (EPOLLOUT | EPOLLERR)) == 0) {
            return false;
        }
        if (ended) {
            end(knote, error(descriptor, ready));
        }
        long size = calls.option(descriptor.fd, SO_SNDBUF);
        knote.eventData = Math.max(1, size - count(descriptor, calls.unsent(descriptor.fd), "SIOCOUTQ"));
        return ended || (ready & EPOLLERR) != 0 || reachesLowWaterMark(knote);
    }

    private boolean reachesLowWaterMark(Knote knote) {
        return (knote.sfflags & lowWaterMark) == 0 || knote.eventData >= knote.sdata;
    }

    /** Pipes, terminals, and whatever else epoll takes. */
    private boolean streamRead(DescriptorKnote knote, int ready) {
        Descriptor descriptor = knote.descriptor;
        if ((ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) {
            return false;
        }
        if (descriptor.file.isAnonymous()) {
            // Of the files without a type only a kqueue has a count. Any other counts as 1.
            knote.eventData = kqueues.queued(knote);
            return knote.eventData > 0;
        }
        knote.eventData = count(descriptor, calls.readable(descriptor.fd), "FIONREAD");
        if ((ready & (EPOLLHUP | EPOLLERR)) != 0) {
            end(knote, 0);
            return true;
        }
        return reachesLowWaterMark(knote);
    }

    private boolean streamWrite(DescriptorKnote knote, int ready) {
        Descriptor descriptor = knote.descriptor;
        if (descriptor.file.isPipe()) {
            knote.eventData = Math.max(1, calls.pipeSize(descriptor.fd)
                    - count(descriptor, calls.readable(descriptor.fd), "FIONREAD"));
        }
        if ((ready & (EPOLLERR | EPOLLHUP)) != 0) {
            end(knote, 0);
            return true;
        }
        return (ready & EPOLLOUT) != 0 && reachesLowWaterMark(knote);
    }

    /** What an ioctl has counted; 0 for a file whose kind counts nothing. */
    private static long count(Descriptor descriptor, long result, String request) {
        if (result < 0 && descriptor.countsBytes()) {
            throw new CallFailed("ioctl(" + request + ")", descriptor.fd, (int) -result);
        }
        return Math.max(0, result);
    }

    private long readable(Descriptor descriptor) {
        if (descriptor.isTcp()) {
            LinuxCalls.TcpInfo info = tcpInfo(descriptor);
            if (info.state() == TCP_LISTEN) {
                return info.unacked();
            }
        }
        long result = calls.readable(descriptor.fd);
        if (result == -Errno.EINVAL && calls.option(descriptor.fd, SO_ACCEPTCONN) != 0) {
            // A listener of another kind refuses FIONREAD, and nothing tells the length of its queue.
            return descriptor.isUnixStream() ? 1 : 0;
        }
        return count(descriptor, result, "FIONREAD");
    }

    private boolean isShutForWriting(Descriptor descriptor) {
        if (descriptor.isTcp()) {
            int state = tcpInfo(descriptor).state();
            return state >= TCP_FIN_WAIT1 && state <= TCP_TIME_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING;
        }
        return descriptor.isUnixStream() && calls.sendNothing(descriptor.fd) == Errno.EPIPE;
    }

    /** Also records what {@link #error} needs. */
    private LinuxCalls.TcpInfo tcpInfo(Descriptor descriptor) {
        LinuxCalls.TcpInfo info = calls.tcpInfo(descriptor.fd);
        int state = info.state();
        descriptor.listened |= state == TCP_LISTEN;
        // Where a round trip was measured, what is reset now was connected once.
        descriptor.established |= info.measured() || state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1
                || state == TCP_FIN_WAIT2 || state == TCP_CLOSE_WAIT;
        return info;
    }

    /** Records whether a connection exists. Called when a socket is registered. */
    void remember(Descriptor descriptor) {
        if (descriptor.isTcp()) {
            tcpInfo(descriptor);
        }
    }

    /**
     * The socket's error, inferred: a TCP socket with an error pending was reset if it was ever connected, else its
     * connection was refused. Other kinds: 0, for Linux reports errors on AF_UNIX where BSD has none.
     */
    private int error(Descriptor descriptor, int ready) {
        if ((ready & EPOLLERR) == 0 || !descriptor.isTcp()) {
            return 0;
        }
        if (!descriptor.established) {
            tcpInfo(descriptor);
        }
        return descriptor.established ? connectionReset : connectionRefused;
    }
}
