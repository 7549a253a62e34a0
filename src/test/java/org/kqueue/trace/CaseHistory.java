package org.kqueue.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has been done in a case so far: what the rules of {@link CaseDifference} look at. Thread-safe. */
final class CaseHistory {

    /** What a name stands for. */
    enum Kind {
        UNIX, DATAGRAM, TCP, LISTENER, PIPE_READER, PIPE_WRITER, FIFO, FILE, DIRECTORY, TERMINAL, DEVICE, KQUEUE
    }

    /** An operation, its operands, and what it returned: a result, and the BSD errno where it failed. */
    record Deed(List<String> words, long result, int errno) {

        String verb() {
            return words.get(0).replace("!", "");
        }

        String operand(int index) {
            return index + 1 < words.size() ? words.get(index + 1) : "";
        }
    }

    private final Map<String, Kind> kinds = new HashMap<>();
    private final Map<String, String> peers = new HashMap<>();
    private final List<Deed> deeds = new ArrayList<>();
    private final Set<String> marks = new HashSet<>();
    /** The changes of the call at hand. */
    private List<CaseEntry> changes = List.of();
    private boolean interrupted;

    synchronized void made(String name, Kind kind) {
        kinds.put(name, kind);
        peers.remove(name);
    }

    synchronized void connected(String one, String other) {
        peers.put(one, other);
        peers.put(other, one);
    }

    synchronized Kind kind(String name) {
        return kinds.get(name);
    }

    /** The other end, or the empty string. */
    synchronized String peer(String name) {
        return peers.getOrDefault(name, "");
    }

    synchronized void done(Deed deed) {
        deeds.add(deed);
    }

    /** Whether the last operation that was more than waiting was this one. */
    synchronized boolean last(String verb) {
        return lastDeed().verb().equals(verb);
    }

    synchronized Deed lastDeed() {
        for (int i = deeds.size() - 1; i >= 0; i--) {
            String verb = deeds.get(i).verb();
            if (!verb.equals("settle") && !verb.equals("sleep")) {
                return deeds.get(i);
            }
        }
        return new Deed(List.of(""), 0, 0);
    }

    synchronized boolean has(String verb, String operand) {
        return deeds.stream().anyMatch(deed -> deed.verb().equals(verb) && deed.operand(0).equals(operand));
    }

    synchronized void calling(List<CaseEntry> newChanges) {
        changes = newChanges;
        interrupted = false;
    }

    synchronized List<CaseEntry> changes() {
        return changes;
    }

    synchronized void wasInterrupted() {
        interrupted = true;
    }

    synchronized boolean interrupted() {
        return interrupted;
    }

    /** What a rule remembers for the lines to come. */
    synchronized void mark(String what) {
        marks.add(what);
    }

    synchronized boolean isMarked(String what) {
        return marks.contains(what);
    }

    synchronized boolean unmark(String what) {
        return marks.remove(what);
    }
}
