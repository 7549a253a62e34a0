package org.kqueue.linux;

import static org.kqueue.linux.LinuxLibrary.AF_INET6;
import static org.kqueue.linux.LinuxLibrary.AF_INET;
import static org.kqueue.linux.LinuxLibrary.AF_UNIX;
import static org.kqueue.linux.LinuxLibrary.SOCK_STREAM;
import static org.kqueue.linux.LinuxLibrary.S_IFIFO;
import static org.kqueue.linux.LinuxLibrary.S_IFMT;
import static org.kqueue.linux.LinuxLibrary.S_IFSOCK;

import com.sun.jna.Native;
import org.kqueue.Filter;

/**
 * A descriptor's number, the file it named when it was registered, and its knotes. kqueue's registrations belong to the
 * number and end with it, epoll's to the open file; so each change and each event first asks whether the number still
 * names the same file.
 */
final class Descriptor {

    final int fd;
    final int mode;
    private final long device;
    private final long inode;
    private final int accessMode;
    private final boolean anonymousPipe;
    /** 0 unless it is a socket. */
    final int domain;
    final int type;
    /** Whether a connection was ever seen: tells a reset from a refusal. */
    boolean established;
    /**
     * Whether it was ever seen listening: tells a listener that was shut down from a socket that never did anything.
     */
    boolean listened;

    DescriptorKnote read;
    DescriptorKnote write;
    /** The knote that has the descriptor's own item in epoll. */
    DescriptorKnote owner;

    /** What {@link #look} has just seen. */
    Descriptor(int fd, Memory memory) {
        this.fd = fd;
        mode = memory.mode();
        device = memory.device();
        inode = memory.inode();
        accessMode = accessMode(fd);
        domain = isSocket() ? option(memory, fd, LinuxLibrary.SO_DOMAIN) : 0;
        anonymousPipe = isPipe() && LinuxLibrary.fstatfs(fd, memory.struct()) == 0
                && memory.structLong(0) == LinuxLibrary.PIPEFS_MAGIC;
        type = isSocket() ? option(memory, fd, LinuxLibrary.SO_TYPE) : 0;
    }

    /** Asks which file a number names: {@code statx} into the memory's struct. Returns 0 or the errno. */
    static int look(Memory memory, int fd) {
        int result = LinuxLibrary.statx(fd, memory.noPath(), LinuxLibrary.AT_EMPTY_PATH, LinuxLibrary.STATX_BASIC_STATS,
                memory.struct());
        return result == 0 ? 0 : Native.getLastError();
    }

    /** Whether what {@link #look} has just seen is this descriptor's file. */
    boolean is(Memory memory) {
        // Both ends of a pipe are one inode.
        return memory.inode() == inode && memory.device() == device && memory.mode() == mode
                && (!isPipe() || accessMode(fd) == accessMode);
    }

    private static int accessMode(int fd) {
        return LinuxLibrary.fcntl(fd, LinuxLibrary.F_GETFL, 0) & LinuxLibrary.O_ACCMODE;
    }

    static int option(Memory memory, int fd, int name) {
        long value = memory.number(0);
        return LinuxLibrary.getsockopt(fd, LinuxLibrary.SOL_SOCKET, name, value, memory.length(4)) == 0
                ? memory.intNumber() : 0;
    }

    boolean isSocket() {
        return (mode & S_IFMT) == S_IFSOCK;
    }

    /** Whether it is a pipe that is no fifo. */
    boolean isAnonymousPipe() {
        return anonymousPipe;
    }

    boolean isPipe() {
        return (mode & S_IFMT) == S_IFIFO;
    }

    /** epoll, eventfd, timerfd and the like share one inode without a type. */
    boolean isAnonymous() {
        return (mode & S_IFMT) == 0;
    }

    boolean isTcp() {
        return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM;
    }

    boolean isUnixStream() {
        return domain == AF_UNIX && type == SOCK_STREAM;
    }

    DescriptorKnote knote(Filter filter) {
        return filter == Filter.EVFILT_READ ? read : write;
    }

    void set(Filter filter, DescriptorKnote knote) {
        if (filter == Filter.EVFILT_READ) {
            read = knote;
        } else {
            write = knote;
        }
    }

    boolean isUnused() {
        return read == null && write == null;
    }
}
