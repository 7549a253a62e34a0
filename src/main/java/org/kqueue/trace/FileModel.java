package org.kqueue.trace;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The open files of a trace as its record tells of them: a file has one name or, after dup2, several. It is called by
 * its first name and how often that was opened.
 */
final class FileModel {

    private final Map<String, String> files = new HashMap<>();
    private int opened;
    /** Of TCP connections: the other end. */
    private final Map<String, String> peers = new HashMap<>();
    /** Clients by listener, the oldest first. */
    private final Map<String, Deque<String>> pending = new HashMap<>();
    /** Writers whose buffer was filled and not drained since, and bytes read from the other end since. */
    private final Map<String, Integer> full = new HashMap<>();
    /** As above, with those that were drained since. */
    private final Set<String> filled = new HashSet<>();
    private final Set<String> shut = new HashSet<>();
    private final Set<String> grown = new HashSet<>();
    private final Set<String> emptyDatagrams = new HashSet<>();
    /** TCP sockets whose error a write has taken on Linux, and not on the recording system. */
    private final Set<String> errorsTaken = new HashSet<>();
    /** UDP sockets connected to the port where nobody listens. */
    private final Set<String> refused = new HashSet<>();

    static boolean isTcp(String name) {
        return name.startsWith("c") || name.startsWith("s");
    }

    String of(String name) {
        return files.getOrDefault(name, name);
    }

    List<String> names(String file) {
        List<String> names = new ArrayList<>();
        files.forEach((name, named) -> {
            if (named.equals(file)) {
                names.add(name);
            }
        });
        return names.isEmpty() ? List.of(file) : names;
    }

    /** The other end of a file; "" where there is none. */
    String peer(String file) {
        return switch (file.charAt(0)) {
            case 'a' -> "b" + file.substring(1);
            case 'b' -> "a" + file.substring(1);
            case 'p' -> file.contains("r") ? file.replace('r', 'w') : file.replace('w', 'r');
            default -> peers.getOrDefault(file, "");
        };
    }

    void open(String... names) {
        opened++;
        for (String name : names) {
            files.put(name, name + '#' + opened);
        }
    }

    boolean isOpen(String name) {
        return files.containsKey(name);
    }

    void close(String name) {
        String file = of(name);
        files.remove(name);
        if (names(file).equals(List.of(file))) {
            errorsTaken.remove(file);
            refused.remove(file);
        }
    }

    void dup2(String from, String to) {
        files.put(to, of(from));
    }

    /** Takes a recorded line into account that is no kevent call. */
    void follow(TraceStep step) {
        String x = step.operand(0);
        switch (step.verb()) {
            case "OPEN" -> open("a" + x, "b" + x);
            case "PIPE" -> open("p" + x + "r", "p" + x + "w");
            case "SOCKET" -> open(x);
            case "UDP" -> open("u" + x);
            case "KQ" -> open("k" + x);
            case "LISTEN" -> open("l" + x);
            case "CONNECT" -> pending.computeIfAbsent(of(step.operand(1)), name -> new ArrayDeque<>()).add(of(x));
            case "ACCEPT" -> accept(step);
            case "FILL" -> {
                full.put(of(x), 0);
                filled.add(of(x));
            }
            case "DRAIN" -> {
                full.remove(peer(of(x)));
                errorRead(x, step.outcome().equals("err 54"));
            }
            case "R" -> {
                int count = count(step);
                full.computeIfPresent(peer(of(x)), (file, before) -> before + count);
                errorRead(x, step.outcome().equals("-1 err 54"));
            }
            case "W" -> {
                if (isTcp(x) && step.outcome().equals("-1 err 32")) {
                    errorsTaken.add(of(x));
                }
            }
            case "SOERR" -> errorRead(x, true);
            case "SHUTWR", "CLOSE", "RST" -> shut.add(of(x));
            case "SENDTO" -> sent(step, "u" + step.operand(1).substring(1));
            case "SEND" -> sent(step, "u0", "u1", "u2");
            case "UCONN" -> {
                if (step.operand(1).equals("refused")) {
                    refused.add(of(x));
                } else {
                    refused.remove(of(x));
                }
            }
            default -> {
            }
        }
    }

    /** Bytes that a line has read; 0 where it failed. */
    static int count(TraceStep step) {
        return step.outcome().startsWith("-") ? 0 : Integer.parseInt(step.outcome());
    }

    private void accept(TraceStep step) {
        if (step.outcome().equals("0")) {
            open(step.operand(0));
            String client = pending.getOrDefault(of(step.operand(1)), new ArrayDeque<>()).poll();
            if (client != null) {
                peers.put(client, of(step.operand(0)));
                peers.put(of(step.operand(0)), client);
            }
        }
    }

    private void errorRead(String name, boolean read) {
        if (read) {
            errorsTaken.remove(of(name));
        }
    }

    private void sent(TraceStep step, String... receivers) {
        if (step.operand(step.operands().size() - 1).equals("0")) {
            emptyDatagrams.addAll(List.of(receivers));
        }
    }

    /** A write that the recording system took and this one refused. */
    void lost(String name) {
        grown.add(of(name));
    }

    /** Whether a descriptor's buffer is full, or was until little of it was read. */
    boolean isFull(String name) {
        return full.containsKey(of(name));
    }

    /** Bytes read from the other end since a descriptor's buffer was filled. */
    int readSinceFull(String name) {
        return full.getOrDefault(of(name), 0);
    }

    /** Whether a descriptor's buffer was filled once. */
    boolean wasFilled(String name) {
        return filled.contains(of(name));
    }

    /** Whether the other end's buffer was filled once. */
    boolean wasPeerFilled(String name) {
        return filled.contains(peer(of(name)));
    }

    /** Whether a pipe took a write although it had been filled, on the recording system. */
    boolean hasGrown(String name) {
        return grown.contains(of(name));
    }

    boolean isShut(String name) {
        return shut.contains(of(name));
    }

    boolean isErrorTaken(String name) {
        return errorsTaken.contains(of(name));
    }

    boolean isConnectedToNobody(String name) {
        return refused.contains(of(name));
    }

    /** Whether an empty datagram was sent to a socket, or may have been. */
    boolean hasEmptyDatagram(String name) {
        return emptyDatagrams.contains(name);
    }

    /** Whether a name is that of an end of a socket pair. */
    boolean isPair(String name) {
        return of(name).startsWith("a") || of(name).startsWith("b");
    }
}
