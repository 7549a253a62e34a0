package org.kqueue.trace;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.contract.Posix;

/**
 * Signals of the JVM's own process. Its handlers run in threads of their own, some time after {@code kill} has
 * returned, so each signal is sent when the one before was counted by a second kqueue, the witness, which is told after
 * the case's.
 */
final class CaseSignals implements AutoCloseable {

    /** FreeBSD's numbers, and Linux'. SIGUSR2 is HotSpot's own: another that does nothing stands for it. */
    private static final Map<String, Integer> NUMBERS = Map.of("30", 10, "31", 28, "20", 17);
    private static final Map<Integer, String> NAMES = Map.of(10, "USR1", 28, "WINCH", 17, "CHLD");
    private static final int PID = (int) ProcessHandle.current().pid();
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET = 128;

    private final CaseWorld world;
    private final AtomicLong ran = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final Map<Integer, Object> before = new HashMap<>();
    private byte[] mask;

    CaseSignals(CaseWorld world) {
        this.world = world;
    }

    void teach(Map<String, CaseWorld.Verb> verbs) {
        verbs.put("ignore", operands -> handle(operands.get(0), handler(() -> { })));
        verbs.put("handler", operands -> handle(operands.get(0), handler(ran::incrementAndGet)));
        verbs.put("block", operands -> {
            handle(operands.get(0), handler(() -> { }));
            return block(number(operands.get(0)));
        });
        verbs.put("raise", operands -> raise(operands.get(0), Integer.parseInt(operands.get(1))));
        verbs.put("chld", operands -> exit(operands.get(0)));
        verbs.put("ran", operands -> ran());
    }

    /** The number that a recorded one stands for. */
    static int number(String recorded) {
        return NUMBERS.getOrDefault(recorded, Integer.parseInt(recorded));
    }

    private static Object handler(Runnable action) throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.SignalHandler");
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
                action.run();
            }
            return method.getReturnType() == boolean.class ? proxy == arguments[0]
                    : method.getReturnType() == int.class ? (Object) System.identityHashCode(proxy) : null;
        });
    }

    /** By reflection: the compiler warns of every mention of the class. */
    private static Object set(int number, Object handler) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Constructor<?> named = signal.getConstructor(String.class);
        Method handle = signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"));
        return handle.invoke(null, named.newInstance(NAMES.get(number)), handler);
    }

    private long handle(String signal, Object handler) throws ReflectiveOperationException {
        int number = number(signal);
        Object old = set(number, handler);
        before.putIfAbsent(number, old);
        return 0;
    }

    /** How often the handler has run since this was asked last; it runs after the kqueues were told. */
    private long ran() throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long expected = sent.getAndSet(0);
        while (ran.get() < expected && System.nanoTime() < deadline) {
            Thread.sleep(1);
        }
        return ran.getAndSet(0);
    }

    /** Blocks it in this thread; a JVM's other threads take it. */
    private long block(int number) {
        mask = new byte[SIGSET];
        byte[] set = new byte[SIGSET];
        set[(number - 1) / Byte.SIZE] = (byte) (1 << (number - 1) % Byte.SIZE);
        return Posix.pthread_sigmask(SIG_BLOCK, set, mask);
    }

    private long raise(String signal, int times) throws IOException {
        int number = number(signal);
        sent.addAndGet(times);
        witness(number, times, () -> Posix.kill(PID, number));
        return 0;
    }

    private interface Cause {
        void happen() throws Exception;
    }

    private static void witness(int number, int times, Cause cause) throws IOException {
        try (Kqueue witness = Kqueue.open(new KqueueConfig("embedded", null, "freebsd", KqueueConfig.Detail.FULL))) {
            witness.kevent(witness.newChangeList(1).add(number, Filter.EVFILT_SIGNAL, KeventFlags.EV_ADD, 0), null, 0);
            EventList events = witness.newEventList(1);
            for (int i = 0; i < times; i++) {
                cause.happen();
                if (witness.kevent(null, events, PATIENCE_NANOS) != 1 || events.data(0) != 1) {
                    throw new IOException("signal " + number + " was not seen once");
                }
            }
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    /** A child exits. */
    private long exit(String child) throws IOException {
        witness(number("20"), 1, () -> world.perform(List.of("release", child)));
        return 0;
    }

    /** Has a handler run in a thread of this process, whatever it is doing. */
    void interrupt(String signal, int tid) {
        sent.incrementAndGet();
        if (Posix.tgkill(PID, tid, number(signal)) != 0) {
            throw new IllegalStateException("tgkill " + tid);
        }
    }

    @Override
    public void close() {
        if (mask != null) {
            Posix.pthread_sigmask(SIG_SETMASK, mask, new byte[SIGSET]);
        }
        try {
            for (Map.Entry<Integer, Object> old : before.entrySet()) {
                set(old.getKey(), old.getValue());
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
