package org.kqueue.linux.knotes;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.kqueue.Errno;
import org.kqueue.KqueueUnavailableException;
import org.kqueue.linux.epoll.JnaCalls;

/**
 * The calls of the C library, with the memory they need. Those that return a number return the negative errno instead
 * where the caller has to expect one; the others throw {@link CallFailed}. One for each kqueue, guarded by its lock.
 */
final class LinuxCalls extends JnaCalls {

    /** Null on a processor whose numbers are not known. */
    private static final Architecture HERE = Architecture.of(System.getProperty("os.arch"));

    private static final int NUMBER = 0;
    private static final int LENGTH = 8;
    private static final int EMPTY_STRING = 16;
    private static final int STRUCT = 24;
    /** The largest struct: {@code statx} and {@code tcp_info} have at most 256 bytes. */
    private static final int STRUCT_SIZE = 256;

    private static final int STX_NLINK = 16;
    private static final int STX_MODE = 28;
    private static final int STX_INO = 32;
    private static final int STX_SIZE = 40;
    private static final int STX_DEV_MAJOR = 136;
    private static final int TCPI_UNACKED = 24;
    private static final int TCPI_MIN_RTT = 148;

    private final Architecture architecture;
    private final ByteBuffer memory = ByteBuffer.allocateDirect(STRUCT + STRUCT_SIZE).order(ByteOrder.nativeOrder());
    private final long address = address(memory);

    LinuxCalls() {
        this(HERE);
    }

    LinuxCalls(Architecture architecture) {
        this.architecture = architecture;
    }

    /** Why these calls cannot be made here, or null. */
    static String whyNot() {
        return HERE != null ? null : "the numbers of system calls and ioctls are not known for "
                + System.getProperty("os.arch") + " (selectors need none of them)";
    }

    /** Binds the C library, and tries what an old kernel does not have. */
    void require() throws KqueueUnavailableException {
        int errno = look(-1).errno();
        if (errno != Errno.EBADF) {
            throw new KqueueUnavailableException("the embedded kqueue needs statx(2), which fails with "
                    + Errno.name(errno, Errno.Numbering.LINUX) + " here; Linux has it from 4.11 on"
                    + " (selectors do not need it)");
        }
    }

    /** {@code statx}. As a system call: C libraries before glibc 2.28 and musl 1.2.5 have no function. */
    FileStatus look(int fd) {
        long result = LinuxLibrary.syscall(architecture.statx(), fd, address + EMPTY_STRING,
                LinuxLibrary.AT_EMPTY_PATH, LinuxLibrary.STATX_BASIC_STATS, address + STRUCT);
        return result != 0 ? new FileStatus(fd, Native.getLastError(), 0, 0, 0, 0, 0)
                : new FileStatus(fd, 0, memory.getShort(STRUCT + STX_MODE) & 0xFFFF, structInt(STX_NLINK),
                        structLong(STX_SIZE), structLong(STX_DEV_MAJOR), structLong(STX_INO));
    }

    /** Whether a number no longer names the file that was seen. */
    boolean isGone(FileStatus file) {
        return !file.isSameFile(look(file.fd()));
    }

    /** {@code F_GETFL & O_ACCMODE}: how it was opened. */
    int accessMode(int fd) {
        return (int) required("fcntl(F_GETFL)", fd, LinuxLibrary.fcntl(fd, LinuxLibrary.F_GETFL, 0))
                & LinuxLibrary.O_ACCMODE;
    }

    /** Whether a pipe is no fifo. */
    boolean isUnnamedPipe(int fd) {
        required("fstatfs", fd, LinuxLibrary.fstatfs(fd, address + STRUCT));
        return structLong(0) == LinuxLibrary.PIPEFS_MAGIC;
    }

    int pipeSize(int fd) {
        return (int) required("fcntl(F_GETPIPE_SZ)", fd, LinuxLibrary.fcntl(fd, LinuxLibrary.F_GETPIPE_SZ, 0));
    }

    /** Where a file is read next. */
    long offset(int fd) {
        return required("lseek", fd, LinuxLibrary.lseek(fd, 0, LinuxLibrary.SEEK_CUR));
    }

    /** An option of level {@code SOL_SOCKET} that is a number. */
    int option(int fd, int name) {
        memory.putInt(LENGTH, Integer.BYTES);
        required("getsockopt(" + name + ")", fd, LinuxLibrary.getsockopt(fd, LinuxLibrary.SOL_SOCKET, name,
                address + NUMBER, address + LENGTH));
        return memory.getInt(NUMBER);
    }

    /** {@code FIONREAD}: how many bytes there are to read, or the negative errno. */
    long readable(int fd) {
        return count(fd, architecture.fionread());
    }

    /** {@code SIOCOUTQ}: how many bytes are in a socket's send buffer, or the negative errno. */
    long unsent(int fd) {
        return count(fd, architecture.siocoutq());
    }

    private long count(int fd, long request) {
        return LinuxLibrary.ioctl(fd, request, address + NUMBER) == 0 ? memory.getInt(NUMBER) : -Native.getLastError();
    }

    /** A connection's state; of a listener how many connections wait; whether a round trip was measured. */
    record TcpInfo(int state, int unacked, boolean measured) {
    }

    /** {@code TCP_INFO}. The state is 0 where there is none. */
    TcpInfo tcpInfo(int fd) {
        memory.putInt(LENGTH, STRUCT_SIZE);
        int result = LinuxLibrary.getsockopt(fd, LinuxLibrary.IPPROTO_TCP, LinuxLibrary.TCP_INFO, address + STRUCT,
                address + LENGTH);
        int state = result != 0 ? 0 : memory.get(STRUCT) & 0xFF;
        // The round trip is all ones before one was measured.
        return new TcpInfo(state, structInt(TCPI_UNACKED), state != 0 && structInt(TCPI_MIN_RTT) != -1);
    }

    /** {@code send} of nothing, which only says whether sending is still allowed. Returns 0 or the errno. */
    int sendNothing(int fd) {
        return LinuxLibrary.send(fd, address + EMPTY_STRING, 0, LinuxLibrary.MSG_NOSIGNAL | LinuxLibrary.MSG_DONTWAIT)
                >= 0 ? 0 : Native.getLastError();
    }

    /** Sets the count of an eventfd to 0. */
    void drain(int eventfd) {
        // EAGAIN: it had none.
        LinuxLibrary.read(eventfd, address + NUMBER, Long.BYTES);
    }

    /** {@code timerfd_create}. Returns the negative errno for an error. */
    int timerfd(int clock) {
        return errno(LinuxLibrary.timerfd_create(clock, LinuxLibrary.TFD_CLOEXEC | LinuxLibrary.TFD_NONBLOCK));
    }

    /** {@code timerfd_settime}: it expires once; 0 stops it. */
    void setTimer(int timerfd, int flags, long nanos) {
        memory.putLong(STRUCT, 0).putLong(STRUCT + 8, 0);
        memory.putLong(STRUCT + 16, nanos / 1_000_000_000).putLong(STRUCT + 24, nanos % 1_000_000_000);
        required("timerfd_settime", timerfd, LinuxLibrary.timerfd_settime(timerfd, flags, address + STRUCT, 0));
    }

    /** {@code pidfd_open}, which is always close-on-exec. Returns the negative errno for an error. */
    int pidfd(int pid) {
        return errno((int) LinuxLibrary.syscall(LinuxLibrary.SYS_PIDFD_OPEN, pid, 0, 0, 0, 0));
    }

    /**
     * {@code waitid} of a child that has exited, without taking its status away from who waits for it. Returns whether
     * the struct is a {@code siginfo_t} now.
     */
    boolean waitStatus(int pidfd) {
        return LinuxLibrary.waitid(LinuxLibrary.P_PIDFD, pidfd, address + STRUCT,
                LinuxLibrary.WEXITED | LinuxLibrary.WNOWAIT | LinuxLibrary.WNOHANG) == 0;
    }

    /** {@code PIDFD_GET_INFO}. Returns 0, with the struct a {@code pidfd_info}, or the errno. */
    int processInfo(int pidfd, long mask) {
        for (int offset = 0; offset < STRUCT_SIZE; offset += Long.BYTES) {
            memory.putLong(STRUCT + offset, 0);
        }
        memory.putLong(STRUCT, mask);
        return LinuxLibrary.ioctl(pidfd, LinuxLibrary.PIDFD_GET_INFO, address + STRUCT) == 0 ? 0
                : Native.getLastError();
    }

    /** {@code inotify_init1}. Returns the negative errno for an error. */
    int inotify() {
        return errno(LinuxLibrary.inotify_init1(LinuxLibrary.IN_CLOEXEC | LinuxLibrary.IN_NONBLOCK));
    }

    /** {@code inotify_add_watch}. Returns the watch, 1 or more, or the negative errno. */
    int watch(int inotify, String path, int mask) {
        memory.put(STRUCT, (path + '\0').getBytes(StandardCharsets.US_ASCII));
        return errno(LinuxLibrary.inotify_add_watch(inotify, address + STRUCT, mask));
    }

    void unwatch(int inotify, int watch) {
        // EINVAL where the file is gone, and the watch with it.
        LinuxLibrary.inotify_rm_watch(inotify, watch);
    }

    /** Fills a direct buffer from its beginning. Returns the number of bytes, or the negative errno. */
    int read(int fd, ByteBuffer buffer) {
        return errno((int) LinuxLibrary.read(fd, address(buffer), buffer.capacity()));
    }

    /** A field of the struct that the last call has left. */
    int structInt(int offset) {
        return memory.getInt(STRUCT + offset);
    }

    long structLong(int offset) {
        return memory.getLong(STRUCT + offset);
    }

    private static int errno(int result) {
        return result >= 0 ? result : -Native.getLastError();
    }

    private static long required(String call, int fd, long result) {
        if (result < 0) {
            throw new CallFailed(call, fd, Native.getLastError());
        }
        return result;
    }
}
