package org.kqueue.linux.knotes;

/**
 * The file that a descriptor's number names, as {@code statx} sees it: kqueue's registrations belong to the number and
 * end when it is closed or names another file. {@code errno} is 0, or EBADF for a number that is not open; {@code
 * device} the device's two numbers as one.
 */
record FileStatus(int fd, int errno, int mode, int links, long size, long device, long inode) {

    private static final int S_IFMT = 0xF000;
    private static final int S_IFIFO = 0x1000;
    private static final int S_IFDIR = 0x4000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFSOCK = 0xC000;

    private int kind() {
        return mode & S_IFMT;
    }

    boolean isSocket() {
        return kind() == S_IFSOCK;
    }

    boolean isPipe() {
        return kind() == S_IFIFO;
    }

    boolean isDirectory() {
        return kind() == S_IFDIR;
    }

    /** Whether epoll does not take it. */
    boolean isFile() {
        return kind() == S_IFREG || isDirectory();
    }

    /** epoll, eventfd, timerfd and the like share one inode without a type. */
    boolean isAnonymous() {
        return kind() == 0;
    }

    /** Both ends of a pipe are one inode, and so are all anonymous files. */
    boolean isSameFile(FileStatus other) {
        return errno == 0 && other.errno == 0 && inode == other.inode && device == other.device
                && kind() == other.kind();
    }
}
