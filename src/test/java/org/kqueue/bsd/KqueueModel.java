package org.kqueue.bsd;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/** The kqueue of {@code kqueue_model.c}: a library to open kqueues of, with its remote control. */
public final class KqueueModel {

    /** The remote control, by its C names. */
    interface Control extends Library {
        int model_calls();

        int model_waits();

        int model_kqueues();

        int model_violations();

        String model_violation();

        int model_last_nchanges();

        int model_last_nevents();

        int model_last_no_timeout();

        long model_last_sec();

        long model_last_nsec();

        Pointer model_last_changes();

        int model_waiters(int kq);

        int model_knotes(int kq);

        void model_reset();

        void model_fail_kqueue(int error);

        void model_fail_call(int error, int n);

        void model_fail_wait(int error, int n);

        void model_error_change(int index, int error);

        void model_answer_beyond(int n);

        long model_kevent_size();

        long model_offset(int field);
    }

    final String abi;
    final Path library;
    final Control control;

    /** Compiles and loads it. */
    public KqueueModel(String abi, String... options) {
        this.abi = abi;
        library = NativeBuild.model(abi, options);
        control = Native.load(library.toString(), Control.class, Map.of());
        try {
            // What a library is probed for at its first kqueue is not counted.
            open().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        control.model_reset();
    }

    /** A kqueue of the system backend on it. */
    public Kqueue open() throws IOException {
        return Kqueue.open(config());
    }

    KqueueConfig config() {
        return new KqueueConfig("system", library.toString(), abi, KqueueConfig.Detail.FULL);
    }

    /** How many kevent calls it has seen. */
    public int calls() {
        return control.model_calls();
    }

    /** How many knotes a kqueue of it has. */
    public int knotes(Kqueue kqueue) {
        return control.model_knotes(kqueue.fd());
    }

    /** Fails if a call handed it something a kernel must not be handed. */
    public void requireNoViolation() {
        if (control.model_violations() != 0) {
            throw new AssertionError("the kernel was handed something wrong: " + control.model_violation());
        }
    }
}
