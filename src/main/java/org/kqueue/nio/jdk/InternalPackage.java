package org.kqueue.nio.jdk;

import com.sun.jna.Function;
import com.sun.jna.JNIEnv;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.Map;

/**
 * Opens {@code sun.nio.ch} of {@code java.base}, and nothing else, to the module of this library, and to no other
 * module.
 *
 * <p>The package is open already where the JVM was started with {@code --add-opens java.base/sun.nio.ch=ALL-UNNAMED} or
 * the agent ran; then nothing is done. Otherwise {@code Module.implAddOpens(String, Module)}, the method behind that
 * flag, is called. Reflection finds it but may not make it accessible, so that one step goes through JNI, which knows
 * no access rules:
 *
 * <pre>
 *   GetMethodID(Module, "implAddOpens")          finds it
 *   ToReflectedMethod                            makes the java.lang.reflect.Method
 *   SetBooleanField(method, "override", true)    what setAccessible(true) does when it is allowed to
 * </pre>
 *
 * <p>JNA hands its current {@code JNIEnv*} to a C function that asks for it. It points to the function table, so that
 * one {@code memcpy} reads the table's address.
 */
final class InternalPackage {

    private static final String NAME = JdkChannels.INTERNAL_PACKAGE;

    // Slots of struct JNINativeInterface_; the JNI specification fixes them.
    private static final int TO_REFLECTED_METHOD = 9;
    private static final int GET_METHOD_ID = 33;
    private static final int GET_FIELD_ID = 94;
    private static final int SET_BOOLEAN_FIELD = 105;

    private static final Map<String, Object> PASS_OBJECTS =
            Collections.singletonMap(Library.OPTION_ALLOW_OBJECTS, Boolean.TRUE);

    private static volatile boolean openedHere;

    private InternalPackage() {
    }

    static boolean isOpen() {
        return Object.class.getModule().isOpen(NAME, InternalPackage.class.getModule());
    }

    /** Whether it was {@link #open} that opened the package. */
    static boolean isOpenedHere() {
        return openedHere;
    }

    /**
     * Opens the package.
     *
     * @throws ReflectiveOperationException if this JDK has not got what is needed
     * @throws LinkageError if JNA's native part cannot be loaded, or a name is not found; JNI's own errors come out of
     *     the call that raised them
     */
    static void open() throws ReflectiveOperationException {
        if (isOpen()) {
            return;
        }
        Method implAddOpens = accessible(Module.class, "implAddOpens", "(Ljava/lang/String;Ljava/lang/Module;)V");
        try {
            implAddOpens.invoke(Object.class.getModule(), NAME, InternalPackage.class.getModule());
        } catch (InvocationTargetException e) {
            throw new ReflectiveOperationException("Module.implAddOpens failed", e.getCause());
        }
        if (!isOpen()) {
            throw new ReflectiveOperationException("Module.implAddOpens returned, but " + NAME + " is not open");
        }
        openedHere = true;
    }

    private static Method accessible(Class<?> owner, String name, String signature) {
        Pointer table = functionTable();
        Pointer method = (Pointer) jni(table, GET_METHOD_ID, Pointer.class, owner, name, signature);
        Method reflected = (Method) jni(table, TO_REFLECTED_METHOD, Object.class, owner, method, (byte) 0);
        Pointer override = (Pointer) jni(table, GET_FIELD_ID, Pointer.class, AccessibleObject.class, "override", "Z");
        jni(table, SET_BOOLEAN_FIELD, void.class, reflected, override, (byte) 1);
        return reflected;
    }

    private static Pointer functionTable() {
        Function memcpy = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getFunction("memcpy");
        try (Memory address = new Memory(Native.POINTER_SIZE)) {
            memcpy.invoke(void.class, new Object[] {address, JNIEnv.CURRENT, (long) Native.POINTER_SIZE}, PASS_OBJECTS);
            return address.getPointer(0);
        }
    }

    private static Object jni(Pointer table, int slot, Class<?> result, Object... arguments) {
        Function function = Function.getFunction(table.getPointer((long) slot * Native.POINTER_SIZE));
        Object[] withEnv = new Object[arguments.length + 1];
        withEnv[0] = JNIEnv.CURRENT;
        System.arraycopy(arguments, 0, withEnv, 1, arguments.length);
        return function.invoke(result, withEnv, PASS_OBJECTS);
    }
}
