package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.robust.Faults;
import org.kqueue.robust.FaultyKqueue;
import org.kqueue.robust.Pair;

/**
 * What the selector makes of a kqueue that refuses, fails, or reports what nobody asked for; and how often it calls.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#ours")
class FailingKqueueTest extends SelectorFixture {

    private FaultyKqueue kqueue;

    @BeforeEach
    void openFaultySelector() throws IOException {
        openFaultySelector(false);
    }

    private void openFaultySelector(boolean isKernel) throws IOException {
        kqueue = new FaultyKqueue(((Providers.On) provider).openKqueue());
        kqueue.isKernel = isKernel;
        selector = closed(((Providers.On) provider).openSelector(kqueue));
    }

    @Test
    void changesAndWaitAreOneCall() throws IOException {
        Pair pair = pair();
        SelectionKey near = register(pair.near(), OP_READ | OP_WRITE);
        register(pair.far(), OP_READ);
        selector.select();
        assertEquals(1, kqueue.calls.size(), () -> kqueue.calls.toString());
        near.interestOps(OP_READ);
        selector.selectNow();
        assertEquals(2, kqueue.calls.size());
        assertTrue(kqueue.calls.get(1).contains("EV_DELETE"), kqueue.calls.get(1));
        int before = kqueue.calls.size();
        near.interestOps(OP_READ | OP_WRITE);
        near.interestOps(OP_READ);
        selector.selectNow();
        assertEquals("[]", kqueue.calls.get(before), "changes that cancel out");
    }

    @Test
    void interestThatGoesOnceSelectedAndComesBackIsOneChangeOnly() throws IOException {
        assumeFalse(kqueue.layout().name().startsWith("netbsd"),
                "NetBSD 7 does not enable a dispatched knote with data");
        openFaultySelector(true);
        Pair pair = pair();
        SelectionKey near = register(pair.near(), OP_READ);
        pair.far().write(ByteBuffer.allocate(1));
        for (int round = 0; round < 4; round++) {
            assertEquals(OP_READ, readyAfterSelect(near));
            near.interestOps(0);
            selector.select(1);
            near.interestOps(OP_READ);
        }
        kqueue.calls.clear();
        assertEquals(OP_READ, readyAfterSelect(near));
        near.interestOps(0);
        selector.select(1);
        long changes = kqueue.calls.stream().filter(call -> !call.equals("[]")).count();
        assertEquals(1, changes, () -> kqueue.calls.toString());
    }

    @Test
    void interestThatStaysAfterWorkersAreGoneCostsNoChange() throws IOException {
        assumeFalse(kqueue.layout().name().startsWith("netbsd"), "no EV_DISPATCH is used there");
        openFaultySelector(true);
        Pair pair = pair();
        SelectionKey near = register(pair.near(), OP_READ);
        pair.far().write(ByteBuffer.allocate(1));
        assertEquals(OP_READ, readyAfterSelect(near));
        near.interestOps(0);
        selector.select(1);
        near.interestOps(OP_READ);
        for (int round = 0; round < 3; round++) {
            assertEquals(OP_READ, readyAfterSelect(near), "not read, and so ready again");
        }
        kqueue.calls.clear();
        assertEquals(OP_READ, readyAfterSelect(near));
        assertEquals(List.of("[]"), kqueue.calls);
    }

    @Test
    void refusedAdditionMakesTheKeyReadyAndIsTriedAgain() throws IOException {
        Pipe pipe = pipe();
        kqueue.refuseChanges(Errno.EPIPE);
        SelectionKey key = register(pipe.sink(), OP_WRITE);
        assertEquals(1, selector.select());
        assertEquals(OP_WRITE, key.readyOps());
        assertEquals(OP_WRITE, readyAfterSelect(key));
        key.interestOps(0);
        assertSilent(selector);
    }

    @Test
    void refusedAdditionDoesNotHideWhatElseIsReady() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        SelectionKey ready = register(pipe.source(), OP_READ);
        assertEquals(1, selector.select());
        selector.selectedKeys().clear();
        kqueue.refuseChanges(Errno.ENOMEM);
        SelectionKey refused = register(pipe().source(), OP_READ);
        assertEquals(2, selector.select());
        assertTrue(ready.isReadable());
        assertTrue(refused.isReadable());
        assertEquals(OP_READ, readyAfterSelect(ready));
    }

    @Test
    void selectEndsThoughMoreIsRefusedThanAListHolds() throws IOException {
        List<SelectionKey> keys = new ArrayList<>();
        for (int i = 0; i < 140; i++) {
            DatagramChannel channel = closed(provider.openDatagramChannel());
            channel.configureBlocking(false);
            keys.add(register(channel, OP_READ | OP_WRITE));
        }
        for (int i = 0; i < 10; i++) {
            kqueue.refuseChanges(Errno.ENOMEM);
        }
        assertEquals(keys.size(), selector.select());
        for (SelectionKey key : keys) {
            assertEquals(OP_READ | OP_WRITE, key.readyOps());
        }
    }

    @Test
    void refusedDeletionIsIgnored() throws IOException {
        for (int errno : new int[] {Errno.ENOENT, Errno.EBADF, Errno.EINVAL}) {
            Pair pair = pair();
            SelectionKey key = register(pair.near(), OP_WRITE);
            assertEquals(OP_WRITE, readyAfterSelect(key));
            key.interestOps(0);
            kqueue.refuseChanges(errno);
            // The knote is still there and has its event, which deletes it again.
            assertSilent(selector);
            key.interestOps(OP_WRITE);
            assertEquals(OP_WRITE, readyAfterSelect(key));
            key.cancel();
        }
    }

    @Test
    void failedCallLosesNoKey() throws IOException {
        Pair pair = pair();
        SelectionKey near = register(pair.near(), OP_READ | OP_WRITE);
        selector.selectNow();
        near.interestOps(OP_READ);
        SelectionKey far = register(pair.far(), OP_WRITE);
        kqueue.next((changes, events) -> -Errno.ENOMEM);
        KeventException failure = assertThrows(KeventException.class, selector::selectNow);
        assertEquals("ENOMEM", failure.errnoName());
        assertEquals(OP_WRITE, readyAfterSelect(far), () -> kqueue.calls.toString());
        assertEquals(0, near.readyOps() & OP_READ);
        far.interestOps(0);
        assertSilent(selector);
        write(pair.far(), 1);
        assertEquals(OP_READ, readyAfterSelect(near));
    }

    @Test
    void knoteThatNobodyWantsIsDeleted() throws IOException {
        Pipe pipe = pipe();
        register(pipe.source(), 0);
        reportNext(pipe.source(), Filter.EVFILT_READ, 0);
        assertEquals(0, selector.select());
        selector.select(50);
        assertTrue(kqueue.calls.get(1).contains("EVFILT_READ ident=" + Descriptors.of(pipe.source()))
                && kqueue.calls.get(1).contains("EV_DELETE"), kqueue.calls::toString);
    }

    @Test
    void knoteWithoutKeyIsDeleted() throws IOException {
        Pipe pipe = pipe();
        reportNext(pipe.source(), Filter.EVFILT_READ, 0);
        assertEquals(0, selector.select());
        selector.select(50);
        assertTrue(kqueue.calls.get(1).contains("EV_DELETE"), kqueue.calls::toString);
    }

    /** The next call reports an event, whatever the kqueue has. */
    private void reportNext(SelectableChannel channel, Filter filter, int flags) {
        kqueue.next((changes, events) -> {
            events.prepare(0);
            events.append(Descriptors.of(channel), kqueue.layout().number(filter), flags, 0, 0, 0);
            return 1;
        });
    }

    @Test
    void interruptedCallGoesOn() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        kqueue.next((changes, events) -> -Errno.EINTR);
        register(pipe.source(), 0);
        assertSilent(selector);
    }

    @Test
    void knoteThatTheKernelDeletedIsAddedAgain() throws IOException {
        Pipe pipe = pipe();
        SelectionKey key = register(pipe.sink(), OP_WRITE);
        // As FreeBSD when the reader has closed.
        reportNext(pipe.sink(), Filter.EVFILT_WRITE, KeventFlags.EV_ONESHOT | KeventFlags.EV_EOF);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        kqueue.refuseChanges(Errno.EPIPE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        assertEquals(OP_WRITE, readyAfterSelect(key));
        assertTrue(kqueue.calls.get(1).contains("EV_ADD"), () -> kqueue.calls.toString());
    }

    @Test
    void failedCallWhileDeregisteringStillGivesBackTheDescriptor() throws IOException {
        Pipe pipe = pipe();
        register(pipe.source(), OP_READ);
        selector.selectNow();
        pipe.source().close();
        kqueue.next((changes, events) -> -Errno.ENOMEM);
        assertThrows(KeventException.class, selector::selectNow);
        assertTrue(selector.keys().isEmpty());
        assertEquals(0, selector.selectNow());
        assertThrows(IOException.class, () -> write(pipe.sink(), 1), "the source is closed");
    }

    @Test
    void failedOpenClosesTheKqueue() throws IOException {
        Faults noWakeup = new Faults() {
            @Override
            public void newWakeup() throws IOException {
                throw new IOException("no wakeup");
            }
        };
        FaultyKqueue closed = new FaultyKqueue(((Providers.On) provider).openKqueue(), noWakeup);
        assertThrows(IOException.class, () -> ((Providers.On) provider).openSelector(closed));
        assertFalse(closed.isOpen());
    }
}
