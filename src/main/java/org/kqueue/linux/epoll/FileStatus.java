package org.kqueue.linux.epoll;

/**
 * What {@code statx} says of a descriptor.
 *
 * @param errno 0, or why it says nothing: {@code EBADF} for a number that is not open
 * @param mode the file's type and permissions
 * @param links its names
 * @param size its length in bytes
 * @param device the device's numbers, as one
 * @param inode the inode
 */
public record FileStatus(int errno, int mode, int links, long size, long device, long inode) {

    private static final int S_IFMT = 0xF000;
    private static final int S_IFIFO = 0x1000;
    private static final int S_IFDIR = 0x4000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFSOCK = 0xC000;

    private int kind() {
        return mode & S_IFMT;
    }

    /**
     * Whether it is a socket.
     *
     * @return true for any domain
     */
    public boolean isSocket() {
        return kind() == S_IFSOCK;
    }

    /**
     * Whether it is a pipe.
     *
     * @return true for a fifo, too
     */
    public boolean isPipe() {
        return kind() == S_IFIFO;
    }

    /**
     * Whether it is a directory.
     *
     * @return true for one
     */
    public boolean isDirectory() {
        return kind() == S_IFDIR;
    }

    /**
     * Whether epoll does not take it.
     *
     * @return true for a regular file and a directory
     */
    public boolean isFile() {
        return kind() == S_IFREG || isDirectory();
    }

    /**
     * Whether it is an epoll instance, eventfd, timerfd or the like, which share one inode without a type.
     *
     * @return true for one
     */
    public boolean isAnonymous() {
        return kind() == 0;
    }

    /**
     * Whether another look saw the same file.
     *
     * @param other what was seen then
     * @return true where device, inode and type are the same. Both ends of a pipe are one inode, and so are all
     *     anonymous files
     */
    public boolean isSameFile(FileStatus other) {
        return errno == 0 && other.errno == 0 && inode == other.inode && device == other.device && kind() == other.kind();
    }
}
