package org.kqueue.bsd;

import com.sun.jna.Library;

/**
 * {@code fcntl(2)}, apart from the directly mapped functions because it is variadic: macOS on ARM passes variadic
 * arguments otherwise than named ones, and only an interface mapping with {@code Object...} tells JNA which they are.
 */
interface Fcntl extends Library {

    int F_GETFD = 1;
    int F_SETFD = 2;
    int F_SETFL = 4;
    int FD_CLOEXEC = 1;

    int fcntl(int fd, int command, Object... argument);
}
