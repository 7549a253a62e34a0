package org.kqueue.trace;

import static org.kqueue.trace.CLibrary.C;

import com.sun.jna.Memory;
import com.sun.jna.StringArray;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What single cases do beside sockets: files in a directory of the trace's own, child processes, and signals of this
 * process. The numbers are Linux'. The children are no {@link Process}es, because the JVM waits for those as soon as
 * they exit; here a trace says when. Each is a shell that waits for its release by reading a fifo.
 */
final class LinuxOperations implements AutoCloseable {

    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_CLOEXEC = 0x80000;
    private static final Map<String, Integer> ACCESS = Map.of("r", 0, "w", 1, "rw", O_RDWR, "new", O_RDWR | O_CREAT);
    private static final int SEEK_SET = 0;
    private static final int SEEK_END = 2;
    private static final int MODE = 0600;
    private static final int P_PID = 1;
    private static final int WEXITED_WNOWAIT = 0x1000004;
    private static final int SIGKILL = 9;
    /** SIGUSR2 is HotSpot's own: another that does nothing stands for it. */
    private static final Map<String, String> NAMES = Map.of("USR1", "USR1", "USR2", "WINCH", "CHLD", "CHLD");
    private static final Map<String, Integer> NUMBERS = Map.of("USR1", 10, "USR2", 28, "CHLD", 17);
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_BYTES = 128;
    private static final int SELF = (int) ProcessHandle.current().pid();
    private static final long PATIENCE_SECONDS = 10;

    private final TraceDescriptors descriptors;
    private Path directory;
    private final Map<String, Integer> pids = new HashMap<>();
    private final Set<String> notReaped = new HashSet<>();
    private final Map<String, Object> handlersBefore = new HashMap<>();
    private final Semaphore handled = new Semaphore(0);
    /** Signals that INTERRUPT has sent, and that RAISE has; since RAN was performed. */
    private volatile int interrupts;
    private volatile int raised;
    private byte[] maskBefore;
    /** The thread that performs the trace, which INTERRUPT is for. */
    private volatile int tid;

    LinuxOperations(TraceDescriptors descriptors) {
        this.descriptors = descriptors;
    }

    /** Performs an operation; null where there is none of the name. */
    String perform(Step step) throws IOException {
        String x = step.operand(0);
        return switch (step.verb()) {
            case "SH" -> shell(x);
            case "OPENFILE" -> open(x, path(step.operand(1)), ACCESS.get(step.operand(2)));
            case "APPEND" -> append(descriptors.number(x), step.number(1));
            case "SEEK" -> descriptors.outcome(C.lseek(descriptors.number(x), step.number(1), SEEK_SET));
            case "TRUNCATE" -> descriptors.outcome(C.ftruncate(descriptors.number(x), step.number(1)));
            case "CHILD" -> start(x, step.operand(1));
            case "RELEASE" -> release(path("release-" + x));
            case "KILL" -> descriptors.outcome(C.kill(pids.get(x), step.number(1)));
            case "EXITED" -> descriptors.outcome(C.waitid(P_PID, pids.get(x), new byte[128], WEXITED_WNOWAIT));
            case "REAP" -> reap(x);
            case "HANDLE" -> handle(x);
            case "BLOCKSIG" -> block(x);
            case "RAISE" -> raise((int) signal(x), step.number(1));
            case "INTERRUPT" -> interrupt((int) signal(x));
            case "RAN" -> ran();
            default -> null;
        };
    }

    private Path path(String name) throws IOException {
        if (directory == null) {
            directory = Files.createTempDirectory("kqueue-trace");
        }
        return directory.resolve(name);
    }

    /** Has a shell do something with files, in the trace's directory. Returns its exit status. */
    private String shell(String command) throws IOException {
        try {
            return Integer.toString(new ProcessBuilder("sh", "-c", command).directory(path("").toFile()).inheritIO()
                    .start().waitFor());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Non-blocking: a fifo is opened for reading before there is a writer. */
    private String open(String name, Path path, int flags) throws IOException {
        return descriptors.adopt(name, C.open(path.toString(), flags | O_CLOEXEC | TraceDescriptors.O_NONBLOCK, MODE));
    }

    private String append(int fd, int bytes) {
        return descriptors.outcome(C.lseek(fd, 0, SEEK_END) < 0 ? -1 : C.write(fd, new Memory(bytes), bytes));
    }

    /** The process that a word stands for: one of the trace's, this JVM, or a number. */
    long process(String word) {
        return word.equals("self") ? SELF : pids.containsKey(word) ? pids.get(word) : Long.parseLong(word);
    }

    /** The signal that a word stands for, by name or number. */
    static long signal(String word) {
        return NUMBERS.containsKey(word) ? NUMBERS.get(word) : Long.parseLong(word);
    }

    private String start(String name, String script) throws IOException {
        Path fifo = path("release-" + name);
        descriptors.check("mkfifo", C.mkfifo(fifo.toString(), MODE));
        int[] pid = {0};
        int error = C.posix_spawn(pid, "/bin/sh", null, null,
                new StringArray(new String[] {"sh", "-c", "read x < " + fifo + "; " + script}),
                new StringArray(new String[] {"PATH=/usr/bin:/bin"}));
        if (error != 0) {
            throw new IOException("posix_spawn: errno " + error);
        }
        pids.put(name, pid[0]);
        notReaped.add(name);
        return "0";
    }

    private static String release(Path fifo) throws IOException {
        Files.writeString(fifo, "\n");
        return "0";
    }

    /** Returns the wait status. */
    private String reap(String name) {
        int[] status = {0};
        notReaped.remove(name);
        return descriptors.outcome(C.waitpid(pids.get(name), status, 0) < 0 ? -1 : status[0]);
    }

    private String handle(String signal) {
        tid = C.gettid();
        Object before = set(signal, null);
        handlersBefore.putIfAbsent(signal, before);
        return "0";
    }

    /** Sets a handler, or where it is null one that counts; returns the one before. The compiler warns of its class. */
    private Object set(String signal, Object handler) {
        try {
            Class<?> type = Class.forName("sun.misc.SignalHandler");
            Class<?> named = Class.forName("sun.misc.Signal");
            Object counting = Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                    (proxy, method, arguments) -> {
                        handled.release();
                        return null;
                    });
            return named.getMethod("handle", named, type).invoke(null,
                    named.getConstructor(String.class).newInstance(NAMES.get(signal)),
                    handler == null ? counting : handler);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Blocks it in this thread; a JVM's other threads take it. */
    private String block(String signal) throws IOException {
        handle(signal);
        int bit = (int) signal(signal) - 1;
        byte[] set = new byte[SIGSET_BYTES];
        set[bit / Byte.SIZE] = (byte) (1 << bit % Byte.SIZE);
        maskBefore = new byte[SIGSET_BYTES];
        return Integer.toString(descriptors.check("pthread_sigmask", -C.pthread_sigmask(SIG_BLOCK, set, maskBefore)));
    }

    /**
     * Sends a signal some times. A JVM handles signals in threads of their own, some time after {@code kill} has
     * returned, so each is sent when the one before was handled; the kqueues were told before that.
     */
    private String raise(int number, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            descriptors.check("kill", C.kill(SELF, number));
            await(1);
        }
        raised += times;
        return "0";
    }

    private String interrupt(int number) {
        interrupts++;
        return descriptors.outcome(C.tgkill(SELF, tid, number));
    }

    private void await(int signals) throws IOException {
        try {
            if (!handled.tryAcquire(signals, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("a signal was not handled");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** How often handlers have run since this was asked last. */
    private String ran() throws IOException {
        await(interrupts);
        int count = raised + interrupts;
        raised = 0;
        interrupts = 0;
        return Integer.toString(count);
    }

    @Override
    public void close() throws IOException {
        if (maskBefore != null) {
            C.pthread_sigmask(SIG_SETMASK, maskBefore, null);
        }
        handlersBefore.forEach(this::set);
        for (String name : List.copyOf(notReaped)) {
            C.kill(pids.get(name), SIGKILL);
            reap(name);
        }
        if (directory != null) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
