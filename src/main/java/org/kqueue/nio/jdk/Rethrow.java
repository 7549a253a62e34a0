package org.kqueue.nio.jdk;

import java.io.IOException;

/** What a method handle throws, as what the method behind it declares. */
final class Rethrow {

    private Rethrow() {
    }

    /** Returns an IOException, throws anything else that is unchecked. */
    static IOException asIOException(Throwable e) {
        if (e instanceof IOException io) {
            return io;
        }
        throw asUnchecked(e);
    }

    static RuntimeException asUnchecked(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }
}
