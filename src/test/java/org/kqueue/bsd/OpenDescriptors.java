package org.kqueue.bsd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** What the process has open of the kinds that a kqueue is made of. */
final class OpenDescriptors {

    private OpenDescriptors() {
    }

    /** The kqueues of the model and the pipes that are open: the number and what it is. */
    static Set<String> now() throws IOException {
        Set<String> open = new TreeSet<>();
        for (int fd : HostSystem.openDescriptors()) {
            try {
                String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
                if (file.equals("anon_inode:[eventpoll]") || file.startsWith("pipe:")) {
                    open.add(fd + " " + file);
                }
            } catch (NoSuchFileException e) {
                // Closed meanwhile.
            }
        }
        return open;
    }

    /** What has been opened and is still open. What other parts of the JVM close meanwhile does not count. */
    static Set<String> since(Set<String> before) throws IOException {
        Set<String> open = now();
        open.removeAll(before);
        return open;
    }
}
