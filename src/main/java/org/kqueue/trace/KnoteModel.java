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
    /** Writers whose buffer was filled and not drained since. */
    private final Set<String> full = new HashSet<>();
    /** Kqueue, name, filter and what happened to the descriptor since the knote last fired. */
    private final Set<String> woken = new HashSet<>();

    /** udata of each knote's last ADD, and of its last change of any kind. */
    private final Map<String, Long> addUdata = new HashMap<>();
    private final Map<String, Long> changeUdata = new HashMap<>();

    /** What wakes a descriptor's waiters without changing a condition. */
    enum Cause { READ, WRITE, SHUT, CHANGE }

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

    /** Whether something happened to a descriptor since a knote of it last fired. */
    boolean isWoken(String kqueue, TraceStep.Seen event, Cause... causes) {
        for (Cause cause : causes) {
            if (woken.contains(key(kqueue, event.name(), event.filter()) + ' ' + cause)) {
                return true;
            }
        }
        return false;
    }

    /** Takes events into account that this kernel delivered. */
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
                addUdata.put(key, change.udata());
            }
            if (addUdata.containsKey(key)) {
                changeUdata.put(key, change.udata());
            }
            if (addUdata.containsKey(key) && !change.has(KeventFlags.EV_ADD)) {
                woken.add(key + ' ' + Cause.CHANGE);
            }
        }
    }

    /** The call's events with the udata of the last ADD, where they have that of the last change. */
    TraceStep withUdataOfAdd(TraceStep seen) {
        List<TraceStep.Seen> events = new ArrayList<>();
        for (TraceStep.Seen event : seen.events()) {
            String key = key(seen.operand(0), event.name(), event.filter());
            boolean ofChange = event.isEvent() && Long.valueOf(event.udata()).equals(changeUdata.get(key));
            events.add(!ofChange ? event : new TraceStep.Seen(event.name(), event.filter(), event.flags(), event.data(),
                    event.fflags(), addUdata.get(key)));
        }
        return seen.saw(seen.outcome(), events);
    }

    /** Takes a recorded line into account. */
    void follow(TraceStep step) {
        switch (step.verb()) {
            case "R" -> wake(step.operand(0), Cause.READ);
            case "DRAIN" -> {
                wake(step.operand(0), Cause.READ);
                full.remove(peer(file(step.operand(0))));
            }
            case "W" -> wake(step.operand(0), Cause.WRITE);
            case "FILL" -> {
                wake(step.operand(0), Cause.WRITE);
                full.add(file(step.operand(0)));
            }
            case "CLOSE", "SHUTWR", "RST" -> wake(step.operand(0), Cause.SHUT);
            default -> {
            }
        }
        switch (step.verb()) {
            case "K" -> kevent(step);
            case "CLOSE", "RST" -> close(step.operand(0));
            case "DUP2" -> {
                close(step.operand(1));
                files.put(step.operand(1), file(step.operand(0)));
            }
            case "OPEN" -> open("a" + step.operand(0), "b" + step.operand(0));
            case "PIPE" -> open("p" + step.operand(0) + "r", "p" + step.operand(0) + "w");
            default -> {
            }
        }
    }

    private void close(String name) {
        files.remove(name);
        knotes.keySet().removeIf(key -> key.startsWith(name + ' ') || key.contains(' ' + name + ' '));
    }

    private void kevent(TraceStep step) {
        String kqueue = step.operand(0);
        boolean failed = step.outcome() != null && step.outcome().startsWith("-1");
        int entry = 0;
        for (TraceStep.Change change : step.changes()) {
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
                knotes.putIfAbsent(key, change.flags());
            } else if (change.has(KeventFlags.EV_DELETE)) {
                knotes.remove(key);
            }
        }
        for (TraceStep.Seen event : step.events()) {
            if (event.isEvent() && event.has(KeventFlags.EV_ONESHOT)) {
                knotes.remove(key(kqueue, event.name(), event.filter()));
            }
        }
    }
}
