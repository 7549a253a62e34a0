package org.kqueue.bsd;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.kqueue.KeventLayout;
import org.kqueue.KqueueUnavailableException;

/** A library that is loaded, its symbols, and the functions bound to them. */
final class Binding {

    private static final MethodType KEVENT = MethodType.methodType(int.class,
            int.class, long.class, int.class, long.class, int.class, long.class);
    private static final MethodType NETBSD_KEVENT = KEVENT
            .changeParameterType(2, long.class).changeParameterType(4, long.class);

    private static final String KQUEUE = "kqueue";
    /** {@code Dl_info} of {@code <dlfcn.h>}: four pointers, {@code dli_fbase} the second, on every system. */
    private static final int DL_INFO_BYTES = 4 * Long.BYTES;
    private static final int DLI_FBASE = Long.BYTES;

    /** Null for libc. */
    private final String name;
    /** Kept: JNA unloads a library when its object is collected. */
    private final NativeLibrary library;

    /**
     * Loads a library.
     *
     * @param name name or path, null for libc
     */
    Binding(String name) throws KqueueUnavailableException {
        this.name = name;
        library = load(name, Map.of());
    }

    private static NativeLibrary load(String name, Map<String, ?> options) throws KqueueUnavailableException {
        try {
            return NativeLibrary.getInstance(name, options);
        } catch (UnsatisfiedLinkError e) {
            throw new KqueueUnavailableException("org.kqueue.library=" + name
                    + " cannot be loaded: give the path of the file, or a name and its folder with -Djna.library.path;"
                    + " searched jna.library.path=" + System.getProperty("jna.library.path", "")
                    + ", then the system's own library path; "
                    + String.join("; ", e.getMessage().strip().split("\\s*\\R\\s*")), e);
        }
    }

    boolean exports(String symbol) {
        return address(library, symbol) != 0;
    }

    /**
     * Whether the library itself has a symbol: a look-up goes on in the libraries that it needs, libc among them. Not
     * told by comparing with what the process finds: that is the library's own symbol too where it was preloaded.
     */
    boolean isOwn(String symbol) {
        long base = base(address(library, symbol));
        return base != 0 && base == base(address(library, KQUEUE));
    }

    /** Whether its kqueue is in the same object as a system call of libc that no such library has reason to export. */
    boolean isLibc() {
        long base = base(address(library, KQUEUE));
        return base != 0 && base == base(address(NativeLibrary.getProcess(), "getpid"));
    }

    /** Where the object that an address belongs to is loaded; 0 for an address of 0 or of no object. */
    private static long base(long address) {
        ByteBuffer info = ByteBuffer.allocateDirect(DL_INFO_BYTES).order(ByteOrder.nativeOrder());
        int found = address == 0 ? 0 : NativeLibrary.getProcess().getFunction("dladdr").invokeInt(
                new Object[] {new Pointer(address), Native.getDirectBufferPointer(info)});
        return found == 0 ? 0 : info.getLong(DLI_FBASE);
    }

    private static long address(NativeLibrary library, String symbol) {
        try {
            return Pointer.nativeValue(library.getGlobalVariableAddress(symbol));
        } catch (UnsatisfiedLinkError e) {
            return 0;
        }
    }

    /**
     * Chooses a symbol.
     *
     * @param symbols the first that is exported will do
     */
    String require(String... symbols) throws KqueueUnavailableException {
        for (String symbol : symbols) {
            if (exports(symbol)) {
                return symbol;
            }
        }
        String symbol = String.join(" or ", symbols);
        throw new KqueueUnavailableException(name == null
                ? "libc of this " + HostSystem.NAME + " " + HostSystem.RELEASE
                        + " does not export " + symbol
                : "org.kqueue.library=" + name + " does not export " + symbol
                        + "; name a library that exports kqueue and kevent, such as libkqueue");
    }

    /** The functions of the library itself, or else of libc. */
    KqueueLibrary functions() throws KqueueUnavailableException {
        return (KqueueLibrary) jna(JnaKqueueLibrary.class, library);
    }

    /**
     * Binds {@code kevent}.
     *
     * @param symbol what it is called in the library
     */
    Kevent kevent(String symbol, KeventLayout layout) throws KqueueUnavailableException {
        MethodType type = layout.countsInSizeT() ? NETBSD_KEVENT : KEVENT;
        MethodHandle foreign = ForeignCalls.of(() -> address(library, symbol), symbol, type);
        if (foreign != null) {
            return (Kevent) instance(define(ForeignKevent.class, foreign.asType(KEVENT)));
        }
        FunctionMapper mapper = (library, method) -> symbol;
        NativeLibrary mapped = load(name, Map.of(Library.OPTION_FUNCTION_MAPPER, mapper));
        return (Kevent) jna(layout.countsInSizeT() ? NetbsdKevent.class : BsdKevent.class, mapped);
    }

    /** JNA binds a class to one library for good, so each library gets a copy of the mapping class. */
    private static Object jna(Class<?> mapping, NativeLibrary library) throws KqueueUnavailableException {
        try {
            MethodHandles.Lookup copy = define(mapping, null);
            Native.register(copy.lookupClass(), library);
            return instance(copy);
        } catch (UnsatisfiedLinkError e) {
            throw new KqueueUnavailableException(library.getName() + " lacks a function: " + e.getMessage(), e);
        }
    }

    private static MethodHandles.Lookup define(Class<?> original, Object classData) {
        try (InputStream in = original.getResourceAsStream(original.getSimpleName() + ".class")) {
            byte[] bytes = in.readAllBytes();
            return classData == null ? MethodHandles.lookup().defineHiddenClass(bytes, true)
                    : MethodHandles.lookup().defineHiddenClassWithClassData(bytes, classData, true);
        } catch (Exception e) {
            throw new AssertionError("cannot define a copy of " + original, e);
        }
    }

    private static Object instance(MethodHandles.Lookup copy) {
        try {
            return copy.findConstructor(copy.lookupClass(), MethodType.methodType(void.class)).invoke();
        } catch (Throwable e) {
            throw new AssertionError("cannot make a " + copy.lookupClass(), e);
        }
    }
}
