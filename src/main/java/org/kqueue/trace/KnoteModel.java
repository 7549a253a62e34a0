package org.kqueue.trace;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.kqueue.KeventFlags;

/** What a trace's own record says about its knotes and descriptors: kept line by line, so that a rule can ask. */
final class KnoteModel {

    /** EV_ flags of each knote's first ADD, by kqueue, name and filter. */
    private final Map<String, Integer> knotes = new HashMap<>();
    private final Set<String> closed = new HashSet<>();
    private final Set<String> read = new HashSet<>();

    private static String key(String kqueue, String name, String filter) {
        return kqueue + ' ' + name + ' ' + filter;
    }

    /** Whether a knote exists whose first ADD had a flag. */
    boolean has(String kqueue, String name, String filter, int flag) {
        return (knotes.getOrDefault(key(kqueue, name, filter), 0) & flag) != 0;
    }

    /** Whether the other end of a socket pair is closed. */
    boolean isPeerClosed(String name) {
        return closed.contains(peer(name));
    }

    /** Whether a descriptor was read since a kevent call on a kqueue last looked at it. */
    boolean wasRead(String kqueue, String name) {
        return read.contains(kqueue + ' ' + name);
    }

    static String peer(String name) {
        return switch (name.charAt(0)) {
            case 'a' -> "b" + name.substring(1);
            case 'b' -> "a" + name.substring(1);
            case 'p' -> name.substring(0, name.length() - 1) + (name.endsWith("r") ? "w" : "r");
            default -> "";
        };
    }

    static boolean isPair(String name) {
        return name.startsWith("a") || name.startsWith("b");
    }

    /** Takes a recorded line into account. */
    void follow(TraceStep step) {
        switch (step.verb()) {
            case "K" -> kevent(step);
            case "CLOSE", "RST" -> close(step.operand(0));
            case "DUP2" -> {
                close(step.operand(1));
                closed.remove(step.operand(1));
            }
            case "OPEN" -> {
                closed.remove("a" + step.operand(0));
                closed.remove("b" + step.operand(0));
            }
            case "PIPE" -> {
                closed.remove("p" + step.operand(0) + "r");
                closed.remove("p" + step.operand(0) + "w");
            }
            case "R", "DRAIN", "RECV" -> {
                for (int k = 0; k < 3; k++) {
                    read.add("k" + k + ' ' + step.operand(0));
                }
            }
            default -> {
            }
        }
    }

    private void close(String name) {
        closed.add(name);
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
        read.removeIf(key -> key.startsWith(kqueue + ' '));
    }
}
