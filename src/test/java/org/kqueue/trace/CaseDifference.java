package org.kqueue.trace;

import java.util.ArrayList;
import java.util.List;
import org.kqueue.KeventFlags;
import org.kqueue.trace.CaseHistory.Deed;
import org.kqueue.trace.CaseHistory.Kind;

/**
 * A named difference between the FreeBSD of the recorded cases and the embedded kqueue. Each turns what was recorded
 * into what has to be seen here, and leaves it alone where its condition does not hold. The script says at which lines
 * one is expected; elsewhere none applies but {@link #FREE_SPACE} and the clock's.
 */
enum CaseDifference {

    /** How much may be written is a matter of the system's buffers. */
    FREE_SPACE {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.with(event -> {
                CaseEntry other = seen.find(event);
                boolean both = other != null && other.data() > 0 && event.data() > 0;
                return both && event.is("WRITE") && !event.has(KeventFlags.EV_ERROR) ? event.withData(other.data())
                        : event;
            });
        }
    },

    /** Timers that are due within one tick of that kernel's clock come in the order in which they are due. */
    ONE_TICK {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            boolean once = recorded.events().stream().allMatch(event -> event.is("TIMER")
                    && event.has(KeventFlags.EV_ONESHOT));
            return once ? sorted(recorded, seen) : recorded;
        }
    },

    /**
     * No call of Linux' tells an unprivileged process that another has forked or executed: such a knote is refused,
     * EINVAL.
     */
    FORK_AND_EXEC {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            for (CaseEntry change : history.changes()) {
                if (change.is("PROC") && (change.fflags() & ~NOTE_EXIT) != 0 && recorded.events().isEmpty()) {
                    history.mark("refused");
                    return refusal(change, EINVAL);
                }
            }
            return history.isMarked("refused") ? recorded.without(event -> event.is("PROC")) : recorded;
        }
    },

    /** inotify reports reads that returned something. */
    READ_OF_NOTHING {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            boolean nothing = history.last("read") && history.lastDeed().result() == 0;
            return nothing ? recorded.without(event -> event.is("VNODE") && event.fflags() == NOTE_READ) : recorded;
        }
    },

    /** inotify does not tell a truncation to the same size or a larger one from a write. */
    TRUNCATION {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            Deed deed = history.lastDeed();
            long before = deed.result();
            if (!history.last("truncate") || Long.parseLong(deed.operand(1)) < before) {
                return recorded;
            }
            int notes = Long.parseLong(deed.operand(1)) > before ? NOTE_WRITE | NOTE_EXTEND : NOTE_WRITE;
            return recorded.with(event -> event.is("VNODE") && event.fflags() == NOTE_ATTRIB ? event.withFflags(notes)
                    : event);
        }
    },

    /** That removing a directory reads it is FreeBSD's. */
    RMDIR_READS {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return history.last("rmdir") ? recorded.with(event -> event.is("VNODE")
                    && event.fflags() == (NOTE_DELETE | NOTE_READ) ? event.withFflags(NOTE_DELETE) : event) : recorded;
        }
    },

    /** A directory has the size that its file system gives it. */
    DIRECTORY_SIZE {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.with(event -> {
                CaseEntry other = seen.find(event);
                boolean directory = event.is("READ") && history.kind(event.ident()) == Kind.DIRECTORY;
                return directory && other != null && other.data() > 0 ? event.withData(other.data()) : event;
            });
        }
    },

    /** How much a terminal takes is not told: 0. */
    TERMINAL_ROOM {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.with(event -> event.is("WRITE") && history.kind(event.ident()) == Kind.TERMINAL
                    ? event.withData(0) : event);
        }
    },

    /** A read that leaves a pipe as ready as it was wakes FreeBSD's readers, and none of Linux'. */
    PIPE_READ_WAKES {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.is("READ") && event.has(KeventFlags.EV_CLEAR)
                    && history.kind(event.ident()) == Kind.PIPE_READER && isLast(history, "read", event.ident()));
        }
    },

    /** A full pipe is writable when a page of it is free; FreeBSD counts bytes. */
    PIPE_ROOM {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.is("WRITE") && history.kind(event.ident()) == Kind.PIPE_WRITER
                    && event.data() < PAGE && history.has("fill", event.ident())
                    && isLast(history, "read", history.peer(event.ident())));
        }
    },

    /** Linux' pipes have one direction. */
    ONE_WAY_PIPE {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.is("WRITE") && history.kind(event.ident()) == Kind.PIPE_READER);
        }
    },

    /**
     * Where there was room before, FreeBSD wakes a writer at a read by the peer and on a pipe at any write, Linux does
     * not.
     */
    CLEAR_WOKEN_BY_PEER_READ {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> {
                boolean written = history.kind(event.ident()) == Kind.PIPE_WRITER
                        && (isLast(history, "write", event.ident()) || isPeerRead(event, history));
                boolean unix = history.kind(event.ident()) == Kind.UNIX;
                return isWokenWriter(event) && (unix && isPeerRead(event, history) || written);
            });
        }
    },

    /** The same of TCP, where it is what the peer's kernel tells that wakes. */
    CLEAR_WOKEN_BY_ACKNOWLEDGEMENT {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> isWokenWriter(event) && history.kind(event.ident()) == Kind.TCP
                    && isPeerRead(event, history));
        }
    },

    /** A filled AF_UNIX buffer has room for FreeBSD after any read, for Linux when most of it was read. */
    FULL_BUFFER {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.is("WRITE") && !event.has(KeventFlags.EV_EOF)
                    && history.kind(event.ident()) == Kind.UNIX && history.has("fill", event.ident())
                    && isLast(history, "read", history.peer(event.ident())));
        }
    },

    /** FIONREAD of a datagram socket tells the first datagram's length, not the sum. */
    DATAGRAM_DATA {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.with(event -> {
                CaseEntry other = seen.find(event);
                boolean fewer = other != null && other.data() > 0 && other.data() < event.data();
                return event.is("READ") && history.kind(event.ident()) == Kind.DATAGRAM && fewer
                        ? event.withData(other.data()) : event;
            });
        }
    },

    /**
     * On Linux SHUT_RD of one end of a pair of sockets ends the writing of the other; after both shutdowns, close is no
     * news.
     */
    SHUT_RD_REACHES_PEER {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            String closed = history.last("close") ? history.lastDeed().operand(0) : "";
            CaseOutcome ended = recorded.without(event -> isEnded(event, history) && event.has(KeventFlags.EV_CLEAR)
                    && history.peer(event.ident()).equals(closed) && history.has("shutwr", closed));
            ended = ended.with(event -> isEnded(event, history)
                    ? event.withFlags(event.flags() | KeventFlags.EV_EOF) : event);
            for (CaseEntry event : seen.events()) {
                if (isEnded(event, history) && event.has(KeventFlags.EV_EOF) && history.last("shutrd")
                        && recorded.find(event) == null) {
                    ended = ended.and(event);
                }
            }
            return ended;
        }

        private boolean isEnded(CaseEntry event, CaseHistory history) {
            return event.is("WRITE") && history.kind(event.ident()) == Kind.UNIX
                    && history.has("shutrd", history.peer(event.ident()));
        }
    },

    /** A shutdown or close by the peer wakes all that wait on Linux: a CLEAR knote says its state again. */
    CLEAR_WOKEN_BY_SHUTDOWN {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            CaseOutcome woken = recorded;
            for (CaseEntry event : seen.events()) {
                String peer = history.peer(event.ident());
                boolean shut = isLast(history, "shutwr", peer) || isLast(history, "close", peer);
                boolean socket = history.kind(event.ident()) == Kind.UNIX || history.kind(event.ident()) == Kind.TCP;
                if (shut && socket && event.is("WRITE") && event.has(KeventFlags.EV_CLEAR)
                        && recorded.find(event) == null) {
                    woken = woken.and(event);
                }
            }
            return woken;
        }
    },

    /** Nobody is woken when an AF_UNIX client is connected: it is queued when a scan looks. */
    QUEUED_AT_SCAN {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            boolean local = recorded.events().stream().allMatch(event -> history.kind(event.ident()) == Kind.UNIX);
            return local && history.last("connectpath") ? sorted(recorded, seen) : recorded;
        }
    },

    /** A ONESHOT knote that was active and then drained: silent, and still there. */
    STALE_ONESHOT {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            for (CaseEntry event : recorded.events()) {
                if (event.is("READ") && event.has(KeventFlags.EV_ONESHOT) && isLast(history, "read", event.ident())) {
                    history.mark("stale " + event.ident());
                    return recorded.without(event::equals);
                }
            }
            for (CaseEntry change : history.changes()) {
                if (change.has(KeventFlags.EV_DELETE) && history.unmark("stale " + change.ident())) {
                    return recorded.without(event -> event.isAbout(change) && event.has(KeventFlags.EV_ERROR)
                            && event.data() == ENOENT);
                }
            }
            return recorded;
        }
    },

    /** accept wakes FreeBSD's listener where another client waits. */
    CLEAR_WOKEN_BY_ACCEPT {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.is("READ") && event.has(KeventFlags.EV_CLEAR)
                    && history.kind(event.ident()) == Kind.LISTENER && history.last("accept"));
        }
    },

    /** After a connect that was refused a Linux socket is as one that never tried. */
    REFUSED_IS_FRESH {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.has(KeventFlags.EV_EOF) && history.kind(event.ident()) == Kind.TCP
                    && history.isMarked("refused " + event.ident()));
        }

        @Override
        String here(String recorded, CaseHistory history) {
            boolean read = history.last("read") && history.isMarked("refused " + history.lastDeed().operand(0));
            return read && recorded.equals("read 0 errno 0") ? "read -1 errno " + ENOTCONN : recorded;
        }
    },

    /** A reset after the end of the stream is EPIPE on Linux. */
    RESET_AFTER_END {
        @Override
        String here(String recorded, CaseHistory history) {
            return history.last("soerror") && recorded.equals("SO_ERROR " + ECONNRESET) ? "SO_ERROR " + EPIPE
                    : recorded;
        }
    },

    /** {@link org.kqueue.Kqueue#close()} ends every wait in it; FreeBSD's waiters sleep on. */
    CLOSE_ENDS_WAITS {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return history.has("close", "kq") ? CaseOutcome.failed(EBADF) : recorded;
        }
    },

    /** {@link org.kqueue.Kqueue#kevent} waits on after a signal, for the time that is left. */
    WAIT_GOES_ON {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            boolean both = recorded.equals(CaseOutcome.failed(EINTR)) && history.interrupted();
            return both ? CaseOutcome.of(List.of()) : recorded;
        }
    },

    /** epoll refuses to watch what watches it. */
    KQUEUE_CYCLE {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            for (CaseEntry change : history.changes()) {
                if (change.is("READ") && change.has(KeventFlags.EV_ADD) && history.kind(change.ident()) == Kind.KQUEUE
                        && recorded.find(change) != null) {
                    history.mark("cycle");
                    return refusal(change, ELOOP);
                }
            }
            boolean counted = history.isMarked("cycle");
            return recorded.with(event -> counted && event.is("READ") && history.kind(event.ident()) == Kind.KQUEUE
                    ? event.withData(event.data() - 1) : event);
        }
    },

    /** A watched kqueue whose only queued knote was drained. */
    STALE_QUEUE {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.without(event -> event.is("READ") && history.kind(event.ident()) == Kind.KQUEUE
                    && history.last("read"));
        }
    },

    /** accept returns a connection that was reset meanwhile. */
    ACCEPT_OF_A_RESET {
        @Override
        String here(String recorded, CaseHistory history) {
            boolean accepted = history.last("accept") && history.lastDeed().result() >= 0;
            return accepted && recorded.equals("accept failed errno " + ECONNABORTED) ? "accept failed errno 0"
                    : recorded;
        }
    },

    /** Nothing tells the reset of an AF_UNIX client from its peer's close with data unread: EOF without an error. */
    RESET_OF_LOCAL_CLIENT {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            return recorded.with(event -> event.has(KeventFlags.EV_EOF) && event.fflags() == ECONNRESET
                    && history.kind(event.ident()) == Kind.UNIX && history.last("close") ? event.withFflags(0) : event);
        }
    },

    /**
     * The close of the peer queues the knotes of a descriptor in the order in which epoll wakes them, the newest first.
     */
    QUEUED_AT_SHUTDOWN {
        @Override
        CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
            boolean ended = recorded.events().stream().allMatch(event -> event.has(KeventFlags.EV_EOF)
                    && history.peer(event.ident()).equals(history.lastDeed().operand(0)));
            return ended && history.last("close") ? sorted(recorded, seen) : recorded;
        }
    };

    private static final int NOTE_EXIT = 0x80000000;
    private static final int NOTE_DELETE = 1;
    private static final int NOTE_WRITE = 2;
    private static final int NOTE_EXTEND = 4;
    private static final int NOTE_ATTRIB = 8;
    private static final int NOTE_READ = 0x400;
    private static final int PAGE = 4096;
    private static final int ENOENT = 2;
    private static final int EINTR = 4;
    private static final int EBADF = 9;
    private static final int EINVAL = 22;
    private static final int EPIPE = 32;
    private static final int ECONNABORTED = 53;
    private static final int ECONNRESET = 54;
    private static final int ENOTCONN = 57;
    private static final int ELOOP = 62;

    /** What has to be seen of a kevent call. */
    CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, CaseHistory history) {
        return recorded;
    }

    /** What has to be seen of an operation. */
    String here(String recorded, CaseHistory history) {
        return recorded;
    }

    private static CaseOutcome refusal(CaseEntry change, int errno) {
        return CaseOutcome.of(List.of(change.withFlags(KeventFlags.EV_ERROR).withFflags(0).withData(errno)));
    }

    private static boolean isWokenWriter(CaseEntry event) {
        return event.is("WRITE") && event.has(KeventFlags.EV_CLEAR) && !event.has(KeventFlags.EV_EOF);
    }

    private static boolean isPeerRead(CaseEntry event, CaseHistory history) {
        String peer = history.peer(event.ident());
        return isLast(history, "read", peer) || isLast(history, "drain", peer);
    }

    private static boolean isLast(CaseHistory history, String verb, String operand) {
        return !operand.isEmpty() && history.last(verb) && history.lastDeed().operand(0).equals(operand);
    }

    /** The recorded events in the order of those seen, where there are the same idents. */
    private static CaseOutcome sorted(CaseOutcome recorded, CaseOutcome seen) {
        List<CaseEntry> sorted = new ArrayList<>();
        for (CaseEntry event : seen.events()) {
            CaseEntry same = recorded.find(event);
            if (same != null) {
                sorted.add(same);
            }
        }
        return sorted.size() == recorded.events().size() ? CaseOutcome.of(sorted) : recorded;
    }
}
