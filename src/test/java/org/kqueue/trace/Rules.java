package org.kqueue.trace;

import java.util.List;
import java.util.stream.Stream;
import org.kqueue.KeventFlags;
import org.kqueue.trace.Knote.Cause;

/** The rules for recordings of FreeBSD; those of NetBSD are in {@link NetbsdRules}. */
final class Rules {

    static final Rule DUP2_OF_SAME_FILE = new Rule("DUP2_OF_SAME_FILE",
            "dup2 over a registered number, of the file that it names already or named when it was registered: the BSD"
                    + " removes the knotes, Linux reports nothing, and the replay deletes them");

    /** What epoll cannot know, and what lies outside kqueue. */
    private static final List<Rule> EMBEDDED = List.of(
            new Rule("RESET_BEFORE_END", "Linux reports ECONNRESET once to the reader of a socket pair whose other end"
                    + " was closed with unread data, a BSD the end of the stream; the replay reads again")
                    .result(call -> call.isOn("ab") && (call.is("R", "0", "-1 err 54")
                            || call.is("DRAIN", "eof", "err 54")))
                    .inStep(call -> List.of(call.recorded())),
            new Rule("STALE_ONESHOT", "a ONESHOT knote that became active and whose data was read before the scan fires"
                    + " with the old state on a BSD; here it is silent and stays, and the replay deletes it")
                    .missing((call, event) -> isStale(call, event) && !call.isReady(event))
                    .instead((call, recorded, seen) -> isStale(call, recorded) && seen.isOneshot()
                            && recorded.udata() == seen.udata()),
            new Rule("CLEAR_WOKEN_BY_SHUTDOWN", "shutdown and close wake every waiter of both ends, so that epoll"
                    + " reports a CLEAR knote again, or a kqueue that has one; nothing tells such a wakeup from one by"
                    + " a read, so silence could lose an edge")
                    .unexpected((call, event) -> call.isOn("k", event)
                            ? call.state().isWokenInside(event.name(), Cause.SHUT)
                            : call.isClear(event) && call.isWoken(event, Cause.SHUT)
                                    && (!event.isEof() || call.knote(event).hasReportedEnd)),
            new Rule("QUEUED_AT_SHUTDOWN", "epoll queues at the wakeup of a shutdown, kqueue when the condition becomes"
                    + " true")
                    .moved((call, event) -> call.isWoken(event, Cause.SHUT)),
            new Rule("CLEAR_WOKEN_BY_PEER_READ", "FreeBSD wakes a WRITE CLEAR knote at every read by the other end, and"
                    + " on a pipe at every write too, Linux when a whole buffer became free")
                    .missing(Rules::isWokenByPeerRead).moved(Rules::isWokenByPeerRead),
            new Rule("FULL_BUFFER", "a filled AF_UNIX buffer is writable on FreeBSD as soon as something was read from"
                    + " it, on Linux when most of it is free")
                    .missing((call, event) -> call.isOn("ab", event) && isRoomAfterRead(call, event)),
            new Rule("SHUT_WHILE_FULL", "epoll does not report the own shutdown of a socket whose buffer is full")
                    .missing((call, event) -> event.is("WRITE") && event.isEof() && call.file(event).isFull()
                            && call.file(event).isShut),
            new Rule("QUEUED_LATER", "a level knote whose event could be missing is queued here when epoll reports it;"
                    + " there it has been in the queue since")
                    .moved((call, event) -> call.knote(event).isMissed),
            new Rule("PIPE_ROOM", "Linux counts the room of a pipe in pages, each by one write or more, FreeBSD in"
                    + " bytes, and its pipes grow; a write that only one of them takes changes nothing else")
                    .result(Rules::isWriteOfOneSystem)
                    .missing((call, event) -> call.isOn("p", event) && (isRoomAfterRead(call, event)
                            || event.is("WRITE") && call.file(event).hasGrown && !call.isReady(event)))
                    .unexpected((call, event) -> call.isOn("p", event) && isRoom(event)
                            && call.file(event).readSinceFull > 0),
            new Rule("QUEUE_LENGTH", "the length of a watched kqueue's queue: on a BSD knotes that are no longer true"
                    + " count until it is scanned")
                    .instead((call, recorded, seen) -> recorded.is("READ") && call.isOn("k", recorded)
                            && recorded.with(seen.data(), recorded.udata()).agrees(seen) && seen.data() >= 1
                            && Math.max(recorded.data(), seen.data()) <= call.state().count(recorded.name())),
            new Rule("STALE_QUEUE", "a watched kqueue is readable on a BSD until knotes are scanned that were queued"
                    + " and are no longer true; here it is not, as poll(2) says")
                    // A CLEAR knote can have been reported before, or be reported for a level knote queued again.
                    .missing((call, event) -> isStaleQueue(call, event) && (call.isClear(event) || !call.isReady(event))
                            && event.data() <= call.state().count(event.name()))
                    .unexpected((call, event) -> isStaleQueue(call, event) && call.isClear(event))
                    .moved(Rules::isStaleQueue),
            new Rule("DROPPED_BY_WATCHER", "a kqueue that another one watches is asked whether it is readable, and"
                    + " epoll drops what is no longer true then; on a BSD it has its old place when it is true again")
                    .moved((call, event) -> call.state().isWatched(call.kqueue()) && event.is("READ")
                            && call.isWoken(event, Cause.READ)),
            DUP2_OF_SAME_FILE,
            new Rule("TIMER_CLOCK", "a recorded count of expirations is that of another clock; what counts is how much"
                    + " time has passed here")
                    .missing((call, event) -> call.timer(event) != null && !call.timer(event).isCertain(call.from()))
                    .unexpected(Rules::isPossible)
                    .instead((call, recorded, seen) -> isPossible(call, seen)
                            && recorded.with(seen.data(), recorded.udata()).agrees(seen)),
            new Rule("DATAGRAM_DATA", "datagrams: data is the sum of what is queued on a BSD, on Linux the first one's,"
                    + " which can be empty")
                    .instead((call, recorded, seen) -> recorded.is("READ") && call.file(recorded).isDatagram
                            && (seen.data() > 0 && seen.data() < recorded.data()
                                    || seen.data() == 0 && call.file(recorded).hasEmptyDatagram)
                            && recorded.with(seen.data(), recorded.udata()).agrees(seen)),
            new Rule("DATAGRAM_BEHIND_ERROR", "where a datagram and an ICMP error are pending, Linux gives the error"
                    + " first, a BSD the datagram; the replay reads again, and another send brings the error back")
                    .result(call -> call.recorded().is("RECV") && !call.recorded().result().isFailure()
                            && call.seen().outcome().equals("-1 err 61") && call.file().isRefused)
                    .inStep(call -> List.of(call.recorded(), call.other("SEND", List.of(call.kqueue(), "0"), "0"))),
            new Rule("CLEAR_WOKEN_BY_CONNECT", "connect wakes the waiters of a UDP socket on a BSD, so that a CLEAR"
                    + " knote whose condition holds fires again")
                    .missing((call, event) -> call.isOn("u", event) && call.isClear(event)
                            && call.isWoken(event, Cause.CONNECT)),
            new Rule("TCP_ERROR_TAKEN", "after a reset a write is ECONNRESET on Linux and takes the error, EPIPE on a"
                    + " BSD, which keeps it; SO_ERROR and fflags have none here until the BSD's program has read it")
                    .result(call -> call.isOn("cs") && (call.is("W", "-1 err 32", "-1 err 54")
                            || call.is("SOERR", "54", "0") && call.file().isErrorTaken))
                    .instead((call, recorded, seen) -> call.isOn("cs", recorded) && call.file(recorded).isErrorTaken
                            && recorded.isEof() && recorded.flags() == seen.flags() && recorded.fflags() == 54
                            && seen.fflags() == 0 && recorded.data() == seen.data()
                            && recorded.udata() == seen.udata()),
            new Rule("TCP_RESET_BEHIND_END", "a reset behind the other end's FIN: on Linux SO_ERROR is EPIPE, and a"
                    + " read gives the end of the stream and leaves the error, which the replay takes")
                    .result(call -> call.isOn("cs") && (call.is("R", "-1 err 54", "0")
                            || call.is("DRAIN", "err 54", "eof") || call.is("SOERR", "54", "32")))
                    .inStep(call -> call.recorded().is("SOERR") ? List.of() : List.of(call.other("SOERR",
                            List.of(call.kqueue()), call.file().isErrorTaken ? "0" : "32"))),
            new Rule("CLEAR_WOKEN_BY_ACCEPT", "accept wakes a listener's CLEAR knote on a BSD, which fires again where"
                    + " another client waits; Linux does not wake")
                    .missing((call, event) -> call.isOn("l", event) && event.is("READ") && event.data() > 0
                            && call.isClear(event) && call.isWoken(event, Cause.READ)),
            new Rule("CLEAR_WOKEN_BY_ACKNOWLEDGEMENT", "what is acknowledged, or read there, wakes a WRITE CLEAR knote"
                    + " of a TCP socket on a BSD; Linux wakes a writer that was refused room")
                    .missing((call, event) -> call.isOn("cs", event) && isRoom(event) && call.isClear(event)
                            && call.isWoken(event, Cause.WRITE, Cause.PEER_READ)),
            new Rule("TCP_FULL", "which acknowledgement wakes the writer of a connection that was filled, and in how"
                    + " many parts the bytes arrive, is the stack's")
                    .missing((call, event) -> isFilledWriter(call, event)
                            && (call.isClear(event) || !call.isReady(event)))
                    .unexpected((call, event) -> isFilledWriter(call, event) || isFilledReader(call, event)
                            && event.data() == Kevent.SOME && call.isClear(event))
                    .moved((call, event) -> isFilledWriter(call, event) || isFilledReader(call, event)));

    /** What single cases show: there the trace says what the embedded kqueue does instead. */
    private static final List<Rule> CASES = List.of(
            new Rule("ONE_TICK", "timers that are due within one tick of that kernel come when they are due"),
            new Rule("FORK_AND_EXEC", "no call of Linux' tells a process that another has forked or executed: EINVAL"),
            new Rule("READ_OF_NOTHING", "inotify reports reads that returned something"),
            new Rule("TRUNCATION", "inotify does not tell a truncation to the same or a larger size from a write"),
            new Rule("RMDIR_READS", "removing a directory reads it on FreeBSD"),
            new Rule("DIRECTORY_SIZE", "a directory has the size that its file system gives it"),
            new Rule("TERMINAL_ROOM", "how much a terminal takes is not known: 0"),
            new Rule("PIPE_READ_WAKES", "a read that leaves a pipe ready wakes FreeBSD's readers, and none of Linux'"),
            new Rule("ONE_WAY_PIPE", "Linux' pipes have one direction"),
            new Rule("SHUT_RD_REACHES_PEER", "on Linux SHUT_RD of one end of a pair ends the writing of the other"),
            new Rule("QUEUED_AT_SCAN", "connect wakes no waiter of an AF_UNIX client: the next scan queues its knote"),
            new Rule("REFUSED_IS_FRESH", "after a refused connect a Linux socket is as one that never tried"),
            new Rule("CLOSE_ENDS_WAITS", "Kqueue.close ends every wait in it; FreeBSD's waiters sleep on"),
            new Rule("WAIT_GOES_ON", "Kqueue.kevent waits on after a signal, for the time that is left"),
            new Rule("KQUEUE_CYCLE", "epoll refuses to watch what watches it"),
            new Rule("ACCEPT_OF_A_RESET", "Linux' accept returns a connection that was reset meanwhile"),
            new Rule("RESET_OF_LOCAL_CLIENT", "the reset of an AF_UNIX client looks like a close with data unread"));

    static final List<Rule> FREEBSD = Stream.of(EMBEDDED, CASES).flatMap(List::stream).toList();

    /** Where FreeBSD 15.0 differs from 12.3 come first: what they allow is no difference of the embedded kqueue. */
    static final List<Rule> FREEBSD15 = Stream.concat(Stream.of(
            new Rule("FREEBSD15_CLOSE_WAKES_NO_WRITER", "on FreeBSD 15 the close of an AF_UNIX socket does not wake the"
                    + " WRITE knotes of its peer, which report EOF when something else has them looked at")
                    .unexpected((call, event) -> isCloseOfPeer(call, event)
                            && (!call.knote(event).isEndRecorded || call.isWoken(event, Cause.SHUT)))
                    // It has been reported here before.
                    .missing((call, event) -> isCloseOfPeer(call, event) && call.knote(event).hasReportedEnd
                            && !call.knote(event).isEndRecorded)
                    .instead((call, recorded, seen) -> isCloseOfPeer(call, seen) && recorded.udata() == seen.udata()
                            && recorded.flags() == (seen.flags() & ~KeventFlags.EV_EOF))),
            EMBEDDED.stream()).toList();

    static final List<Rule> NETBSD = Stream.of(EMBEDDED, NetbsdRules.ALL).flatMap(List::stream).toList();

    private Rules() {
    }

    /** The rules for a recording, by the name of its file: {@code bsd-*}, {@code freebsd15-*}, or any other. */
    static List<Rule> forFile(String name) {
        return name.startsWith("bsd-") ? NETBSD : name.startsWith("freebsd15-") ? FREEBSD15 : FREEBSD;
    }

    private static boolean isRoom(Kevent event) {
        return event.is("WRITE") && !event.isEof();
    }

    private static boolean isStale(Call call, Kevent event) {
        return event.isOneshot() && event.is("READ") && call.isWoken(event, Cause.READ);
    }

    private static boolean isWokenByPeerRead(Call call, Kevent event) {
        return call.isOn("abp", event) && isRoom(event) && call.isClear(event)
                && (call.isWoken(event, Cause.PEER_READ) || call.isOn("p", event) && call.isWoken(event, Cause.WRITE));
    }

    private static boolean isRoomAfterRead(Call call, Kevent event) {
        return isRoom(event) && call.file(event).readSinceFull > 0 && !call.isReady(event);
    }

    private static boolean isWriteOfOneSystem(Call call) {
        String count = call.recorded().operand(1);
        return call.isOn("p") && call.file().isFull() && (call.is("W", count, "-1 err 35")
                || call.is("W", "-1 err 35", count) || call.is("W", "-1 err", count));
    }

    private static boolean isStaleQueue(Call call, Kevent event) {
        return call.isOn("k", event) && event.is("READ") && call.state().mayBeStale(event.name());
    }

    private static boolean isPossible(Call call, Kevent event) {
        return call.timer(event) != null && event.udata() == call.knote(event).udataOfChange
                && call.timer(event).isPossible(event.data(), call.from(), call.to());
    }

    private static boolean isFilledWriter(Call call, Kevent event) {
        return call.isOn("cs", event) && isRoom(event) && call.file(event).wasFilled;
    }

    private static boolean isFilledReader(Call call, Kevent event) {
        OpenFile peer = call.file(event).peer;
        return call.isOn("cs", event) && event.is("READ") && !event.isEof() && peer != null && peer.wasFilled;
    }

    private static boolean isCloseOfPeer(Call call, Kevent event) {
        OpenFile peer = call.file(event).peer;
        return call.isOn("ab", event) && event.is("WRITE") && event.isEof() && peer != null && peer.names.isEmpty();
    }
}
