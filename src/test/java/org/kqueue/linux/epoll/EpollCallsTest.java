package org.kqueue.linux.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLET;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLOUT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLRDHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_DEL;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_MOD;

import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.Kqueue;
import org.kqueue.contract.Posix;
import org.kqueue.robust.OpenDescriptors;

/** The JDK's native methods and JNA's mappings do the same. */
@ParameterizedClass
@MethodSource("kinds")
class EpollCallsTest {

    @Parameter
    String kind;
    private EpollCalls calls;
    private EventArray events;
    private int epfd;
    private final List<Integer> open = new ArrayList<>();

    static Stream<String> kinds() {
        return Stream.of("lent", "jna");
    }

    @BeforeEach
    void openEpoll() throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "epoll is Linux's");
        calls = kind.equals("lent") ? JdkCalls.LENT : new JnaCalls();
        assumeTrue(calls != null, "org.kqueue.calls asks for other calls");
        events = new EventArray(calls).reserve(4);
        epfd = keep(calls.create());
    }

    @AfterEach
    void closeAll() {
        open.forEach(Posix::close);
    }

    private int keep(int fd) {
        assertTrue(fd >= 0);
        open.add(fd);
        return fd;
    }

    private int await(int timeoutMillis) {
        return calls.await(epfd, events.address(), 4, timeoutMillis);
    }

    @Test
    void eventsCarryTheDescriptor() throws IOException {
        int eventfd = keep(calls.eventfd());
        assertEquals(0, calls.ctl(epfd, EPOLL_CTL_ADD, eventfd, EPOLLIN | EPOLLET));
        assertEquals(0, await(0));
        calls.signal(eventfd);
        assertEquals(1, await(-1));
        assertEquals(eventfd, events.fd(0));
        assertEquals(EPOLLIN, events.events(0));
        assertEquals(0, await(1), "an edge");
        calls.signal(eventfd);
        assertEquals(1, await(1), "each signal is one");
    }

    @Test
    void aFailedChangeIsItsErrno() throws IOException {
        int eventfd = keep(calls.eventfd());
        assertEquals(Errno.ENOENT, calls.ctl(epfd, EPOLL_CTL_MOD, eventfd, EPOLLIN));
        assertEquals(0, calls.ctl(epfd, EPOLL_CTL_ADD, eventfd, EPOLLIN));
        assertEquals(Errno.EEXIST, calls.ctl(epfd, EPOLL_CTL_ADD, eventfd, EPOLLIN));
        assertEquals(0, calls.ctl(epfd, EPOLL_CTL_DEL, eventfd, 0));
        assertEquals(Errno.ENOENT, calls.ctl(epfd, EPOLL_CTL_DEL, eventfd, 0));
        assertEquals(Errno.EBADF, calls.ctl(epfd, EPOLL_CTL_ADD, 1 << 20, EPOLLIN));
        assertEquals(Errno.EBADF, calls.ctl(-1, EPOLL_CTL_ADD, eventfd, EPOLLIN));
    }

    @Test
    void aWaitOnWhatIsNoEpollInstanceIsEbadf() throws IOException {
        assertEquals(-Errno.EBADF, calls.await(-1, events.address(), 4, 0));
        assertEquals(-Errno.EBADF, calls.await(keep(calls.eventfd()), events.address(), 4, 0));
    }

    @Test
    void pollSaysWhatIsSo() {
        int[] pair = new int[2];
        assertEquals(0, Posix.socketpair(Posix.AF_UNIX, Posix.SOCK_STREAM, 0, pair));
        keep(pair[0]);
        int all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
        assertEquals(EPOLLOUT, calls.poll(pair[0], all));
        assertEquals(0, calls.poll(pair[0], EPOLLIN));
        Posix.close(pair[1]);
        assertEquals(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP, calls.poll(pair[0], all));
        assertEquals(0x20, calls.poll(1 << 20, all), "POLLNVAL");
    }

    @Test
    void theEpollInstanceIsCloseOnExec() {
        assertEquals(1, Posix.fcntl(epfd, Posix.F_GETFD, 0));
    }

    @Test
    void aFailureNamesTheCall() {
        assertTrue(assertThrows(IOException.class, () -> calls.signal(1 << 20)).getMessage().startsWith("write"));
        assertTrue(assertThrows(IOException.class, () -> calls.close(1 << 20)).getMessage().startsWith("close"));
    }

    @Test
    void theAddressIsThatOfTheFirstByte() {
        ByteBuffer memory = ByteBuffer.allocateDirect(16);
        memory.put(0, (byte) 42);
        assertEquals(42, new Pointer(calls.address(memory)).getByte(0));
    }

    @Test
    void anInstanceIsWokenUntilItIsClosed() throws IOException {
        EpollInstance epoll = EpollInstance.open(calls, EPOLLIN | EPOLLET);
        epoll.wake();
        assertEquals(1, epoll.await(events, 4, Kqueue.FOREVER));
        assertEquals(epoll.eventfd(), events.fd(0));
        assertEquals(0, epoll.await(events, 4, 1));
        epoll.close();
        epoll.close();
        assertThrows(ClosedKqueueException.class, epoll::wake);
        OpenDescriptors.assertCloses(epoll.epfd());
        OpenDescriptors.assertCloses(epoll.eventfd());
    }

    @Test
    void aRenewedInstanceHasItsItemsUnderItsNumber() throws IOException {
        EpollInstance epoll = EpollInstance.open(calls, EPOLLIN | EPOLLET);
        keep(epoll.epfd());
        int[] pair = new int[2];
        assertEquals(0, Posix.socketpair(Posix.AF_UNIX, Posix.SOCK_STREAM, 0, pair));
        keep(Posix.dup(pair[0]));
        assertEquals(0, epoll.ctl(EPOLL_CTL_ADD, pair[0], EPOLLOUT));
        assertEquals(0, epoll.ctl(EPOLL_CTL_ADD, keep(pair[1]), EPOLLOUT));
        Posix.close(pair[0]);
        assertEquals(2, epoll.await(events, 4, 0), "epoll keeps an item while its file is open");
        OpenDescriptors before = OpenDescriptors.now("anon_inode:");
        int[] items = new int[pair[1] + 1];
        items[pair[1]] = EPOLLOUT;
        epoll.renew(items);
        before.assertNoneSince();
        assertEquals(1, epoll.await(events, 4, 0));
        assertEquals(pair[1], events.fd(0));
        epoll.wake();
        assertEquals(2, epoll.await(events, 4, 0));
        epoll.close();
        open.remove((Integer) epoll.epfd());
    }
}
