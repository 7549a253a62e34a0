package org.kqueue.linux.knotes;

/**
 * A descriptor's number, the file it named when it was registered, and what its two knotes share. kqueue's
 * registrations belong to the number and end with it, epoll's to the open file; so each change and each event first
 * asks whether the number still names the same file.
 */
final class Descriptor {

    private static final int SO_TYPE = 3;
    private static final int SO_PROTOCOL = 38;
    private static final int SO_DOMAIN = 39;
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_STREAM = 1;
    private static final int IPPROTO_UDP = 17;

    final int fd;
    final FileStatus file;
    private final int accessMode;
    /** Whether it is a pipe that is no fifo. */
    final boolean unnamedPipe;
    // 0 unless it is a socket
    private final int domain;
    private final int type;
    private final int protocol;
    /** Whether a connection was ever seen: tells a reset from a refusal. */
    boolean established;
    /**
     * Whether it was ever seen listening: tells a listener that was shut down from a socket that was never used.
     */
    boolean listened;
    /** The knote that has the descriptor's own item in epoll. */
    DescriptorKnote owner;

    /** Reads what does not change. */
    Descriptor(FileStatus file, LinuxCalls calls) {
        this.file = file;
        fd = file.fd();
        accessMode = calls.accessMode(fd);
        unnamedPipe = file.isPipe() && calls.isUnnamedPipe(fd);
        domain = file.isSocket() ? calls.option(fd, SO_DOMAIN) : 0;
        type = file.isSocket() ? calls.option(fd, SO_TYPE) : 0;
        protocol = file.isSocket() ? calls.option(fd, SO_PROTOCOL) : 0;
    }

    /** Whether the number no longer names the file, as far as {@code statx} can tell. */
    boolean isGone(LinuxCalls calls) {
        try {
            // Both ends of a pipe are one inode.
            return calls.isGone(file) || file.isPipe() && calls.accessMode(fd) != accessMode;
        } catch (CallFailed e) {
            // Closed after statx.
            return true;
        }
    }

    /** Whether its inode is that of one open file only. */
    boolean hasOwnInode() {
        return file.isSocket() || unnamedPipe;
    }

    boolean isTcp() {
        return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM;
    }

    boolean isUnixStream() {
        return domain == AF_UNIX && type == SOCK_STREAM;
    }

    /** Whether the kernel must know how many bytes are in its buffers. */
    boolean countsBytes() {
        return file.isPipe() || domain == AF_UNIX || protocol == LinuxLibrary.IPPROTO_TCP || protocol == IPPROTO_UDP;
    }

    static boolean isUnix(LinuxCalls calls, int socket) {
        return calls.option(socket, SO_DOMAIN) == AF_UNIX;
    }
}
