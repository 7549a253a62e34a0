package org.kqueue.linux.epoll;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.kqueue.Errno;
import org.kqueue.KeventException;

/** The C library's functions through JNA. */
public class JnaCalls implements EpollCalls {

    private static final int POLLFD = 16;
    private static final int SIZE = 24;

    /** One {@code struct epoll_event} and one {@code struct pollfd}. Guarded by this. */
    private final ByteBuffer structs = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
    private final long structsAddress = addressOf(structs);

    /** Allocates the memory that the calls need. */
    public JnaCalls() {
    }

    static long addressOf(ByteBuffer direct) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
    }

    private static int check(String call, int result) throws KeventException {
        if (result < 0) {
            int errno = Native.getLastError();
            throw new KeventException(call, -1, errno, Errno.name(errno, Errno.Numbering.LINUX), null);
        }
        return result;
    }

    @Override
    public final int create() throws KeventException {
        return check("epoll_create1", EpollLibrary.epoll_create1(EpollLibrary.EPOLL_CLOEXEC));
    }

    @Override
    public final int ctl(int epfd, int op, int fd, int events) {
        return ctl(epfd, op, fd, events, fd);
    }

    /**
     * {@code epoll_ctl} with user data of 64 bits.
     *
     * @param epfd the epoll instance
     * @param op one of {@code EPOLL_CTL_}
     * @param fd the descriptor
     * @param events {@code EPOLL} bits
     * @param token the user data, as {@link EventArray#token} returns it
     * @return 0 or the errno
     */
    public final synchronized int ctl(int epfd, int op, int fd, int events, long token) {
        structs.putInt(0, events).putInt(EventArray.DATA, (int) token)
                .putInt(EventArray.DATA + Integer.BYTES, (int) (token >>> Integer.SIZE));
        return EpollLibrary.epoll_ctl(epfd, op, fd, structsAddress) == 0 ? 0 : Native.getLastError();
    }

    @Override
    public final int await(int epfd, long events, int maxevents, int timeoutMillis) {
        return EpollWait.result(EpollLibrary.epoll_wait(epfd, events, maxevents, timeoutMillis));
    }

    @Override
    public final int poll(int fd, int events) {
        return poll(fd, events, 0);
    }

    /**
     * {@code poll} of one descriptor.
     *
     * @param fd the descriptor
     * @param events {@code EPOLL} bits
     * @param timeoutMillis the longest wait
     * @return {@code revents}, 0 where nothing happens in time or the call fails
     */
    public final synchronized int poll(int fd, int events, int timeoutMillis) {
        structs.putInt(POLLFD, fd).putShort(POLLFD + 4, (short) events).putShort(POLLFD + 6, (short) 0);
        return EpollLibrary.poll(structsAddress + POLLFD, 1, timeoutMillis) > 0
                ? structs.getShort(POLLFD + 6) & 0xFFFF : 0;
    }

    @Override
    public final int eventfd() throws KeventException {
        return check("eventfd", EpollLibrary.eventfd(0, EpollLibrary.EFD_CLOEXEC | EpollLibrary.EFD_NONBLOCK));
    }

    @Override
    public final void signal(int eventfd) throws KeventException {
        check("write", (int) EpollLibrary.write(eventfd, One.ADDRESS, Long.BYTES));
    }

    /** The 64-bit 1 that is written. */
    private static final class One {
        static final ByteBuffer MEMORY = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder())
                .putLong(0, 1);
        static final long ADDRESS = addressOf(MEMORY);
    }

    @Override
    public final void close(int fd) throws KeventException {
        check("close", EpollLibrary.close(fd));
    }

    @Override
    public final long address(ByteBuffer direct) {
        return addressOf(direct);
    }
}
