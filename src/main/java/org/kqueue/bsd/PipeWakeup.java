package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Wakeup;

/**
 * A wakeup by a pipe whose read end the kqueue watches, level-triggered. At most one byte is in the pipe, so neither
 * end can block.
 */
final class PipeWakeup implements Wakeup {

    private final Submitter kqueue;
    private final SystemLibrary library;
    private final OwnDescriptors descriptors;
    private final ChangeList delete;
    private final int readEnd;
    private final int writeEnd;
    // guarded by lock: content, signalled, closed
    private final Object lock = new Object();
    private final ByteBuffer content = ByteBuffer.allocateDirect(1);
    private final long contentAddress = Pointer.nativeValue(Native.getDirectBufferPointer(content));
    private boolean signalled;
    private boolean closed;

    PipeWakeup(Submitter kqueue, KeventLayout layout, SystemLibrary library, OwnDescriptors descriptors, long udata)
            throws IOException {
        this.kqueue = kqueue;
        this.library = library;
        this.descriptors = descriptors;
        int[] ends = library.pipe();
        readEnd = ends[0];
        writeEnd = ends[1];
        descriptors.add(ends);
        delete = new ChangeList(layout, 1).add(readEnd, Filter.EVFILT_READ, KeventFlags.EV_DELETE, udata);
        try {
            kqueue.submit(new ChangeList(layout, 1).add(readEnd, Filter.EVFILT_READ, KeventFlags.EV_ADD, udata));
        } catch (IOException | RuntimeException | Error e) {
            closeEnds();
            throw e;
        }
    }

    @Override
    public void signal() throws IOException {
        synchronized (lock) {
            if (closed || signalled) {
                return;
            }
            int errno;
            do {
                errno = library.calls().write(writeEnd, contentAddress, 1) < 0 ? library.errno() : 0;
            } while (errno == Errno.EINTR);
            if (errno != 0) {
                throw library.failure("write", writeEnd, errno, "wakeup pipe");
            }
            signalled = true;
        }
    }

    /**
     * Takes the byte before the caller looks at what was published: a signal that comes after this writes a new one.
     */
    @Override
    public void acknowledge() throws IOException {
        synchronized (lock) {
            if (closed || !signalled) {
                return;
            }
            int errno;
            do {
                errno = library.calls().read(readEnd, contentAddress, 1) < 0 ? library.errno() : 0;
            } while (errno == Errno.EINTR);
            if (errno != 0) {
                throw library.failure("read", readEnd, errno, "wakeup pipe");
            }
            signalled = false;
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            kqueue.submit(delete);
        } catch (ClosedKqueueException e) {
            // The knote went with the kqueue.
        } finally {
            closeEnds();
        }
    }

    private void closeEnds() {
        // An error of close has nobody to go to: the descriptors are gone all the same.
        descriptors.close(readEnd);
        descriptors.close(writeEnd);
    }
}
