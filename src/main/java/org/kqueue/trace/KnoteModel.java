package org.kqueue.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.KeventFlags;

/** What a trace's own record says about its knotes and descriptors: kept line by line, so that a rule can ask. */
final class KnoteModel {

    /** EV_ flags of each knote's first ADD, by kqueue, name and filter. */
    private final Map<String, Integer> knotes = new HashMap<>();
    private final Map<String, String> files = new HashMap<>();
    private int opened;
    private boolean connectionFilled;
    /** Kqueues that had a change which is no ADD. */
    private final Set<String> changed = new HashSet<>();
    /** Writers whose buffer was filled and not drained since. */
    private final Set<String> full = new HashSet<>();
    /** Kqueue, name, filter and what happened to the descriptor since the knote last fired. */
    private final Set<String> woken = new HashSet<>();

    /** udata of each knote's ADDs, and of its changes of any kind. */
    private final Map<String, Set<Long>> addUdata = new HashMap<>();
    private final Map<String, Set<Long>> changeUdata = new HashMap<>();

    /** What wakes a descriptor's waiters without changing a condition. */
    enum Cause { READ, WRITE, SHUT, CHANGE, CONNECT, LOST_WRITE }

    /** Bytes read from the other end of a descriptor since its buffer was filled, and descriptors shut down for writing: by file. */
    private final Map<String, Integer> readSinceFull = new HashMap<>();
    private final Set<String> shut = new HashSet<>();
    private final Set<String> grown = new HashSet<>();
    /** Sockets that an empty datagram was sent to, or may have been. */
    private final Set<String> emptyDatagrams = new HashSet<>();
    /** Knotes that dup2 has taken from their number, with the file they were added for. */
    private final Map<String, String> addedFor = new HashMap<>();
    /** Kqueues whose last call delivered events. */
    private final Set<String> delivering = new HashSet<>();
    /** Kqueues with a knote that something happened to since they were scanned to the end. */
    private final Set<String> stirred = new HashSet<>();

    private static String key(String kqueue, String name, String filter) {
        return kqueue + ' ' + name + ' ' + filter;
    }

    /** Whether a knote exists whose first ADD had a flag. */
    boolean has(String kqueue, String name, String filter, int flag) {
        return (knotes.getOrDefault(key(kqueue, name, filter), 0) & flag) != 0;
    }

    /** Whether a descriptor's buffer is full, or was until little of it was read. */
    boolean isFull(String name) {
        return full.contains(file(name));
    }

    /** Bytes read from the other end since a descriptor's buffer was filled. */
    int readSinceFull(String name) {
        return readSinceFull.getOrDefault(file(name), 0);
    }

    /** Whether a pipe took a write although it had been filled, on the recording system. */
    boolean hasGrown(String name) {
        return grown.contains(file(name));
    }

    boolean isShut(String name) {
        return shut.contains(file(name));
    }

    boolean hasEmptyDatagram(String name) {
        return emptyDatagrams.contains(name);
    }

    /** How many knotes a kqueue has. */
    int count(String kqueue) {
        return (int) knotes.keySet().stream().filter(key -> key.startsWith(kqueue + ' ')).count();
    }

    /** Whether a kqueue can hold knotes that are queued and no longer true: delivered by its last call, or woken since. */
    boolean mayBeStale(String kqueue) {
        return delivering.contains(kqueue) || stirred.contains(kqueue)
                || watched(kqueue).stream().anyMatch(this::mayBeStale);
    }

    /** Whether a CLEAR knote of a kqueue, or of one that it watches, was woken by a shutdown. */
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

    /** The knotes of kqueues that a dup2 removes although the number names the same file as when they were added. */
    List<TraceStep> knotesOfSameFile(TraceStep dup2) {
        String name = dup2.operand(1);
        List<TraceStep> deletions = new ArrayList<>();
        addedFor.forEach((key, file) -> {
            String[] parts = key.split(" ");
            if (parts[1].equals(name) && file.equals(file(dup2.operand(0)))) {
                deletions.add(new TraceStep(dup2.where(), "K", List.of(parts[0]),
                        List.of(new TraceStep.Change(name, parts[2], KeventFlags.EV_DELETE, 0)), 0, "0", List.of()));
            }
        });
        return deletions;
    }

    /** Takes events into account that a kernel delivered. */
    void fired(TraceStep seen) {
        for (TraceStep.Seen event : seen.isKevent() ? seen.events() : List.<TraceStep.Seen>of()) {
            String key = key(seen.operand(0), event.name(), event.filter()) + ' ';
            woken.removeIf(entry -> entry.startsWith(key));
        }
    }

    private void wake(String name, Cause cause) {
        String file = file(name);
        for (String end : new String[] {file, peer(file)}) {
            for (String named : namesOf(end)) {
                for (int k = 0; k < 3; k++) {
                    if (knotes.containsKey(key("k" + k, named, "READ")) || knotes.containsKey(key("k" + k, named, "WRITE"))) {
                        stirred.add("k" + k);
                    }
                    woken.add(key("k" + k, named, "READ") + ' ' + cause);
                    woken.add(key("k" + k, named, "WRITE") + ' ' + cause);
                }
            }
        }
    }

    /** The open file behind a name, which dup2 gives a second one: its first name and how often that was opened. */
    private String file(String name) {
        return files.getOrDefault(name, name);
    }

    private List<String> namesOf(String file) {
        List<String> names = new ArrayList<>();
        files.forEach((name, named) -> {
            if (named.equals(file)) {
                names.add(name);
            }
        });
        return names.isEmpty() ? List.of(file) : names;
    }

    void open(String... names) {
        opened++;
        for (String name : names) {
            files.put(name, name + '#' + opened);
        }
    }

    private static String peer(String file) {
        return switch (file.charAt(0)) {
            case 'a' -> "b" + file.substring(1);
            case 'b' -> "a" + file.substring(1);
            case 'p' -> file.contains("r") ? file.replace('r', 'w') : file.replace('w', 'r');
            default -> "";
        };
    }

    /** Whether a name is that of an end of a socket pair. */
    boolean isPair(String name) {
        return file(name).startsWith("a") || file(name).startsWith("b");
    }

    /** Takes a call's changes into account, before its events are compared. */
    void changes(TraceStep step) {
        for (TraceStep.Change change : step.changes()) {
            String key = key(step.operand(0), change.name(), change.filter());
            if (change.has(KeventFlags.EV_ADD)) {
                addUdata.computeIfAbsent(key, name -> new HashSet<>()).add(change.udata());
            }
            changeUdata.computeIfAbsent(key, name -> new HashSet<>()).add(change.udata());
            if (addUdata.containsKey(key) && !change.has(KeventFlags.EV_ADD)) {
                woken.add(key + ' ' + Cause.CHANGE);
                changed.add(step.operand(0));
            }
        }
    }

    /** Whether an ADD of a knote gave it the one, and another change the other. */
    boolean hasUdata(String kqueue, TraceStep.Seen event, long ofAdd, long ofChange) {
        String key = key(kqueue, event.name(), event.filter());
        return addUdata.getOrDefault(key, Set.of()).contains(ofAdd) && changeUdata.getOrDefault(key, Set.of()).contains(ofChange);
    }

    boolean hasChanged(String kqueue) {
        return changed.contains(kqueue);
    }

    /** Whether a TCP connection of the trace is full, or was. */
    boolean hasFullConnection() {
        return connectionFilled;
    }

    /** Takes a recorded line into account. */
    void follow(TraceStep step) {
        switch (step.verb()) {
            case "R", "RECV" -> read(step);
            case "DRAIN" -> {
                wake(step.operand(0), Cause.READ);
                full.remove(peer(file(step.operand(0))));
                readSinceFull.remove(peer(file(step.operand(0))));
            }
            case "W" -> wake(step.operand(0), Cause.WRITE);
            case "ACCEPT" -> wake(step.operand(1), Cause.READ);
            case "UCONN" -> wake(step.operand(0), Cause.CONNECT);
            case "SENDTO", "SEND" -> sent(step);
            case "FILL" -> {
                wake(step.operand(0), Cause.WRITE);
                full.add(file(step.operand(0)));
                connectionFilled |= step.operand(0).startsWith("c") || step.operand(0).startsWith("s");
            }
            case "CLOSE", "SHUTWR", "RST" -> {
                wake(step.operand(0), Cause.SHUT);
                shut.add(file(step.operand(0)));
            }
            default -> {
            }
        }
        switch (step.verb()) {
            case "K" -> kevent(step);
            case "CLOSE", "RST" -> close(step.operand(0));
            case "DUP2" -> {
                close(step.operand(1));
                addedFor.keySet().removeIf(key -> key.contains(' ' + step.operand(1) + ' ')
                        && addedFor.get(key).equals(file(step.operand(0))));
                files.put(step.operand(1), file(step.operand(0)));
            }
            case "OPEN" -> open("a" + step.operand(0), "b" + step.operand(0));
            case "PIPE" -> open("p" + step.operand(0) + "r", "p" + step.operand(0) + "w");
            default -> {
            }
        }
    }

    private void read(TraceStep step) {
        int count = step.outcome().startsWith("-") ? 0 : Integer.parseInt(step.outcome());
        // A pipe wakes its waiters even for a read of nothing.
        if (count > 0 || step.verb().equals("RECV") || step.operand(0).startsWith("p")) {
            wake(step.operand(0), Cause.READ);
        }
        String writer = peer(file(step.operand(0)));
        if (full.contains(writer)) {
            readSinceFull.merge(writer, count, Integer::sum);
        }
    }

    private void sent(TraceStep step) {
        if (step.operand(step.operands().size() - 1).equals("0")) {
            for (int i = 0; i < 3; i++) {
                if (step.verb().equals("SEND") || step.operand(1).equals("u" + i)) {
                    emptyDatagrams.add("u" + i);
                }
            }
        }
    }

    /** A write that this system refused and the recording one did not: what it would have woken. */
    void lost(TraceStep write) {
        wake(write.operand(0), Cause.LOST_WRITE);
        grown.add(file(write.operand(0)));
    }

    private void close(String name) {
        files.remove(name);
        knotes.keySet().removeIf(key -> key.startsWith(name + ' ') || key.contains(' ' + name + ' '));
    }

    private void kevent(TraceStep step) {
        String kqueue = step.operand(0);
        boolean failed = step.outcome() != null && step.outcome().startsWith("-1");
        int entry = 0;
        int receipts = 0;
        for (TraceStep.Change change : step.changes()) {
            if (receipts > step.room()) {
                // A receipt without room has ended the call.
                break;
            }
            receipts += change.has(KeventFlags.EV_RECEIPT) ? 1 : 0;
            String key = key(kqueue, change.name(), change.filter());
            boolean isEntry = entry < step.events().size() && !step.events().get(entry).isEvent()
                    && step.events().get(entry).udata() == change.udata();
            boolean refused = isEntry && step.events().get(entry).data() != 0
                    || failed && !change.has(KeventFlags.EV_ADD) && !knotes.containsKey(key);
            entry += isEntry ? 1 : 0;
            if (refused) {
                if (failed) {
                    break;
                }
            } else if (change.has(KeventFlags.EV_ADD)) {
                if (knotes.putIfAbsent(key, change.flags()) == null) {
                    addedFor.put(key, file(change.name()));
                }
            } else if (change.has(KeventFlags.EV_DELETE)) {
                knotes.remove(key);
                addedFor.remove(key);
            }
        }
        if (!step.changes().isEmpty()) {
            stirred.add(kqueue);
        }
        if (step.room() > step.events().size() && !failed && step.events().stream().allMatch(TraceStep.Seen::isEvent)) {
            delivering.remove(kqueue);
            stirred.remove(kqueue);
        }
        if (step.events().stream().anyMatch(TraceStep.Seen::isEvent)) {
            delivering.add(kqueue);
        }
        for (TraceStep.Seen event : step.events()) {
            if (event.isEvent() && event.has(KeventFlags.EV_ONESHOT)) {
                knotes.remove(key(kqueue, event.name(), event.filter()));
            }
        }
    }
}
