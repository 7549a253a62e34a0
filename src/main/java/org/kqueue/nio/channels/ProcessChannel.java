package org.kqueue.nio.channels;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/**
 * Processes that exit ({@code EVFILT_PROC}). One channel watches any number of them.
 *
 * <pre>{@code
 * ProcessChannel processes = ProcessChannel.open();
 * processes.configureBlocking(false);
 * processes.register(selector, SelectionKey.OP_READ);
 * processes.watch(new ProcessBuilder("worker").start());
 * }</pre>
 *
 * <p>Each process that is watched is read exactly once, also one that had exited before. The exit status is the
 * kernel's where that tells it, else that of {@link Process#exitValue()}; of a process that is only known by its handle
 * it may be unknown.
 */
public abstract class ProcessChannel extends EventChannel {

    /** Udata of the wakeup; the knotes of processes have 0. */
    private static final long POSTED = 1;

    /** A process that is watched; {@code process} is null where there is but a handle. */
    private record Watched(ProcessHandle handle, Process process) {
        ProcessExit exitAsJavaTells() {
            boolean ended = process != null && !process.isAlive();
            return new ProcessExit(handle, ended ? OptionalInt.of(process.exitValue()) : OptionalInt.empty(),
                    OptionalInt.empty());
        }
    }

    private final Map<Long, Watched> watched = new ConcurrentHashMap<>();
    /** Says that there is something in {@link #posted}. */
    private final Wakeup wakeup;
    // guarded by itself: exits that are known by other means than the knote
    private final Queue<ProcessExit> posted = new ArrayDeque<>();

    ProcessChannel(Kqueue kqueue) throws IOException {
        super(kqueue);
        wakeup = kqueue.newWakeup(POSTED);
    }

    /**
     * Opens a channel that watches nothing yet.
     *
     * @return a new channel, in blocking mode
     * @throws UnsupportedOperationException where the kqueue has no {@code EVFILT_PROC}
     * @throws IOException if the system refuses
     */
    public static ProcessChannel open() throws IOException {
        return open(Filter.EVFILT_PROC, kqueue -> Leaves.process(kqueue));
    }

    /**
     * Watches a child of this process.
     *
     * @param process the child, which may have exited already
     * @throws IllegalStateException if it is watched already
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses
     */
    public void watch(Process process) throws IOException {
        watch(new Watched(process.toHandle(), process));
    }

    /**
     * Watches a process.
     *
     * @param process any process of this system, which may have exited already
     * @throws IllegalStateException if it is watched already
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses, such as for a process that may not be watched by this one
     */
    public void watch(ProcessHandle process) throws IOException {
        watch(new Watched(process, null));
    }

    private void watch(Watched subject) throws IOException {
        ensureOpen();
        long pid = subject.handle.pid();
        if (watched.putIfAbsent(pid, subject) != null) {
            throw new IllegalStateException("process " + pid + " is watched already");
        }
        try {
            kqueue.add(Filter.exit(pid));
        } catch (KeventException e) {
            watched.remove(pid);
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
            postExit(subject);
            return;
        } catch (ClosedKqueueException e) {
            throw asynchronousClose(e);
        } catch (IOException | RuntimeException e) {
            watched.remove(pid);
            throw e;
        }
        // It may have exited before the knote was added, and its number been given to another process: the handle
        // knows.
        if (!subject.handle.isAlive() && watched.remove(pid, subject)) {
            delete(pid);
            postExit(subject);
        }
    }

    /** The kernel has not told how it exited. Java's own waiting for its child may not have come back yet, but will. */
    private void postExit(Watched subject) {
        if (subject.process == null) {
            post(subject.exitAsJavaTells());
        } else {
            subject.process.onExit().thenAccept(ended -> post(subject.exitAsJavaTells()));
        }
    }

    /**
     * Watches a process no longer.
     *
     * @param process as it was given to {@link #watch(ProcessHandle)}, or the handle of the {@link Process}
     * @return false if it was not watched, or its exit is on its way
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses
     */
    public boolean unwatch(ProcessHandle process) throws IOException {
        ensureOpen();
        Watched subject = watched.get(process.pid());
        if (subject == null || !subject.handle.equals(process) || !watched.remove(process.pid(), subject)) {
            return false;
        }
        delete(process.pid());
        return true;
    }

    private void delete(long pid) throws IOException {
        try {
            kqueue.delete(Filter.exit(pid));
        } catch (KeventException e) {
            // ENOENT: the event was delivered. ESRCH: the process is gone, and its knote with it.
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ESRCH) {
                throw e;
            }
        } catch (ClosedKqueueException e) {
            throw asynchronousClose(e);
        }
    }

    /**
     * Reads the next exit. In blocking mode waits for one.
     *
     * @return the exit, null if there is none in non-blocking mode
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public ProcessExit read() throws IOException {
        return readOne(this::translate);
    }

    /**
     * Reads what is there. In blocking mode waits for the first.
     *
     * @param into where exits are added
     * @param max the most to add
     * @return the number added
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public int read(Collection<? super ProcessExit> into, int max) throws IOException {
        return readMany(into, max, this::translate);
    }

    private ProcessExit translate(EventList events, int index) throws IOException {
        if (events.udata(index) == POSTED) {
            return takePosted();
        }
        Event event = events.event(index);
        Watched subject = watched.remove(event.ident());
        if (subject == null) {
            return null;
        }
        if (event.data() != 0) {
            return new ProcessExit(subject.handle, event.exitCode(), event.termSignal());
        }
        // It has exited with 0, or the kernel does not tell.
        if (subject.process != null && subject.process.isAlive()) {
            postExit(subject);
            return null;
        }
        return subject.exitAsJavaTells();
    }

    private ProcessExit takePosted() throws IOException {
        wakeup.acknowledge();
        synchronized (posted) {
            ProcessExit exit = posted.poll();
            if (!posted.isEmpty()) {
                wakeup.signal();
            }
            return exit;
        }
    }

    /** Any thread. */
    private void post(ProcessExit exit) {
        synchronized (posted) {
            posted.add(exit);
            try {
                wakeup.signal();
            } catch (IOException e) {
                // Closed meanwhile: nobody will read it.
                posted.clear();
            }
        }
    }

    @Override
    void disarm() throws IOException {
        synchronized (posted) {
            posted.clear();
            wakeup.close();
        }
        for (long pid : watched.keySet()) {
            delete(pid);
        }
        watched.clear();
    }

    @Override
    String watched() {
        return watched.size() + " processes";
    }
}
