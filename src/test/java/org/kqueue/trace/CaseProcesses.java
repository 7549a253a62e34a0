package org.kqueue.trace;

import com.sun.jna.StringArray;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.contract.Posix;

/**
 * Child processes. They are not {@link Process}es, because the JVM waits for those as soon as they exit; here a case
 * says when. Each is a shell that waits for its release by reading a fifo.
 */
final class CaseProcesses implements AutoCloseable {

    private static final int P_PID = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;
    private static final int SIGINFO = 128;
    private static final int SIGKILL = 9;
    private static final int SELF = (int) ProcessHandle.current().pid();

    private final CaseWorld world;
    private final Path directory;
    private final Map<String, Integer> pids = new HashMap<>();
    private final List<Integer> unreaped = new ArrayList<>();

    CaseProcesses(CaseWorld world, Path directory) {
        this.world = world;
        this.directory = directory;
    }

    void teach(Map<String, CaseWorld.Verb> verbs) {
        verbs.put("child", words -> start(words.get(0), String.join(" ", words.subList(1, words.size()))));
        verbs.put("self", words -> {
            pids.put(words.get(0), SELF);
            return 0;
        });
        verbs.put("release", words -> release(words.get(0)));
        verbs.put("slay", words -> Posix.kill(pids.get(words.get(0)), Integer.parseInt(words.get(1))));
        verbs.put("exited", words -> exited(words.get(0)));
        verbs.put("reap", words -> reap(words.get(0)));
    }

    /** The process that a recorded number stands for. */
    long pid(String name) {
        Integer pid = pids.get(name);
        return pid != null ? pid : Long.parseLong(name);
    }

    private Path fifo(String name) {
        return directory.resolve("release-" + name);
    }

    private long start(String name, String script) throws IOException {
        if (Posix.mkfifo(fifo(name).toString(), 0600) < 0) {
            throw world.descriptors.failure("mkfifo");
        }
        StringArray arguments = new StringArray(new String[] {"sh", "-c", "read x < " + fifo(name) + "; " + script});
        StringArray environment = new StringArray(new String[] {"PATH=/usr/bin:/bin"});
        int[] pid = {0};
        int error = Posix.posix_spawn(pid, "/bin/sh", null, null, arguments, environment);
        if (error != 0) {
            throw new IOException("posix_spawn: errno " + error);
        }
        pids.put(name, pid[0]);
        unreaped.add(pid[0]);
        return 0;
    }

    private long release(String name) throws IOException {
        try (OutputStream end = Files.newOutputStream(fifo(name))) {
            end.write('\n');
        }
        return 0;
    }

    /** Waits until it has exited, and leaves it for {@link #reap}. */
    private long exited(String name) throws IOException {
        if (Posix.waitid(P_PID, pids.get(name), new byte[SIGINFO], WEXITED | WNOWAIT) < 0) {
            throw world.descriptors.failure("waitid");
        }
        return 0;
    }

    /** Returns the wait status. */
    private long reap(String name) throws IOException {
        int[] status = {0};
        if (Posix.waitpid(pids.get(name), status, 0) < 0) {
            throw world.descriptors.failure("waitpid");
        }
        unreaped.remove(pids.get(name));
        return status[0];
    }

    @Override
    public void close() {
        for (int pid : unreaped) {
            Posix.kill(pid, SIGKILL);
            Posix.waitpid(pid, new int[1], 0);
        }
    }
}
