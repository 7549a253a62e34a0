package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_ADD;
import static org.kqueue.KeventFlags.EV_DELETE;
import static org.kqueue.KeventFlags.EV_DISABLE;
import static org.kqueue.KeventFlags.EV_DISPATCH;
import static org.kqueue.KeventFlags.EV_ENABLE;
import static org.kqueue.KeventFlags.EV_ONESHOT;
import static org.kqueue.nio.Readiness.READ;
import static org.kqueue.nio.Readiness.WRITE;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;

/**
 * What is known of each descriptor: its key, and the knotes that the kernel has for it. Stored once, in arrays at the
 * descriptor's number, and turned into changes. Guarded by the selector's monitor.
 *
 * <p>A descriptor is <em>due</em> for an update, which makes the changes that give it the knotes it is to have, for one
 * of three reasons:
 *
 * <ul>
 *   <li>its key's interest was set. A key that is new here assumes nothing: it adds and enables what it wants, and
 *       deletes what the number's last owner has left;
 *   <li>an event has changed a knote or shown one that nobody wants. Every event is recorded before anybody looks at
 *       its key, so the record is right whatever becomes of the key;
 *   <li>its key left while the channel stayed open.
 * </ul>
 *
 * <p>Interest in reading that is taken away and set again, as by a server that hands a connection to a worker, costs
 * one change a round: the level-triggered knote is replaced by a disabled one with {@code EV_DISPATCH}, which the
 * kernel disables with each event. If an event of such a knote finds the interest still set at the next select, the
 * knote is made level-triggered again. {@link #SILENT} is all that is stored of this: the kernel says {@code
 * EV_DISPATCH} in each event of such a knote.
 *
 * <p>A filter whose event makes nothing ready is <em>muted</em>, as it would end every wait at once: the next select
 * deletes its knote. It is added again when the key's interest is set, by a select that does not wait, or 20 ms later.
 * Examples are OP_CONNECT of a connected channel, and data before {@code finishConnect}. A listener that is not bound
 * is muted too: NetBSD and FreeBSD 11 never report its connections if the knote was added before {@code listen}. And
 * where the kernel does not report the close of an AF_UNIX peer to a WRITE knote, one that is alone is replaced every
 * 20 ms.
 */
final class Registrations {

    /** The tag of a deletion, as its udata: an error entry carries the change's udata and not its flags. */
    static final long DELETION = 1;

    /** A descriptor makes at most this many changes at once. */
    static final int MAX_CHANGES = 4;

    // The state of a descriptor: READ and WRITE are set where the kernel has the knote.
    /** The READ knote is disabled: the kernel reports nothing until EV_ENABLE. */
    private static final int SILENT = 1 << 2;
    /** The filters that are muted, shifted. */
    private static final int MUTED_SHIFT = 3;
    private static final int MUTED = (READ | WRITE) << MUTED_SHIFT;
    /** Interest was set since the last update. */
    private static final int SET = 1 << 5;
    /** The kernel may know less of the key, or of the number's last owner more, than the state says. */
    private static final int NEW = 1 << 6;

    private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final int readFilter;
    private final int writeFilter;
    private final boolean dispatches;
    private final boolean reportsUnixClose;

    private SelectionKeyImpl[] keys = new SelectionKeyImpl[64];
    private byte[] states = new byte[64];
    /** Those to update in this select. May name one twice. */
    private final DescriptorList due = new DescriptorList();
    /** Those to update in the next select. May name one twice. */
    private final DescriptorList pending = new DescriptorList();
    /** Those to unmute or look at again, all at the same time. May name one twice. */
    private final DescriptorList delayed = new DescriptorList();
    private long delayedUntilNanos;

    Registrations(Kqueue kqueue) {
        readFilter = kqueue.layout().number(Filter.EVFILT_READ);
        writeFilter = kqueue.layout().number(Filter.EVFILT_WRITE);
        dispatches = kqueue.dispatches();
        reportsUnixClose = kqueue.reportsUnixClose();
    }

    /** The bit of a filter, 0 for one that this class does not use. */
    int filter(int number) {
        return number == readFilter ? READ : number == writeFilter ? WRITE : 0;
    }

    /** The key of a descriptor, or null. */
    SelectionKeyImpl key(int fd) {
        return fd < keys.length ? keys[fd] : null;
    }

    private void reserve(int fd) {
        if (fd >= keys.length) {
            int length = fd + (fd >> 1) + 64;
            keys = Arrays.copyOf(keys, length);
            states = Arrays.copyOf(states, length);
        }
    }

    /** A select begins. */
    void begin() {
        while (!pending.isEmpty()) {
            due.add(pending.removeLast());
        }
    }

    /** The interest of a valid key was set. Takes no lock. */
    void setInterest(SelectionKeyImpl key) {
        SelChImpl channel = (SelChImpl) key.channel();
        int fd = channel.getFDVal();
        reserve(fd);
        if ((states[fd] & SET) == 0) {
            due.add(fd);
        }
        // DatagramChannel.disconnect may have replaced the socket under its number, and the knotes are gone then.
        boolean isNew = keys[fd] != key || channel instanceof DatagramChannel;
        states[fd] = (byte) (states[fd] & ~MUTED | SET | (isNew ? NEW : 0));
        keys[fd] = key;
    }

    /** Makes the changes of the descriptors that are due. Returns false if the list has no more room. */
    boolean makeChanges(ChangeList changes, int maxChanges) {
        while (!due.isEmpty() && changes.size() <= maxChanges - MAX_CHANGES) {
            update(due.removeLast(), changes);
        }
        return due.isEmpty();
    }

    /** Makes the changes that give a descriptor the knotes it is to have. */
    private void update(int fd, ChangeList changes) {
        boolean isSet = (states[fd] & SET) != 0;
        boolean isNew = (states[fd] & NEW) != 0;
        states[fd] &= ~(SET | NEW);
        SelectionKeyImpl key = keys[fd];
        int wanted = key == null ? 0 : wanted(fd, key);
        // WRITE first: with a failed connect the kernel reports in this order, and OP_CONNECT must see the error.
        if ((wanted & WRITE) != 0) {
            wantWrite(fd, isNew, wanted == WRITE && missesClose(key), changes);
        } else if ((states[fd] & WRITE) != 0) {
            change(fd, WRITE, EV_DELETE, changes);
            states[fd] &= ~WRITE;
        }
        if ((wanted & READ) != 0) {
            wantRead(fd, isSet, isNew, changes);
        } else if ((states[fd] & READ) != 0) {
            dropRead(fd, key != null && !isNew, changes);
        }
    }

    private void wantWrite(int fd, boolean isNew, boolean missesClose, ChangeList changes) {
        if (isNew || (states[fd] & WRITE) == 0) {
            change(fd, WRITE, EV_ADD | EV_ENABLE, changes);
            states[fd] |= WRITE;
        } else if (missesClose) {
            change(fd, WRITE, EV_DELETE, changes);
            change(fd, WRITE, EV_ADD, changes);
        }
        if (missesClose) {
            delay(fd);
        }
    }

    private void wantRead(int fd, boolean isSet, boolean isNew, ChangeList changes) {
        if (isNew || (states[fd] & READ) == 0) {
            change(fd, READ, EV_ADD | EV_ENABLE, changes);
            states[fd] |= READ;
        } else if ((states[fd] & SILENT) != 0) {
            if (isSet) {
                change(fd, READ, EV_ENABLE, changes);
            } else {
                // A knote is level-triggered or dispatches from its first EV_ADD on.
                change(fd, READ, EV_DELETE, changes);
                change(fd, READ, EV_ADD, changes);
            }
        }
        states[fd] &= ~SILENT;
    }

    private void dropRead(int fd, boolean mayComeBack, ChangeList changes) {
        if (!mayComeBack || !dispatches) {
            change(fd, READ, EV_DELETE, changes);
            states[fd] &= ~(READ | SILENT);
        } else if ((states[fd] & SILENT) == 0) {
            change(fd, READ, EV_DELETE, changes);
            change(fd, READ, EV_ADD | EV_DISPATCH | EV_DISABLE, changes);
            states[fd] |= SILENT;
        }
    }

    private void change(int fd, int filter, int flags, ChangeList changes) {
        changes.add(fd, filter == READ ? readFilter : writeFilter, flags, 0, 0,
                (flags & EV_DELETE) != 0 ? DELETION : 0);
    }

    private int wanted(int fd, SelectionKeyImpl key) {
        SelChImpl channel = (SelChImpl) key.channel();
        int filters = Readiness.filters(channel.translateInterestOps(key.nioInterestOps()));
        if ((filters & ~states[fd] & READ) != 0 && channel instanceof ServerSocketChannel listener
                && !isBound(listener)) {
            muteUntilLater(fd, READ);
        }
        return filters & ~(states[fd] >> MUTED_SHIFT);
    }

    private boolean missesClose(SelectionKeyImpl key) {
        try {
            return !reportsUnixClose && key.channel() instanceof SocketChannel socket
                    && socket.getRemoteAddress() instanceof UnixDomainSocketAddress;
        } catch (IOException closed) {
            return false;
        }
    }

    private static boolean isBound(ServerSocketChannel listener) {
        try {
            return listener.getLocalAddress() != null;
        } catch (IOException closed) {
            return true;
        }
    }

    /** Records what an event says of its knote, whoever the event is for. */
    void delivered(int fd, int filter, int flags) {
        reserve(fd);
        if ((flags & EV_ONESHOT) != 0) {
            // We never ask for it: FreeBSD deletes the knote of a pipe whose reader is gone when it has reported that.
            states[fd] &= (byte) ~filter;
            pending.add(fd);
            return;
        }
        states[fd] |= (byte) filter;
        if ((flags & EV_DISPATCH) != 0) {
            states[fd] |= SILENT;
            pending.add(fd);
        } else if (keys[fd] == null) {
            pending.add(fd);
        }
    }

    /**
     * Records that a change was refused. The next select tries again, not this one, which would not end.
     *
     * @return true if the kernel reports nothing of a filter that is wanted, false if a deletion was refused: its knote
     *     is gone already, or shows itself by its next event
     */
    boolean refused(int fd, int filter, long tag) {
        if (tag == DELETION) {
            return false;
        }
        states[fd] &= (byte) ~(filter == READ ? READ | SILENT : filter);
        pending.add(fd);
        return true;
    }

    /**
     * Records that nobody knows whether a change was applied.
     *
     * @return the key whose interest is to be set again, or null
     */
    SelectionKeyImpl doubt(int fd) {
        SelectionKeyImpl key = keys[fd];
        keys[fd] = null;
        states[fd] = READ | WRITE;
        if (key == null) {
            pending.add(fd);
        }
        return key;
    }

    /**
     * A key leaves.
     *
     * @param isForgotten whether the kernel keeps no knote of the descriptor
     */
    void remove(int fd, SelectionKeyImpl key, boolean isForgotten) {
        if (key(fd) == key) {
            keys[fd] = null;
        }
        if (fd < states.length && states[fd] != 0) {
            if (isForgotten) {
                states[fd] = 0;
            } else {
                pending.add(fd);
            }
        }
    }

    /** Mutes the filters of an event that has made nothing ready. */
    void mute(int fd, int filters) {
        if (filters != 0) {
            muteUntilLater(fd, filters);
            pending.add(fd);
        }
    }

    private void muteUntilLater(int fd, int filters) {
        int bits = filters << MUTED_SHIFT;
        if ((states[fd] & bits) != bits) {
            states[fd] |= (byte) bits;
            delay(fd);
        }
    }

    private void delay(int fd) {
        if (delayed.isEmpty()) {
            delayedUntilNanos = System.nanoTime() + DELAY_NANOS;
        }
        delayed.add(fd);
    }

    /**
     * Makes those due whose delay is over. To be called before changes are made.
     *
     * @param early also those whose delay is not over
     */
    void endDelays(boolean early) {
        if (!delayed.isEmpty() && (early || System.nanoTime() - delayedUntilNanos >= 0)) {
            while (!delayed.isEmpty()) {
                int fd = delayed.removeLast();
                states[fd] &= ~MUTED;
                due.add(fd);
            }
        }
    }

    /** How long a wait may last before {@link #endDelays} has something to do. */
    long limit(long timeoutNanos) {
        return delayed.isEmpty() ? timeoutNanos
                : Math.min(timeoutNanos, Math.max(0, delayedUntilNanos - System.nanoTime()));
    }
}
