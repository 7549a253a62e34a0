package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.kqueue.contract.Posix;
import org.kqueue.trace.CaseHistory.Kind;

/** Files, directories, fifos and devices, in a directory of the case's own. */
final class CaseFiles {

    private static final int O_RDWR = 2;
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0x40;
    private static final int O_NOCTTY = 0x100;
    private static final int SEEK_SET = 0;
    private static final int SEEK_CUR = 1;
    private static final int SEEK_END = 2;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTN = 0x80045430;
    private static final int MODE = 0600;

    private final CaseWorld world;
    private final Path directory;
    private boolean readable = true;

    CaseFiles(CaseWorld world, Path directory) {
        this.world = world;
        this.directory = directory;
    }

    void teach(Map<String, CaseWorld.Verb> verbs) {
        verbs.put("file", operands -> {
            Files.write(path(operands.get(0)), new byte[Integer.parseInt(operands.get(1))]);
            return 0;
        });
        verbs.put("mkdir", operands -> {
            Files.createDirectory(path(operands.get(0)));
            return 0;
        });
        verbs.put("mkfifo", operands -> Posix.mkfifo(path(operands.get(0)).toString(), MODE));
        verbs.put("open", this::open);
        verbs.put("create", operands -> {
            world.adopt(operands.get(0), Posix.open(path(operands.get(1)).toString(),
                    O_RDWR | O_CREAT | Posix.O_CLOEXEC, MODE),
                    Kind.FILE);
            return 0;
        });
        verbs.put("device", operands -> {
            world.adopt(operands.get(0), Posix.open(operands.get(1), O_RDWR | Posix.O_CLOEXEC, 0), Kind.DEVICE);
            return 0;
        });
        verbs.put("terminal", operands -> terminal(operands.get(0)));
        verbs.put("append", operands -> append(operands.get(0), Integer.parseInt(operands.get(1))));
        verbs.put("seek", operands -> Posix.lseek(world.fd(operands.get(0)), Long.parseLong(operands.get(1)),
                SEEK_SET));
        verbs.put("truncate", operands -> truncate(operands.get(0), Long.parseLong(operands.get(1))));
        verbs.put("chmod", operands -> {
            readable = !readable;
            Files.setPosixFilePermissions(path(operands.get(0)), PosixFilePermissions.fromString(readable ? "rw-r--r--"
                    : "rw-------"));
            return 0;
        });
        verbs.put("utimes", operands -> Posix.utimes(path(operands.get(0)).toString(), null));
        verbs.put("link", operands -> {
            Files.createLink(path(operands.get(1)), path(operands.get(0)));
            return 0;
        });
        verbs.put("unlink", operands -> {
            Files.delete(path(operands.get(0)));
            return 0;
        });
        verbs.put("rmdir", operands -> {
            Files.delete(path(operands.get(0)));
            return 0;
        });
        verbs.put("rename", operands -> {
            Files.move(path(operands.get(0)), path(operands.get(1)), StandardCopyOption.ATOMIC_MOVE);
            return 0;
        });
    }

    private Path path(String name) {
        return directory.resolve(name);
    }

    private long open(List<String> operands) throws IOException {
        Path path = path(operands.get(1));
        int access = switch (operands.get(2)) {
            case "r" -> 0;
            case "w" -> O_WRONLY;
            default -> O_RDWR;
        };
        Kind kind = Files.isDirectory(path) ? Kind.DIRECTORY : Files.isRegularFile(path) ? Kind.FILE : Kind.FIFO;
        // A fifo is opened for reading before anybody writes to it.
        int wait = kind == Kind.FIFO ? Posix.O_NONBLOCK : 0;
        world.adopt(operands.get(0), Posix.open(path.toString(), access | wait | Posix.O_CLOEXEC, 0), kind);
        return 0;
    }

    /** The slave's side of a new pseudo terminal, which has nothing to read and takes what is written. */
    private long terminal(String name) throws IOException {
        world.adopt("master of " + name, Posix.open("/dev/ptmx", O_RDWR | O_NOCTTY | Posix.O_CLOEXEC, 0),
                Kind.TERMINAL);
        int master = world.fd("master of " + name);
        int[] number = {0};
        if (Posix.ioctl(master, TIOCSPTLCK, number) < 0 || Posix.ioctl(master, TIOCGPTN, number) < 0) {
            throw world.descriptors.failure("ioctl of /dev/ptmx");
        }
        world.adopt(name, Posix.open("/dev/pts/" + number[0], O_RDWR | O_NOCTTY | Posix.O_CLOEXEC, 0), Kind.TERMINAL);
        return 0;
    }

    private long append(String name, int bytes) {
        Posix.lseek(world.fd(name), 0, SEEK_END);
        return Posix.write(world.fd(name), new byte[bytes], bytes);
    }

    /** Returns the size of before. */
    private long truncate(String name, long size) throws IOException {
        int fd = world.fd(name);
        long offset = Posix.lseek(fd, 0, SEEK_CUR);
        long before = Posix.lseek(fd, 0, SEEK_END);
        Posix.lseek(fd, offset, SEEK_SET);
        if (Posix.ftruncate(fd, size) < 0) {
            throw world.descriptors.failure("ftruncate " + name);
        }
        return before;
    }
}
