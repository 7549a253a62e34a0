package org.kqueue.bsd;

import com.sun.jna.Native;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code java.lang.foreign} by reflection, as this library is compiled for Java 17. Reflection is over when a handle
 * has been made; the handle's own code has none.
 *
 * <p>errno is captured by the call itself, for the JVM may change it before another call could read it. It goes into
 * memory of the calling thread.
 */
final class Downcall {

    private static final Class<?> LINKER = type("Linker");
    private static final Class<?> OPTION = type("Linker$Option");
    private static final Class<?> SEGMENT = type("MemorySegment");
    private static final Class<?> LAYOUT = type("MemoryLayout");
    private static final Class<?> DESCRIPTOR = type("FunctionDescriptor");
    private static final MethodHandle STATE;
    private static final MethodHandle CHECK;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findStatic(Downcall.class, "state", MethodType.methodType(Object.class))
                    .asType(MethodType.methodType(SEGMENT));
            CHECK = lookup.findStatic(Downcall.class, "check", MethodType.methodType(int.class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Downcall() {
    }

    /** The memory into which a thread's calls write the errno. */
    private static final class State {
        private static final ThreadLocal<State> CURRENT = ThreadLocal.withInitial(State::new);

        private final ByteBuffer memory = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
        private final Object segment = segment(memory);

        private static Object segment(ByteBuffer memory) {
            try {
                return SEGMENT.getMethod("ofBuffer", java.nio.Buffer.class).invoke(null, memory);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError("MemorySegment.ofBuffer is public", e);
            }
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName("java.lang.foreign." + name);
        } catch (ClassNotFoundException e) {
            throw new NoClassDefFoundError(e.getMessage());
        }
    }

    /** A call that leaves the errno where JNA's calls leave it. */
    static MethodHandle link(long address, MethodType type) throws ReflectiveOperationException {
        try {
            Object captureErrno = OPTION.getMethod("captureCallState", String[].class).invoke(null,
                    (Object) new String[] {"errno"});
            MethodHandle call = link(address, type, captureErrno);
            return MethodHandles.filterReturnValue(MethodHandles.foldArguments(call, STATE), CHECK);
        } catch (InvocationTargetException e) {
            throw new ReflectiveOperationException(e.getCause());
        }
    }

    private static MethodHandle link(long address, MethodType type, Object option)
            throws ReflectiveOperationException, InvocationTargetException {
        Object linker = LINKER.getMethod("nativeLinker").invoke(null);
        Object array = Array.newInstance(OPTION, 1);
        Array.set(array, 0, option);
        Object function = SEGMENT.getMethod("ofAddress", long.class).invoke(null, address);
        Method downcallHandle = LINKER.getMethod("downcallHandle", SEGMENT, DESCRIPTOR, array.getClass());
        return (MethodHandle) downcallHandle.invoke(linker, function, descriptor(type), array);
    }

    private static Object descriptor(MethodType type) throws ReflectiveOperationException {
        Object parameters = Array.newInstance(LAYOUT, type.parameterCount());
        for (int i = 0; i < type.parameterCount(); i++) {
            Array.set(parameters, i, layout(type.parameterType(i)));
        }
        return DESCRIPTOR.getMethod("of", LAYOUT, parameters.getClass()).invoke(null, layout(type.returnType()),
                parameters);
    }

    private static Object layout(Class<?> type) throws ReflectiveOperationException {
        String constant = type == int.class ? "JAVA_INT" : type == long.class ? "JAVA_LONG" : null;
        if (constant == null) {
            throw new IllegalArgumentException("an argument or result of type " + type);
        }
        return type("ValueLayout").getField(constant).get(null);
    }

    private static Object state() {
        return State.CURRENT.get().segment;
    }

    /** The result of a call on this thread; of one that failed the errno is handed on. */
    private static int check(int result) {
        if (result < 0) {
            Native.setLastError(State.CURRENT.get().memory.getInt(0));
        }
        return result;
    }
}
