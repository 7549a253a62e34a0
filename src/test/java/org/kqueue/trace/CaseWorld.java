package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.contract.Posix;
import org.kqueue.trace.CaseHistory.Deed;
import org.kqueue.trace.CaseHistory.Kind;

/** All that a case uses: kqueues and descriptors by name, and the actors that perform its operations, a family each. */
final class CaseWorld implements AutoCloseable {

    /** An operation by its operands. Returns its result, negative where it failed; the errno is the last call's. */
    interface Verb {
        long perform(List<String> operands) throws Exception;
    }

    private static final KqueueConfig CONFIG =
            new KqueueConfig("embedded", null, "freebsd", KqueueConfig.Detail.FULL);
    private static final long PATIENCE_MILLIS = 10_000;
    /** What the recorded cases call the kqueue itself. */
    private static final String SELF = "2";

    final CaseHistory history = new CaseHistory();
    final Descriptors descriptors = new Descriptors(HostConstants.CURRENT);
    final CaseProcesses processes;
    final CaseSignals signals;
    private final Map<String, Kqueue> kqueues = new HashMap<>();
    private final List<Kqueue> opened = new ArrayList<>();
    private final Map<String, Verb> verbs = new HashMap<>();
    private final List<Thread> later = new ArrayList<>();

    CaseWorld(Path directory) throws IOException {
        openKqueue("kq");
        processes = new CaseProcesses(this, directory);
        signals = new CaseSignals(this);
        processes.teach(verbs);
        signals.teach(verbs);
        new CaseSockets(this).teach(verbs);
        new CaseStreams(this).teach(verbs);
        new CaseFiles(this, directory).teach(verbs);
        verbs.put("kqueue", operands -> openKqueue(operands.get(0)));
        verbs.put("close", operands -> close(operands.get(0)));
        verbs.put("dup", operands -> duplicate(operands.get(0), operands.get(1)));
        verbs.put("sleep", operands -> {
            Thread.sleep(Long.parseLong(operands.get(0)));
            return 0;
        });
        // Packets need a moment, also over loopback.
        verbs.put("settle", operands -> {
            Thread.sleep(20);
            return 0;
        });
        verbs.put("later", this::later);
    }

    private long openKqueue(String name) throws IOException {
        Kqueue kqueue = Kqueue.open(CONFIG);
        opened.add(kqueue);
        kqueues.put(name, kqueue);
        history.made(name, Kind.KQUEUE);
        history.made(SELF, Kind.KQUEUE);
        return 0;
    }

    Kqueue kqueue(String name) {
        return kqueues.get(name.equals(SELF) ? "kq" : name);
    }

    /** The number of a name; one that is not open where nothing was opened by it. */
    int fd(String name) {
        Kqueue kqueue = kqueue(name);
        return kqueue != null ? kqueue.fd() : descriptors.number(name);
    }

    /** A new descriptor gets a name. */
    void adopt(String name, int fd, Kind kind) throws IOException {
        if (fd < 0) {
            throw descriptors.failure("opening " + name);
        }
        descriptors.adopt(name, fd);
        history.made(name, kind);
    }

    private long close(String name) throws IOException {
        Kqueue kqueue = kqueues.remove(name);
        if (kqueue != null) {
            kqueue.close();
        } else {
            descriptors.close(name);
        }
        return 0;
    }

    private long duplicate(String from, String to) throws IOException {
        if (from.equals(to)) {
            return Posix.dup2(fd(from), fd(to));
        }
        adopt(to, Posix.dup(fd(from)), history.kind(from));
        return 0;
    }

    /** Performs an operation some milliseconds later, in a thread of its own. */
    private long later(List<String> operands) {
        int caller = Posix.gettid();
        List<String> words = operands.subList(1, operands.size());
        Thread thread = new Thread(() -> {
            try {
                Thread.sleep(Long.parseLong(operands.get(0)));
                if (words.get(0).equals("interrupt")) {
                    signals.interrupt(words.get(1), caller);
                } else {
                    perform(words);
                }
            } catch (Exception e) {
                throw new IllegalStateException(words.toString(), e);
            }
        });
        later.add(thread);
        thread.setDaemon(true);
        thread.start();
        return 0;
    }

    /** Performs an operation. One with a {@code !} may fail. */
    Deed perform(List<String> words) throws Exception {
        String name = words.get(0).replace("!", "");
        Verb verb = verbs.get(name);
        if (verb == null) {
            throw new IllegalArgumentException("no such verb: " + words);
        }
        long result = verb.perform(words.subList(1, words.size()));
        Deed deed = new Deed(words, result, result < 0 ? descriptors.errno() : 0);
        history.done(deed);
        return deed;
    }

    @Override
    public void close() throws IOException {
        for (Thread thread : later) {
            try {
                thread.join(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        for (Kqueue kqueue : opened) {
            kqueue.close();
        }
        signals.close();
        processes.close();
        descriptors.close();
    }
}
