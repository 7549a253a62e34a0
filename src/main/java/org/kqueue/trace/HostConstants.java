package org.kqueue.trace;

import java.nio.ByteBuffer;
import org.kqueue.Errno;

/**
 * What {@code <sys/socket.h>} and {@code <fcntl.h>} of this system say. macOS and the BSDs agree in all of it.
 *
 * @param linux whether it is Linux
 */
record HostConstants(boolean linux) {

    static final HostConstants CURRENT = new HostConstants(System.getProperty("os.name").equals("Linux"));

    Errno.Numbering errnos() {
        return linux ? Errno.Numbering.LINUX : Errno.Numbering.BSD;
    }

    int nonBlock() {
        return linux ? 0x800 : 4;
    }

    int solSocket() {
        return linux ? 1 : 0xFFFF;
    }

    int soError() {
        return linux ? 4 : 0x1007;
    }

    int soLinger() {
        return linux ? 13 : 0x80;
    }

    /**
     * A {@code struct sockaddr_in} of 127.0.0.1 at the start of a buffer; the BSDs put its length before the family.
     */
    void loopback(ByteBuffer memory, int port) {
        memory.putLong(0, 0).putLong(8, 0);
        if (linux) {
            memory.putShort(0, (short) 2);
        } else {
            memory.put(0, (byte) 16).put(1, (byte) 2);
        }
        memory.put(2, (byte) (port >> 8)).put(3, (byte) port);
        memory.put(4, (byte) 127).put(7, (byte) 1);
    }
}
