package org.kqueue.linux;

import org.kqueue.Errno;

/**
 * Which file a descriptor's number names: kqueue's registrations belong to the number and end when it is closed or
 * reused.
 */
record FileIdentity(int fd, long device, long inode) {

    /** What {@link Descriptor#look} has just seen. */
    static FileIdentity of(int fd, Memory memory) {
        return new FileIdentity(fd, memory.device(), memory.inode());
    }

    boolean isGone(Memory memory) {
        return Descriptor.look(memory, fd) != 0 || memory.inode() != inode || memory.device() != device;
    }

    /** EBADF where an ident is no open descriptor, else {@code otherwise}. */
    static int errno(Memory memory, long ident, int otherwise) {
        if (ident < 0 || ident > Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int errno = Descriptor.look(memory, (int) ident);
        return errno != 0 ? errno : otherwise;
    }
}
