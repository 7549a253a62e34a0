package org.kqueue.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.kqueue.KeventFlags;
import org.kqueue.trace.Knote.Cause;

/**
 * What a trace's own record says about its knotes and files: kept line by line, so that a rule can ask. A line's
 * changes are applied before its events are compared, its events and all other lines afterwards.
 */
final class RecordedState {

    /** When the trace began, by {@link System#nanoTime}. */
    private final long startNanos = System.nanoTime();
    private final Map<String, OpenFile> files = new HashMap<>();
    private final Map<String, Knote> knotes = new LinkedHashMap<>();
    /** The last knote of each kqueue, name and filter, also where dup2 has removed it. */
    private final Map<String, Knote> added = new LinkedHashMap<>();
    /** Kqueues whose last call delivered events. */
    private final Set<String> delivering = new HashSet<>();
    /** Kqueues with a knote that something happened to since they were scanned to the end. */
    private final Set<String> stirred = new HashSet<>();

    RecordedState(boolean bare) {
        open("k0");
        for (int pair = 0; pair < (bare ? 0 : TracePlayer.PAIRS); pair++) {
            openBoth("a" + pair, "b" + pair);
        }
    }

    private static String key(String kqueue, String name, String filter) {
        return kqueue + ' ' + name + ' ' + filter;
    }

    /** A knote; one without flags to which nothing has happened where there is none. */
    Knote knote(String kqueue, String name, String filter) {
        Knote knote = knotes.get(key(kqueue, name, filter));
        return knote != null ? knote : new Knote(kqueue, Kevent.change(name, filter, 0, 0), file(name));
    }

    Knote knote(String kqueue, Kevent event) {
        return knote(kqueue, event.name(), event.filter());
    }

    private Stream<Knote> of(String kqueue) {
        return knotes.values().stream().filter(knote -> knote.kqueue.equals(kqueue));
    }

    /** How many knotes a kqueue has. */
    int count(String kqueue) {
        return (int) of(kqueue).count();
    }

    /** Whether its queue can be shown and queued anew: a knote that counts, or has data and notes, would lose them. */
    boolean canRequeue(String kqueue) {
        return of(kqueue).allMatch(knote -> knote.filter.equals("READ") || knote.filter.equals("WRITE"));
    }

    private OpenFile open(String name) {
        OpenFile file = new OpenFile(name);
        file.names.add(name);
        files.put(name, file);
        return file;
    }

    private OpenFile openBoth(String one, String other) {
        OpenFile file = open(one);
        file.peer = open(other);
        file.peer.peer = file;
        return file;
    }

    /** The file of a name; a new one where the name is not open. */
    OpenFile file(String name) {
        return files.getOrDefault(name, new OpenFile(name));
    }

    /** Whether a kqueue's last call has delivered all that was in the queue. */
    boolean hasReportedAll(String kqueue) {
        return delivering.contains(kqueue);
    }

    /**
     * Whether a kqueue can hold knotes that are queued and no longer true: delivered by its last call, or woken since.
     */
    boolean mayBeStale(String kqueue) {
        return delivering.contains(kqueue) || stirred.contains(kqueue) || watched(kqueue).anyMatch(this::mayBeStale);
    }

    /** Whether a CLEAR knote of a kqueue, or of one that it watches, was woken for a cause. */
    boolean isWokenInside(String kqueue, Cause cause) {
        return of(kqueue).anyMatch(knote -> knote.isClear() && knote.isWoken(cause))
                || watched(kqueue).anyMatch(inner -> isWokenInside(inner, cause));
    }

    /** The kqueues that a kqueue watches: those have names behind its own. */
    private Stream<String> watched(String kqueue) {
        return of(kqueue).map(knote -> knote.name).filter(name -> name.startsWith("k") && name.compareTo(kqueue) > 0);
    }

    /** Whether another kqueue has a knote on one. */
    boolean isWatched(String kqueue) {
        return knotes.values().stream().anyMatch(knote -> knote.name.equals(kqueue));
    }

    /** Wakes the waiters of a file, and those of its other end. */
    private void wake(OpenFile file, Cause cause, Cause peerCause) {
        for (Knote knote : knotes.values()) {
            if (file.names.contains(knote.name)) {
                knote.woken.add(cause);
                stir(knote.kqueue);
            } else if (file.peer != null && file.peer.names.contains(knote.name)) {
                knote.woken.add(peerCause);
                stir(knote.kqueue);
            }
        }
    }

    /** Something happened to a kqueue's knotes, and so to the knotes of those that watch it. */
    private void stir(String kqueue) {
        stirred.add(kqueue);
        for (Knote knote : knotes.values()) {
            if (knote.name.equals(kqueue) && knote.kqueue.compareTo(kqueue) < 0) {
                knote.woken.add(Cause.INSIDE);
                stir(knote.kqueue);
            }
        }
    }

    /** Applies the changes of a call that was made and returned at two moments, as far as they have succeeded. */
    void changes(Step step, long from, long to) {
        String kqueue = step.operand(0);
        List<Kevent> events = step.result().events();
        int entry = 0;
        int entries = 0;
        for (Kevent change : files.containsKey(kqueue) ? step.changes() : List.<Kevent>of()) {
            boolean isEntry = entry < events.size() && events.get(entry).isResultOf(change);
            boolean refused = isEntry ? events.get(entry).data() != 0
                    : (step.result().isFailure() || entries >= step.room()) && isRefused(kqueue, change);
            entry += isEntry ? 1 : 0;
            entries += refused || change.has(KeventFlags.EV_RECEIPT) ? 1 : 0;
            if (!refused) {
                apply(kqueue, change, from, to);
            }
            if (entries > step.room()) {
                // What has no room has ended the call.
                break;
            }
        }
        if (!step.changes().isEmpty()) {
            stir(kqueue);
        }
    }

    /** Whether a change that left no entry must have failed. */
    private boolean isRefused(String kqueue, Kevent change) {
        boolean unknown = !knotes.containsKey(key(kqueue, change.name(), change.filter()));
        boolean write = change.is("WRITE");
        OpenFile file = file(change.name());
        return change.filter().startsWith("filt") || unknown && !change.has(KeventFlags.EV_ADD)
                || (write || change.is("READ")) && file.names.isEmpty() || write && file.kind == 'k'
                || write && unknown && file.kind == 'p' && file.peer.names.isEmpty();
    }

    private void apply(String kqueue, Kevent change, long from, long to) {
        String key = key(kqueue, change.name(), change.filter());
        boolean adds = change.has(KeventFlags.EV_ADD);
        if (adds) {
            added.put(key, knotes.computeIfAbsent(key, absent -> new Knote(kqueue, change, file(change.name()))));
        } else if (change.has(KeventFlags.EV_DELETE)) {
            knotes.remove(key);
            added.remove(key);
        }
        Knote knote = knotes.get(key);
        if (knote != null) {
            knote.udataOfAdd = adds ? change.udata() : knote.udataOfAdd;
            knote.udataOfChange = change.udata();
            knote.woken.addAll(adds ? Set.of() : Set.of(Cause.CHANGE));
            knote.isIdle &= !adds && !change.has(KeventFlags.EV_DISABLE);
            if (adds && change.is("TIMER")) {
                knote.timer = new TimerClock(knote.timer, change, knote.flags, startNanos, from, to);
            } else if (knote.timer != null) {
                knote.timer.changed(change);
            }
        }
    }

    /** An event that was seen and not recorded, or with ONESHOT where it was recorded without. */
    void firedHereOnly(String kqueue, Kevent event) {
        Knote knote = knote(kqueue, event);
        knote.fired(event);
        knote.isGone |= event.isOneshot();
        knote.isIdle |= !event.isOneshot() && knote.isDispatch() && !knote.isClear();
    }

    /**
     * Takes the events of a call into account.
     *
     * @param missing those of them that were not seen
     */
    void events(Step step, Result seen, List<Kevent> missing) {
        String kqueue = step.operand(0);
        Result result = step.result();
        List<Kevent> events = result.reported();
        if (step.room() > events.size() && !result.isFailure() && result.changeResults().isEmpty()) {
            delivering.remove(kqueue);
            stirred.remove(kqueue);
        }
        if (!events.isEmpty()) {
            delivering.add(kqueue);
        }
        seen.reported().stream().filter(event -> knote(kqueue, event).timer != null)
                .forEach(event -> knote(kqueue, event).timer.delivered(event.data()));
        for (Kevent event : events) {
            Knote knote = knote(kqueue, event);
            knote.fired(event);
            knote.isEndRecorded |= event.isEof();
            knote.isIdle = false;
            knote.isMissed = missing.contains(event);
            if (event.isOneshot()) {
                knotes.values().remove(knote);
            }
        }
    }

    /** Takes a recorded line into account that is no kevent call. */
    void follow(Step step) {
        String x = step.operand(0);
        String y = step.operand(1);
        OpenFile file = x.isEmpty() ? null : file(x);
        String outcome = step.result() == null ? "" : step.result().outcome();
        switch (step.verb()) {
            case "OPEN", "DGRAM" -> openBoth("a" + x, "b" + x).isDatagram = step.is("DGRAM");
            case "PIPE" -> openBoth("p" + x + "r", "p" + x + "w");
            case "KQ" -> open("k" + x);
            case "UDP" -> open("u" + x);
            case "LISTEN" -> open(x.startsWith("l") ? x : "l" + x);
            case "SOCKET", "LOCAL", "OPENFILE" -> open(x);
            case "CONNECT" -> file(y).clients.add(file);
            case "ACCEPT" -> accept(x, file(y), outcome);
            case "R", "RECV", "DRAIN" -> read(step, file, outcome);
            case "W", "FILL" -> {
                file.readSinceFull = step.is("FILL") ? 0 : file.readSinceFull;
                file.wasFilled |= step.is("FILL");
                file.isErrorTaken |= "cs".indexOf(file.kind) >= 0 && outcome.equals("-1 err 32");
                wake(file, Cause.WRITE, Cause.PEER_WRITE);
            }
            case "SEND" -> files.values().forEach(to -> to.hasEmptyDatagram |= y.equals("0"));
            case "SENDTO" -> {
                file(y).hasEmptyDatagram |= step.operand(2).equals("0");
                wake(file(y), Cause.PEER_WRITE, Cause.PEER_READ);
            }
            case "UCONN" -> {
                file.isRefused = y.equals("refused");
                wake(file, Cause.CONNECT, Cause.CONNECT);
            }
            case "SOERR" -> file.isErrorTaken = false;
            case "SHUTWR", "SHUTRD", "SHUT", "CLOSE", "RST" -> {
                file.isShut |= !step.is("SHUTRD");
                wake(file, Cause.SHUT, Cause.SHUT);
                if (step.is("CLOSE") || step.is("RST")) {
                    close(x);
                }
            }
            case "DUP2" -> dup2(x, y);
            default -> {
            }
        }
    }

    private void accept(String name, OpenFile listener, String outcome) {
        wake(listener, Cause.READ, Cause.PEER_READ);
        if (!outcome.startsWith("-")) {
            OpenFile server = open(name);
            server.peer = listener.clients.poll();
            if (server.peer != null) {
                server.peer.peer = server;
            }
        }
    }

    private void read(Step step, OpenFile file, String outcome) {
        // A case that shows no result has read something.
        int bytes = outcome.isEmpty() ? 1 : step.is("R") && !outcome.startsWith("-") ? Integer.parseInt(outcome) : 0;
        if (step.is("DRAIN") && file.peer != null) {
            file.peer.readSinceFull = -1;
        } else if (file.peer != null && file.peer.isFull()) {
            file.peer.readSinceFull += bytes;
        }
        file.isErrorTaken &= !outcome.endsWith("err 54");
        // A pipe wakes its waiters even for a read of nothing.
        if (!step.is("R") || bytes > 0 || file.kind == 'p') {
            wake(file, Cause.READ, Cause.PEER_READ);
        }
    }

    private void close(String name) {
        file(name).names.remove(name);
        files.remove(name);
        knotes.values().removeIf(knote -> knote.kqueue.equals(name) || knote.name.equals(name));
    }

    private void dup2(String from, String to) {
        if (!from.equals(to)) {
            OpenFile file = file(from);
            wake(file(to), Cause.SHUT, Cause.SHUT);
            close(to);
            added.values().removeIf(knote -> knote.name.equals(to) && knote.file == file);
            files.put(to, file);
            file.names.add(to);
        }
    }

    /** Deletes the knotes that a dup2 removes although the number names the same file as when they were added. */
    List<Step> deletionsOfSameFile(Step dup2) {
        String to = dup2.operand(1);
        OpenFile file = file(dup2.operand(0));
        return dup2.operand(0).equals(to) ? List.of()
                : added.values().stream().filter(knote -> knote.name.equals(to) && knote.file == file)
                        .map(knote -> dup2.change(knote.kqueue, knote.change(KeventFlags.EV_DELETE))).toList();
    }

    /** The changes that enable the idle knotes which the last line has woken; they are idle no more. */
    List<Step> enableWoken(Step line) {
        List<Step> changes = new ArrayList<>();
        for (Knote knote : knotes.values()) {
            Cause peer = knote.filter.equals("READ") ? Cause.PEER_WRITE : Cause.PEER_READ;
            if (knote.isIdle && knote.isWoken(Cause.SHUT, peer)) {
                changes.add(line.change(knote.kqueue, knote.change(KeventFlags.EV_ENABLE)));
                knote.isIdle = false;
            }
        }
        return changes;
    }
}
