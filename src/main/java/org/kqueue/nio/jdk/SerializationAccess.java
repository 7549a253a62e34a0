package org.kqueue.nio.jdk;

import java.lang.reflect.Constructor;

/**
 * Makes a constructor of a JDK class accessible by {@code sun.reflect.ReflectionFactory}. The module jdk.unsupported
 * exports that class for serialization libraries, which have to call constructors that are not accessible. Needs no
 * native code.
 *
 * <p>A class of its own, so that a runtime without that module fails here and not when the caller is linked.
 */
final class SerializationAccess {

    private SerializationAccess() {
    }

    /**
     * Makes a constructor accessible.
     *
     * @throws LinkageError if there is no jdk.unsupported, or this library's module does not read it
     * @throws RuntimeException if this JDK does not do it for this class
     */
    static <T> void makeAccessible(Constructor<T> constructor) {
        sun.reflect.ReflectionFactory.getReflectionFactory()
                .newConstructorForSerialization(constructor.getDeclaringClass(), constructor);
        if (!constructor.canAccess(null)) {
            throw new IllegalStateException("ReflectionFactory did not make " + constructor + " accessible");
        }
    }
}
