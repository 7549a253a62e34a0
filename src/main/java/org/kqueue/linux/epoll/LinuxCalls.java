package org.kqueue.linux.epoll;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.kqueue.Errno;
import org.kqueue.KqueueUnavailableException;

/**
 * The calls of the C library that a kqueue with full detail makes, and the memory they need. Those that return a number
 * return the negative errno instead where the caller has to expect one; the others throw {@link CallFailed}.
 *
 * <p>One for each kqueue, guarded by its lock.
 */
public final class LinuxCalls extends JnaCalls {

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
    private final long address = addressOf(memory);

    /** Allocates the memory. */
    public LinuxCalls() {
        this(HERE);
    }

    LinuxCalls(Architecture architecture) {
        this.architecture = architecture;
    }

    /**
     * Why these calls cannot be made here.
     *
     * @return null where they can
     */
    public static String whyNot() {
        return HERE != null ? null : "the numbers of system calls and ioctls are not known for "
                + System.getProperty("os.arch") + " (selectors need none of them)";
    }

    /**
     * Binds the C library, and tries what an old kernel or C library does not have.
     *
     * @throws KqueueUnavailableException where something is missing; the message names it
     * @throws UnsatisfiedLinkError where a function is missing
     */
    public void require() throws KqueueUnavailableException {
        int errno = look(-1).errno();
        if (errno != Errno.EBADF) {
            throw new KqueueUnavailableException("the embedded kqueue needs statx(2), which fails with "
                    + Errno.name(errno, Errno.Numbering.LINUX) + " here; it exists from Linux 4.11 on"
                    + " (selectors do not need it)");
        }
    }

    /**
     * {@code statx}. As a system call: C libraries before glibc 2.28 and musl 1.2.5 have no function.
     *
     * @param fd a descriptor
     * @return its file, or the errno
     */
    public FileStatus look(int fd) {
        long result = LinuxLibrary.syscall(architecture.statx(), fd, address + EMPTY_STRING,
                LinuxLibrary.AT_EMPTY_PATH, LinuxLibrary.STATX_BASIC_STATS, address + STRUCT);
        return result != 0 ? new FileStatus(Native.getLastError(), 0, 0, 0, 0, 0)
                : new FileStatus(0, structShort(STX_MODE), structInt(STX_NLINK), structLong(STX_SIZE),
                        structLong(STX_DEV_MAJOR), structLong(STX_INO));
    }

    /**
     * {@code F_GETFL & O_ACCMODE}.
     *
     * @param fd a descriptor
     * @return how it was opened
     */
    public int accessMode(int fd) {
        return (int) required("fcntl(F_GETFL)", fd, LinuxLibrary.fcntl(fd, LinuxLibrary.F_GETFL, 0))
                & LinuxLibrary.O_ACCMODE;
    }

    /**
     * Whether a pipe has no name.
     *
     * @param fd a pipe
     * @return false for a fifo
     */
    public boolean isUnnamedPipe(int fd) {
        required("fstatfs", fd, LinuxLibrary.fstatfs(fd, address + STRUCT));
        return structLong(0) == LinuxLibrary.PIPEFS_MAGIC;
    }

    /**
     * {@code F_GETPIPE_SZ}.
     *
     * @param fd a pipe
     * @return how many bytes it has room for
     */
    public int pipeSize(int fd) {
        return (int) required("fcntl(F_GETPIPE_SZ)", fd, LinuxLibrary.fcntl(fd, LinuxLibrary.F_GETPIPE_SZ, 0));
    }

    /**
     * {@code lseek}, moving nothing.
     *
     * @param fd a file
     * @return its offset
     */
    public long offset(int fd) {
        return required("lseek", fd, LinuxLibrary.lseek(fd, 0, LinuxLibrary.SEEK_CUR));
    }

    /**
     * {@code getsockopt} of a number.
     *
     * @param fd a socket
     * @param name of an option of level {@code SOL_SOCKET}
     * @return its value
     */
    public int option(int fd, int name) {
        memory.putInt(LENGTH, Integer.BYTES);
        required("getsockopt(" + name + ")", fd, LinuxLibrary.getsockopt(fd, LinuxLibrary.SOL_SOCKET, name,
                address + NUMBER, address + LENGTH));
        return memory.getInt(NUMBER);
    }

    /**
     * {@code FIONREAD}.
     *
     * @param fd a descriptor
     * @return how many bytes there are to read, or the negative errno
     */
    public long readable(int fd) {
        return count(fd, architecture.fionread());
    }

    /**
     * {@code SIOCOUTQ}.
     *
     * @param fd a socket
     * @return how many bytes are in its send buffer, or the negative errno
     */
    public long unsent(int fd) {
        return count(fd, architecture.siocoutq());
    }

    private long count(int fd, long request) {
        return LinuxLibrary.ioctl(fd, request, address + NUMBER) == 0 ? memory.getInt(NUMBER) : -Native.getLastError();
    }

    /**
     * {@code TCP_INFO}.
     *
     * @param state the connection's state
     * @param unacked of a listener: how many connections wait
     * @param measured whether a round trip was measured
     */
    public record TcpInfo(int state, int unacked, boolean measured) {
    }

    /**
     * {@code TCP_INFO}.
     *
     * @param fd a descriptor
     * @return a state of 0 where it has none
     */
    public TcpInfo tcpInfo(int fd) {
        memory.putInt(LENGTH, STRUCT_SIZE);
        int result = LinuxLibrary.getsockopt(fd, LinuxLibrary.IPPROTO_TCP, LinuxLibrary.TCP_INFO, address + STRUCT,
                address + LENGTH);
        // The round trip is all ones before one was measured.
        return result != 0 ? new TcpInfo(0, 0, false) : new TcpInfo(memory.get(STRUCT) & 0xFF,
                structInt(TCPI_UNACKED), memory.get(STRUCT) != 0 && structInt(TCPI_MIN_RTT) != -1);
    }

    /**
     * {@code send} of nothing, which has no effect but to say whether sending is still allowed.
     *
     * @param fd a stream socket
     * @return 0 or the errno
     */
    public int sendNothing(int fd) {
        return LinuxLibrary.send(fd, address + EMPTY_STRING, 0, LinuxLibrary.MSG_NOSIGNAL | LinuxLibrary.MSG_DONTWAIT)
                >= 0 ? 0 : Native.getLastError();
    }

    /**
     * {@code read} of an eventfd: sets its count to 0.
     *
     * @param eventfd one that does not block
     */
    public void drain(int eventfd) {
        // EAGAIN: it had none.
        LinuxLibrary.read(eventfd, address + NUMBER, Long.BYTES);
    }

    /**
     * {@code timerfd_create}, close-on-exec and non-blocking.
     *
     * @param clock one of {@code CLOCK_}
     * @return a timerfd, or the negative errno
     */
    public int timerfd(int clock) {
        return errno(LinuxLibrary.timerfd_create(clock, LinuxLibrary.TFD_CLOEXEC | LinuxLibrary.TFD_NONBLOCK));
    }

    /**
     * {@code timerfd_settime}: it expires once.
     *
     * @param timerfd a timerfd
     * @param flags 0 or {@code TFD_TIMER_ABSTIME}
     * @param nanos when; 0 stops it
     */
    public void setTimer(int timerfd, int flags, long nanos) {
        memory.putLong(STRUCT, 0).putLong(STRUCT + 8, 0);
        memory.putLong(STRUCT + 16, nanos / 1_000_000_000).putLong(STRUCT + 24, nanos % 1_000_000_000);
        required("timerfd_settime", timerfd, LinuxLibrary.timerfd_settime(timerfd, flags, address + STRUCT, 0));
    }

    /**
     * {@code pidfd_open}, which is always close-on-exec.
     *
     * @param pid a process
     * @return a pidfd, or the negative errno
     */
    public int pidfd(int pid) {
        return errno((int) LinuxLibrary.syscall(LinuxLibrary.SYS_PIDFD_OPEN, pid, 0, 0, 0, 0));
    }

    /**
     * {@code waitid} of a child that has exited, without taking its status away from whoever waits for it. Leaves a
     * {@code siginfo_t} in {@link #structInt}.
     *
     * @param pidfd of the child
     * @return whether the call says anything
     */
    public boolean waitStatus(int pidfd) {
        return LinuxLibrary.waitid(LinuxLibrary.P_PIDFD, pidfd, address + STRUCT,
                LinuxLibrary.WEXITED | LinuxLibrary.WNOWAIT | LinuxLibrary.WNOHANG) == 0;
    }

    /**
     * {@code PIDFD_GET_INFO}. Leaves a {@code struct pidfd_info} in {@link #structInt}.
     *
     * @param pidfd a pidfd
     * @param mask what is asked for
     * @return 0 or the errno
     */
    public int processInfo(int pidfd, long mask) {
        for (int offset = 0; offset < STRUCT_SIZE; offset += Long.BYTES) {
            memory.putLong(STRUCT + offset, 0);
        }
        memory.putLong(STRUCT, mask);
        return LinuxLibrary.ioctl(pidfd, LinuxLibrary.PIDFD_GET_INFO, address + STRUCT) == 0 ? 0
                : Native.getLastError();
    }

    /**
     * {@code inotify_init1}, close-on-exec and non-blocking.
     *
     * @return an inotify instance, or the negative errno
     */
    public int inotify() {
        return errno(LinuxLibrary.inotify_init1(LinuxLibrary.IN_CLOEXEC | LinuxLibrary.IN_NONBLOCK));
    }

    /**
     * {@code inotify_add_watch}.
     *
     * @param inotify an inotify instance
     * @param path in ASCII
     * @param mask {@code IN_} bits
     * @return the watch, 1 or more, or the negative errno
     */
    public int watch(int inotify, String path, int mask) {
        memory.put(STRUCT, (path + '\0').getBytes(StandardCharsets.US_ASCII));
        return errno(LinuxLibrary.inotify_add_watch(inotify, address + STRUCT, mask));
    }

    /**
     * {@code inotify_rm_watch}.
     *
     * @param inotify an inotify instance
     * @param watch of it
     */
    public void unwatch(int inotify, int watch) {
        // EINVAL where the file is gone, and the watch with it.
        LinuxLibrary.inotify_rm_watch(inotify, watch);
    }

    /**
     * {@code read}.
     *
     * @param fd a descriptor that does not block
     * @param buffer a direct buffer, filled from its beginning
     * @return the number of bytes, or the negative errno
     */
    public int read(int fd, ByteBuffer buffer) {
        return errno((int) LinuxLibrary.read(fd, addressOf(buffer), buffer.capacity()));
    }

    /**
     * A field of the struct that the last call has left.
     *
     * @param offset in the struct
     * @return 32 bits
     */
    public int structInt(int offset) {
        return memory.getInt(STRUCT + offset);
    }

    /**
     * A field of the struct that the last call has left.
     *
     * @param offset in the struct
     * @return 64 bits
     */
    public long structLong(int offset) {
        return memory.getLong(STRUCT + offset);
    }

    private int structShort(int offset) {
        return memory.getShort(STRUCT + offset) & 0xFFFF;
    }

    private static int errno(int result) {
        return result >= 0 ? result : -Native.getLastError();
    }

    private static long required(String call, int fd, long result) {
        if (result < 0) {
            throw CallFailed.of(call, fd, Native.getLastError());
        }
        return result;
    }
}
