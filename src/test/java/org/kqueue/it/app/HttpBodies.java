package org.kqueue.it.app;

import java.util.Arrays;
import java.util.Random;

/** What the HTTP applications send and expect: bytes that follow from a request's number. */
final class HttpBodies {

    static final int REQUESTS = 200;
    static final int BYTES = 256 * 1024;

    private HttpBodies() {
    }

    static byte[] body(int number) {
        byte[] bytes = new byte[BYTES];
        new Random(number).nextBytes(bytes);
        return bytes;
    }

    static void requireEqual(int number, int status, byte[] answer) {
        if (status != 200) {
            throw new AssertionError("request " + number + ": status " + status);
        }
        if (!Arrays.equals(answer, body(number))) {
            throw new AssertionError("request " + number + ": " + answer.length
                    + " bytes that are not what was posted");
        }
    }
}
