package org.kqueue.robust.soak;

import java.nio.ByteBuffer;

/** The bytes of a connection, by seed and position, so that both ends know them without having kept them. */
final class BytePattern {

    private static final long MIX = 0x9E3779B97F4A7C15L;

    private BytePattern() {
    }

    static byte at(long seed, long position) {
        long z = (position + seed) * MIX;
        return (byte) ((z ^ z >>> 29) >>> 32);
    }

    static void fill(ByteBuffer buffer, long seed, long position) {
        for (long p = position; buffer.hasRemaining(); p++) {
            buffer.put(at(seed, p));
        }
    }

    /** The number of bytes that are not what they should be. */
    static int errors(ByteBuffer buffer, long seed, long position) {
        int errors = 0;
        for (long p = position; buffer.hasRemaining(); p++) {
            errors += buffer.get() == at(seed, p) ? 0 : 1;
        }
        return errors;
    }
}
