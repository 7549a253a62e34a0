package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.kqueue.KqueueConfig;
import org.kqueue.RestoredProperty;

/** JNA or java.lang.foreign: the same results, the same errno. */
class ForeignCallsTest {

    private static final int EBADF = 9;
    private static final int ESRCH = 3;
    private static final MethodType TYPE = MethodType.methodType(int.class, int.class);

    @RegisterExtension
    final RestoredProperty calls = new RestoredProperty(KqueueConfig.CALLS);

    /** JNA's mapping. */
    static final class Libc {
        static {
            Native.register(Libc.class, NativeLibrary.getProcess());
        }

        private Libc() {
        }

        static native int dup(int fd);

        static native int getsid(int pid);
    }

    /** Through java.lang.foreign, or JNA where it is not possible. */
    private static MethodHandle libc(String name) throws ReflectiveOperationException {
        MethodHandle foreign = ForeignCalls.of(() -> address(name), name, TYPE);
        return foreign != null ? foreign : MethodHandles.lookup().findStatic(Libc.class, name, TYPE);
    }

    private static long address(String name) {
        return Pointer.nativeValue(NativeLibrary.getProcess().getGlobalVariableAddress(name));
    }

    @Test
    void failedCallLeavesErrnoWhereJnaLeavesIt() throws Throwable {
        for (String value : new String[] {"auto", "jna"}) {
            calls.set(value);
            MethodHandle dup = libc("dup");
            Native.setLastError(0);
            assertEquals(-1, (int) dup.invokeExact(-1), value);
            assertEquals(EBADF, Native.getLastError(), value);
        }
    }

    @Test
    void threadsDoNotMixUpTheirErrnos() throws Exception {
        MethodHandle dup = libc("dup");
        MethodHandle getsid = libc("getsid");
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<Boolean> a = threads.submit(always(dup, -1, EBADF));
            Future<Boolean> b = threads.submit(always(getsid, -1, ESRCH));
            assertTrue(a.get());
            assertTrue(b.get());
        } finally {
            threads.shutdownNow();
        }
    }

    private static Callable<Boolean> always(MethodHandle call, int argument, int errno) {
        return () -> {
            for (int i = 0; i < 20_000; i++) {
                try {
                    if ((int) call.invokeExact(argument) != -1 || Native.getLastError() != errno) {
                        return false;
                    }
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
            }
            return true;
        };
    }

    @Test
    void jnaIsUsedWhereThePropertySaysSo() {
        calls.set("jna");
        assertNull(ForeignCalls.of(() -> {
            throw new AssertionError("looked up");
        }, "dup", TYPE));
    }

    @Test
    void unknownValueIsAnsweredWithTheAllowedOnes() {
        calls.set("jni");
        String message = assertThrows(IllegalArgumentException.class, KqueueConfig::calls).getMessage();
        assertEquals("org.kqueue.calls=jni; allowed: auto, jna, foreign", message);
    }

    @Test
    void foreignIsRefusedBeforeJava22() {
        assumeTrue(Runtime.version().feature() < 22, "this Java has java.lang.foreign");
        calls.set("foreign");
        String message = assertThrows(UnsupportedOperationException.class, ForeignCalls::requirePossible).getMessage();
        assertTrue(message.contains("Java 22"), message);
    }
}
