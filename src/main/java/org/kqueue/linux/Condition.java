package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLLERR;
import static org.kqueue.linux.EpollLibrary.EPOLLHUP;
import static org.kqueue.linux.EpollLibrary.EPOLLIN;
import static org.kqueue.linux.EpollLibrary.EPOLLOUT;
import static org.kqueue.linux.EpollLibrary.EPOLLRDHUP;

import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/**
 * The conditions of READ and WRITE as kqueue words them, told from what Linux says about a descriptor: ready or not,
 * EV_EOF, {@code data}, {@code fflags}. Asks only what has no effect on the descriptor; in particular not SO_ERROR,
 * which would take the error away from the program. Stateless but for what it writes into the knote.
 */
final class Condition {

    private static final int TCP_ESTABLISHED = 1;
    private static final int TCP_FIN_WAIT1 = 4;
    private static final int TCP_FIN_WAIT2 = 5;
    private static final int TCP_TIME_WAIT = 6;
    private static final int TCP_CLOSE_WAIT = 8;
    private static final int TCP_LAST_ACK = 9;
    private static final int TCP_LISTEN = 10;
    private static final int TCP_CLOSING = 11;
    private static final int TCPI_UNACKED = 24;
    private static final int TCPI_MIN_RTT = 148;
    private static final int NOTE_LOWAT = 1;

    private Condition() {
    }

    /** What {@code poll} says now, with everything asked for. */
    static int poll(Memory memory, int fd) {
        int n = EpollLibrary.poll(memory.pollfd(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP), 1, 0);
        return n > 0 ? memory.revents() : 0;
    }

    /** Whether the knote is ready; sets what its event says. */
    static boolean evaluate(Memory memory, DescriptorKnote knote, Errno.Numbering errnos) {
        Descriptor descriptor = knote.descriptor;
        int ready = poll(memory, descriptor.fd);
        knote.hung = (ready & EPOLLHUP) != 0;
        knote.eventFlags = 0;
        knote.eventFflags = 0;
        knote.eventData = 0;
        knote.fresh = descriptor.isSocket() && isFresh(ready);
        if (descriptor.isSocket()) {
            if (knote.fresh) {
                return isShutListener(knote, errnos);
            }
            if (knote.filter == Filter.EVFILT_READ) {
                return socketRead(memory, knote, ready, errnos);
            }
            return socketWrite(memory, knote, ready, errnos);
        }
        return knote.filter == Filter.EVFILT_READ ? streamRead(memory, knote, ready)
                : streamWrite(memory, knote, ready);
    }

    /**
     * A stream socket that was never connected and does not listen: Linux says HUP, but not that the peer has shut
     * down.
     */
    static boolean isFresh(int ready) {
        return (ready & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) == EPOLLHUP;
    }

    /** To Linux a listener that was shut down is a fresh socket again; kqueue says that it was aborted. */
    private static boolean isShutListener(DescriptorKnote knote, Errno.Numbering errnos) {
        if (knote.filter != Filter.EVFILT_READ || !knote.descriptor.listened) {
            return false;
        }
        knote.eventFlags = KeventFlags.EV_EOF;
        knote.eventFflags = errnos == Errno.Numbering.BSD ? 53 : 103;
        return true;
    }

    private static boolean socketRead(Memory memory, DescriptorKnote knote, int ready, Errno.Numbering errnos) {
        Descriptor descriptor = knote.descriptor;
        if ((ready & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) {
            return false;
        }
        if ((ready & (EPOLLRDHUP | EPOLLHUP)) != 0) {
            knote.eventFlags = KeventFlags.EV_EOF;
            knote.eventFflags = error(memory, descriptor, ready, errnos);
        }
        knote.eventData = readable(memory, descriptor);
        return (ready & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || reachesLowWaterMark(knote);
    }

    private static boolean socketWrite(Memory memory, DescriptorKnote knote, int ready, Errno.Numbering errnos) {
        Descriptor descriptor = knote.descriptor;
        if ((ready & EPOLLHUP) != 0 || (ready & EPOLLOUT) != 0 && isShutForWriting(memory, descriptor)) {
            knote.eventFlags = KeventFlags.EV_EOF;
            knote.eventFflags = error(memory, descriptor, ready, errnos);
            knote.eventData = space(memory, descriptor);
            return true;
        }
        if ((ready & (EPOLLOUT | EPOLLERR)) == 0) {
            return false;
        }
        knote.eventData = space(memory, descriptor);
        return (ready & EPOLLERR) != 0 || reachesLowWaterMark(knote);
    }

    private static boolean reachesLowWaterMark(Knote knote) {
        return (knote.sfflags & NOTE_LOWAT) == 0 || knote.eventData >= knote.sdata;
    }

    /** Pipes, terminals, and whatever else epoll takes. */
    private static boolean streamRead(Memory memory, DescriptorKnote knote, int ready) {
        if ((ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) {
            return false;
        }
        if (knote.descriptor.isAnonymous()) {
            // Among what has no type only a kqueue has anything to count; what is not one counts 1.
            knote.eventData = EmbeddedKqueue.queued(memory, knote);
            return knote.eventData > 0;
        }
        knote.eventData = number(memory, knote.descriptor.fd, LinuxLibrary.FIONREAD);
        if ((ready & (EPOLLHUP | EPOLLERR)) != 0) {
            knote.eventFlags = KeventFlags.EV_EOF;
            return true;
        }
        return reachesLowWaterMark(knote);
    }

    private static boolean streamWrite(Memory memory, DescriptorKnote knote, int ready) {
        if (knote.descriptor.isPipe()) {
            int size = LinuxLibrary.fcntl(knote.descriptor.fd, LinuxLibrary.F_GETPIPE_SZ, 0);
            knote.eventData = Math.max(1, size - number(memory, knote.descriptor.fd, LinuxLibrary.FIONREAD));
        }
        if ((ready & (EPOLLERR | EPOLLHUP)) != 0) {
            knote.eventFlags = KeventFlags.EV_EOF;
            return true;
        }
        return (ready & EPOLLOUT) != 0 && reachesLowWaterMark(knote);
    }

    private static long number(Memory memory, int fd, long request) {
        long cell = memory.number(0);
        // A descriptor without the request, such as an eventfd or a listener, counts as 0.
        return LinuxLibrary.ioctl(fd, request, cell) == 0 ? memory.intNumber() : 0;
    }

    private static long readable(Memory memory, Descriptor descriptor) {
        if (descriptor.isTcp() && tcpState(memory, descriptor) == TCP_LISTEN) {
            return memory.structInt(TCPI_UNACKED);
        }
        long cell = memory.number(0);
        if (LinuxLibrary.ioctl(descriptor.fd, LinuxLibrary.FIONREAD, cell) == 0) {
            return memory.intNumber();
        }
        // AF_UNIX: a listener refuses FIONREAD, and nothing tells the length of its queue.
        return descriptor.isUnixStream() && Descriptor.option(memory, descriptor.fd, LinuxLibrary.SO_ACCEPTCONN) != 0
                ? 1 : 0;
    }

    private static long space(Memory memory, Descriptor descriptor) {
        long size = Descriptor.option(memory, descriptor.fd, LinuxLibrary.SO_SNDBUF);
        return Math.max(1, size - number(memory, descriptor.fd, LinuxLibrary.SIOCOUTQ));
    }

    private static boolean isShutForWriting(Memory memory, Descriptor descriptor) {
        if (descriptor.isTcp()) {
            int state = tcpState(memory, descriptor);
            return state >= TCP_FIN_WAIT1 && state <= TCP_TIME_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING;
        }
        // AF_UNIX stream: sending nothing has no effect but to say whether sending is still allowed.
        return descriptor.isUnixStream() && LinuxLibrary.send(descriptor.fd, memory.noPath(), 0,
                LinuxLibrary.MSG_NOSIGNAL | LinuxLibrary.MSG_DONTWAIT) < 0
                && com.sun.jna.Native.getLastError() == Errno.EPIPE;
    }

    /** The TCP state, with {@code tcp_info} in the memory's struct; 0 where it cannot be had. */
    private static int tcpState(Memory memory, Descriptor descriptor) {
        int result = LinuxLibrary.getsockopt(descriptor.fd, LinuxLibrary.IPPROTO_TCP, LinuxLibrary.TCP_INFO,
                memory.struct(), memory.length(Memory.structSize()));
        int state = result == 0 ? memory.structByte(0) : 0;
        descriptor.listened |= state == TCP_LISTEN;
        // A round trip was measured (the field is all ones before): what is reset now was connected once.
        boolean measured = result == 0 && state != 0 && memory.structInt(TCPI_MIN_RTT) != -1;
        if (measured || state == TCP_ESTABLISHED || state >= TCP_FIN_WAIT1 && state <= TCP_FIN_WAIT2
                || state == TCP_CLOSE_WAIT) {
            descriptor.established = true;
        }
        return state;
    }

    /** Notes that a connection exists, for {@link #error}; asked when a socket is registered. */
    static void remember(Memory memory, Descriptor descriptor) {
        if (descriptor.isTcp()) {
            tcpState(memory, descriptor);
        }
    }

    /**
     * The socket's error, inferred: a TCP socket with an error pending was reset if it was ever connected, else its
     * connection was refused. Other kinds: 0, for Linux reports errors on AF_UNIX where BSD has none.
     */
    private static int error(Memory memory, Descriptor descriptor, int ready, Errno.Numbering errnos) {
        if ((ready & EPOLLERR) == 0 || !descriptor.isTcp()) {
            return 0;
        }
        if (!descriptor.established) {
            tcpState(memory, descriptor);
        }
        String name = descriptor.established ? "ECONNRESET" : "ECONNREFUSED";
        if (errnos == Errno.Numbering.BSD) {
            return name.equals("ECONNRESET") ? 54 : 61;
        }
        return name.equals("ECONNRESET") ? 104 : 111;
    }
}
