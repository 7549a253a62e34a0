package org.kqueue.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.KeventFlags;

/** What a trace's own record says about its knotes: kept line by line, so that a rule can ask. */
final class KnoteModel {

    /**
     * What wakes a descriptor's waiters without changing a condition, done to the descriptor itself or to its other
     * end; inside is what happens to the knotes of a watched kqueue.
     */
    enum Cause { READ, PEER_READ, WRITE, PEER_WRITE, SHUT, CHANGE, CONNECT, LOST_WRITE, INSIDE }

    private final FileModel files = new FileModel();
    private final Divergence apart = new Divergence(this);
    /** EV_ flags of each knote's first ADD, by kqueue, name and filter. */
    private final Map<String, Integer> knotes = new HashMap<>();
    /** As above, of the knotes that the changes of the line at hand make; null for those that they delete. */
    private final Map<String, Integer> changing = new HashMap<>();
    /** Kqueue, name, filter and what happened to the descriptor since the knote last fired. */
    private final Set<String> woken = new HashSet<>();
    /** udata of each knote's last ADD, and of its last change of any kind. */
    private final Map<String, Long> addUdata = new HashMap<>();
    private final Map<String, Long> changeUdata = new HashMap<>();
    /** The file that each knote was added for; kept when dup2 has taken the knote from its number. */
    private final Map<String, String> addedFor = new HashMap<>();
    /** Kqueues whose last call delivered events. */
    private final Set<String> delivering = new HashSet<>();
    /** Kqueues with a knote that something happened to since they were scanned to the end. */
    private final Set<String> stirred = new HashSet<>();
    /** Knotes that have shown EOF. */
    private final Set<String> ended = new HashSet<>();

    static String key(String kqueue, String name, String filter) {
        return kqueue + ' ' + name + ' ' + filter;
    }

    KnoteModel() {
        files.open("k0");
    }

    /** What the two kernels' knotes differ in. */
    Divergence apart() {
        return apart;
    }

    FileModel files() {
        return files;
    }

    boolean exists(String kqueue, String name, String filter) {
        return kind(key(kqueue, name, filter)) != null;
    }

    private Integer kind(String key) {
        return changing.containsKey(key) ? changing.get(key) : knotes.get(key);
    }

    /** The EV_ flags of a knote's first ADD; 0 where it does not exist. */
    int flags(String kqueue, String name, String filter) {
        Integer kind = kind(key(kqueue, name, filter));
        return kind == null ? 0 : kind;
    }

    /** Whether a knote exists whose first ADD had a flag. */
    boolean has(String kqueue, String name, String filter, int flag) {
        return (flags(kqueue, name, filter) & flag) != 0;
    }

    /** How many knotes a kqueue has. */
    int count(String kqueue) {
        return (int) knotes.keySet().stream().filter(key -> key.startsWith(kqueue + ' ')).count();
    }

    /** Whether a kqueue's last call has delivered all that was in the queue. */
    boolean hasReportedAll(String kqueue) {
        return delivering.contains(kqueue);
    }

    /**
     * Whether a kqueue can hold knotes that are queued and no longer true: delivered by its last call, or woken since.
     */
    boolean mayBeStale(String kqueue) {
        return delivering.contains(kqueue) || stirred.contains(kqueue)
                || watched(kqueue).stream().anyMatch(this::mayBeStale);
    }

    /** Whether a CLEAR knote of a kqueue, or of one that it watches, was woken for a cause. */
    boolean isWokenInside(String kqueue, Cause cause) {
        return woken.stream().anyMatch(entry -> entry.startsWith(kqueue + ' ') && entry.endsWith(" " + cause)
                && (knotes.getOrDefault(entry.substring(0, entry.lastIndexOf(' ')), 0) & KeventFlags.EV_CLEAR) != 0)
                || watched(kqueue).stream().anyMatch(inner -> isWokenInside(inner, cause));
    }

    private List<String> watched(String kqueue) {
        return knotes.keySet().stream().filter(key -> key.startsWith(kqueue + " k")).map(key -> key.split(" ")[1])
                .filter(inner -> inner.compareTo(kqueue) > 0).toList();
    }

    /** Whether something happened to a descriptor since a knote of it last fired. */
    boolean isWoken(String kqueue, TraceStep.Seen event, Cause... causes) {
        for (Cause cause : causes) {
            if (woken.contains(key(kqueue, event.name(), event.filter()) + ' ' + cause)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the last ADD of a knote gave it the one, and the last change of any kind the other. */
    boolean hasUdata(String kqueue, TraceStep.Seen event, long ofAdd, long ofChange) {
        String key = key(kqueue, event.name(), event.filter());
        return Long.valueOf(ofAdd).equals(addUdata.get(key)) && Long.valueOf(ofChange).equals(changeUdata.get(key));
    }

    /** The knotes of kqueues that a dup2 removes although the number names the same file as when they were added. */
    List<TraceStep> knotesOfSameFile(TraceStep dup2) {
        String name = dup2.operand(1);
        List<TraceStep> deletions = new ArrayList<>();
        addedFor.forEach((key, file) -> {
            String[] parts = key.split(" ");
            if (parts[1].equals(name) && file.equals(files.of(dup2.operand(0)))) {
                deletions.add(dup2.change(parts[0], new TraceStep.Change(name, parts[2], KeventFlags.EV_DELETE, 0)));
            }
        });
        return deletions;
    }

    /** Takes events into account that a kernel delivered. */
    void fired(String kqueue, List<TraceStep.Seen> events) {
        for (TraceStep.Seen event : events) {
            String key = key(kqueue, event.name(), event.filter());
            if (event.isEvent()) {
                woken.removeIf(entry -> entry.startsWith(key + ' '));
            }
            if (event.has(KeventFlags.EV_EOF)) {
                ended.add(key);
            }
        }
    }

    /** Whether an event of a knote has shown EOF before. */
    boolean hasReportedEnd(String kqueue, TraceStep.Seen event) {
        return ended.contains(key(kqueue, event.name(), event.filter()));
    }

    /** Whether another kqueue has a knote on one. */
    boolean isWatched(String kqueue) {
        return knotes.keySet().stream().anyMatch(key -> key.contains(' ' + kqueue + ' '));
    }

    private void wake(String name, Cause cause, Cause peerCause) {
        String file = files.of(name);
        wakeFile(file, cause);
        wakeFile(files.peer(file), peerCause);
    }

    private void wakeFile(String file, Cause cause) {
        for (String name : files.names(file)) {
            for (String key : knotes.keySet()) {
                if (key.contains(' ' + name + ' ')) {
                    woken.add(key + ' ' + cause);
                    stir(key.substring(0, key.indexOf(' ')));
                }
            }
        }
    }

    /**
     * Something happened to a kqueue's knotes, and so to the knotes of those that watch it: these have names before its
     * own.
     */
    private void stir(String kqueue) {
        stirred.add(kqueue);
        for (String key : knotes.keySet()) {
            String watcher = key.substring(0, key.indexOf(' '));
            if (key.contains(' ' + kqueue + ' ') && watcher.compareTo(kqueue) < 0) {
                woken.add(key + ' ' + Cause.INSIDE);
                stir(watcher);
            }
        }
    }

    /** Takes a call's changes into account, before its events are compared. */
    void changes(TraceStep step) {
        changing.clear();
        boolean events = step.events().stream().anyMatch(TraceStep.Seen::isEvent);
        for (TraceStep.Change change : step.changes()) {
            String key = key(step.operand(0), change.name(), change.filter());
            Integer kind = kind(key);
            if (kind == null && change.has(KeventFlags.EV_ADD)) {
                changing.put(key, change.flags());
            } else if (change.has(KeventFlags.EV_DELETE) && !change.has(KeventFlags.EV_ADD)) {
                changing.put(key, null);
            } else if (kind != null && !change.has(KeventFlags.EV_ADD)) {
                woken.add(key + ' ' + Cause.CHANGE);
            }
            if (events) {
                // No change has failed, or there would be none.
                giveUdata(key, change);
            }
        }
    }

    private void giveUdata(String key, TraceStep.Change change) {
        if (change.has(KeventFlags.EV_ADD)) {
            addUdata.put(key, change.udata());
        }
        changeUdata.put(key, change.udata());
    }

    /** Takes a recorded line into account. */
    void follow(TraceStep step) {
        String x = step.operand(0);
        switch (step.verb()) {
            case "R", "RECV" -> {
                // A pipe wakes its waiters even for a read of nothing.
                if (FileModel.count(step) > 0 || step.verb().equals("RECV") || x.startsWith("p")) {
                    wake(x, Cause.READ, Cause.PEER_READ);
                }
            }
            case "DRAIN" -> wake(x, Cause.READ, Cause.PEER_READ);
            case "ACCEPT" -> wake(step.operand(1), Cause.READ, Cause.PEER_READ);
            case "W", "FILL" -> wake(x, Cause.WRITE, Cause.PEER_WRITE);
            case "SENDTO" -> wakeFile(files.of(step.operand(1)), Cause.PEER_WRITE);
            case "UCONN" -> wake(x, Cause.CONNECT, Cause.CONNECT);
            case "CLOSE", "SHUTWR", "RST" -> wake(x, Cause.SHUT, Cause.SHUT);
            case "K" -> kevent(step);
            default -> {
            }
        }
        switch (step.verb()) {
            case "CLOSE", "RST" -> {
                files.follow(step);
                close(x);
            }
            case "DUP2" -> {
                close(step.operand(1));
                addedFor.keySet().removeIf(key -> key.contains(' ' + step.operand(1) + ' ')
                        && addedFor.get(key).equals(files.of(x)));
                files.dup2(x, step.operand(1));
            }
            case "K" -> {
            }
            default -> files.follow(step);
        }
    }

    /** A write that this system refused and the recording one did not: what it would have woken. */
    void lost(TraceStep write) {
        wake(write.operand(0), Cause.LOST_WRITE, Cause.LOST_WRITE);
        files.lost(write.operand(0));
    }

    private void close(String name) {
        files.close(name);
        for (String key : List.copyOf(knotes.keySet())) {
            if (key.startsWith(name + ' ') || key.contains(' ' + name + ' ')) {
                remove(key);
            }
        }
    }

    private void remove(String key) {
        knotes.remove(key);
        apart.remove(key);
        ended.remove(key);
        woken.removeIf(entry -> entry.startsWith(key + ' '));
    }

    private void kevent(TraceStep step) {
        changing.clear();
        String kqueue = step.operand(0);
        boolean failed = step.outcome() != null && step.outcome().startsWith("-1");
        boolean closed = !files.isOpen(kqueue);
        int entry = 0;
        int entries = 0;
        for (TraceStep.Change change : closed ? List.<TraceStep.Change>of() : step.changes()) {
            boolean isEntry = entry < step.events().size() && !step.events().get(entry).isEvent()
                    && step.events().get(entry).udata() == change.udata();
            boolean refused = isEntry ? step.events().get(entry).data() != 0
                    : (failed || entries >= step.room()) && isRefused(step, change);
            entry += isEntry ? 1 : 0;
            boolean receipt = change.has(KeventFlags.EV_RECEIPT);
            entries += refused || receipt ? 1 : 0;
            if (!refused) {
                changed(key(kqueue, change.name(), change.filter()), change);
            }
            if (entries > step.room()) {
                // What has no room has ended the call.
                break;
            }
        }
        if (!step.changes().isEmpty()) {
            stir(kqueue);
        }
        if (step.room() > step.events().size() && !failed && step.events().stream().allMatch(TraceStep.Seen::isEvent)) {
            delivering.remove(kqueue);
            stirred.remove(kqueue);
        }
        if (step.events().stream().anyMatch(TraceStep.Seen::isEvent)) {
            delivering.add(kqueue);
        }
        for (TraceStep.Seen event : step.events()) {
            if (event.isEvent()) {
                apart.fired(key(kqueue, event.name(), event.filter()));
                if (event.has(KeventFlags.EV_ONESHOT)) {
                    remove(key(kqueue, event.name(), event.filter()));
                }
            }
        }
    }

    /** Whether a change that left no entry must have failed. */
    private boolean isRefused(TraceStep step, TraceStep.Change change) {
        boolean unknown = !knotes.containsKey(key(step.operand(0), change.name(), change.filter()));
        boolean write = change.filter().equals("WRITE");
        boolean pipe = change.name().startsWith("p");
        return change.filter().startsWith("filt") || !files.isOpen(change.name()) || unknown
                && !change.has(KeventFlags.EV_ADD)
                || write && change.name().startsWith("k")

                || write && unknown && pipe
                        && files.names(files.peer(files.of(change.name()))).stream().noneMatch(files::isOpen);
    }

    private void changed(String key, TraceStep.Change change) {
        giveUdata(key, change);
        if (change.has(KeventFlags.EV_ADD)) {
            if (knotes.putIfAbsent(key, change.flags()) == null) {
                addedFor.put(key, files.of(change.name()));
            }
            apart.enabledOrDisabled(key);
        } else if (change.has(KeventFlags.EV_DELETE)) {
            remove(key);
            addedFor.remove(key);
        } else if (change.has(KeventFlags.EV_DISABLE)) {
            apart.enabledOrDisabled(key);
        }
    }
}
