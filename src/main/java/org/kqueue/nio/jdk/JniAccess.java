package org.kqueue.nio.jdk;

import com.sun.jna.CallbackProxy;
import com.sun.jna.CallbackReference;
import com.sun.jna.Function;
import com.sun.jna.JNIEnv;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.reflect.AccessibleObject;
import java.util.Collections;
import java.util.Map;
import org.kqueue.Jna;
import org.kqueue.KqueueUnavailableException;

/**
 * Makes a member of a JDK class accessible. {@code setAccessible(true)} is not allowed to, so that what it does when it
 * is allowed is done through JNI, which knows no access rules:
 *
 * <pre>
 *   GetFieldID(AccessibleObject, "override", "Z")    finds the field
 *   SetBooleanField(member, override, true)          sets it
 * </pre>
 *
 * <p>JNA passes the {@code JNIEnv*} of the calling thread to any C function, so to one of its own callbacks as well,
 * which gets it as a pointer. It points to the JNI function table. No library has to be opened for that: JNA's class
 * {@code NativeLibrary} runs {@code ldconfig} on Linux when it is initialised.
 *
 * <p>An exception that a JNI function leaves pending is thrown when JNA's native method returns, before the next one is
 * called. {@code -Xcheck:jni} warns twice all the same: JNA asks an argument that is an object for its component type
 * and does not check for an exception before it calls the function.
 */
final class JniAccess {

    // Slots of struct JNINativeInterface_; the JNI specification fixes them.
    private static final int GET_FIELD_ID = 94;
    private static final int SET_BOOLEAN_FIELD = 105;
    private static final byte JNI_TRUE = 1;

    private static final Map<String, Object> PASS_OBJECTS =
            Collections.singletonMap(Library.OPTION_ALLOW_OBJECTS, Boolean.TRUE);

    private JniAccess() {
    }

    /**
     * Makes a member accessible.
     *
     * @throws ReflectiveOperationException if JNA cannot be loaded; the message says how to supply it
     * @throws LinkageError if the field is not there
     */
    static void makeAccessible(AccessibleObject member) throws ReflectiveOperationException {
        try {
            Jna.require();
        } catch (KqueueUnavailableException e) {
            throw new ReflectiveOperationException(e.getMessage(), e);
        }
        Pointer table = functionTable();
        Pointer override = (Pointer) function(table, GET_FIELD_ID).invoke(Pointer.class,
                new Object[] {JNIEnv.CURRENT, AccessibleObject.class, "override", "Z"}, PASS_OBJECTS);
        function(table, SET_BOOLEAN_FIELD).invoke(void.class,
                new Object[] {JNIEnv.CURRENT, member, override, JNI_TRUE}, PASS_OBJECTS);
    }

    private static Pointer functionTable() {
        EnvCallback callback = new EnvCallback();
        Function.getFunction(CallbackReference.getFunctionPointer(callback)).invoke(void.class,
                new Object[] {JNIEnv.CURRENT}, PASS_OBJECTS);
        return callback.env.getPointer(0);
    }

    private static Function function(Pointer table, int slot) {
        return Function.getFunction(table.getPointer((long) slot * Native.POINTER_SIZE));
    }

    /** {@code void callback(JNIEnv* env)}. A proxy, because JNA finds the method of other callbacks by reflection. */
    private static final class EnvCallback implements CallbackProxy {
        private Pointer env;

        @Override
        public Object callback(Object[] arguments) {
            env = (Pointer) arguments[0];
            return null;
        }

        @Override
        public Class<?>[] getParameterTypes() {
            return new Class<?>[] {Pointer.class};
        }

        @Override
        public Class<?> getReturnType() {
            return void.class;
        }
    }
}
