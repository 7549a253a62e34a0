package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/**
 * What a library that is no kernel may do otherwise than a kernel, found out once by trying it on a kqueue made for it. Where it
 * cannot be tried the answer is the one that is always safe.
 */
final class LibraryHabits {

    private final SystemLibrary library;
    // guarded by this: all below
    private boolean known;
    private boolean goesOn = true;
    private boolean watchesPipes;

    LibraryHabits(SystemLibrary library) {
        this.library = library;
    }

    /**
     * Whether {@code kevent} looks for events, and may wait, when it has answered a change. No kernel does. Libkqueue does where
     * the event list has room left, and if nothing comes then the answers are lost.
     */
    synchronized boolean goesOn() {
        find();
        return goesOn;
    }

    /** Whether a pipe's read end is readable while there is something in it, and only then. */
    synchronized boolean watchesPipes() {
        find();
        return watchesPipes;
    }

    private void find() {
        if (known || !library.hasPipe()) {
            return;
        }
        try {
            int kq = library.kqueue();
            try {
                int[] ends = library.pipe();
                try {
                    tryOut(kq, ends);
                    known = true;
                } finally {
                    library.close(ends[0]);
                    library.close(ends[1]);
                }
            } finally {
                library.close(kq);
            }
        } catch (IOException e) {
            // No descriptor left: the next kqueue asks again.
            known = false;
        }
    }

    private void tryOut(int kq, int[] ends) {
        ByteBuffer content = ByteBuffer.allocateDirect(1);
        long address = Pointer.nativeValue(Native.getDirectBufferPointer(content));
        EventList events = new EventList(library.layout(), 2);
        ChangeList add = new ChangeList(library.layout(), 1).add(ends[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, 1);
        boolean silent = poll(kq, add, events) == 0;
        boolean written = library.calls().write(ends[1], address, 1) == 1;
        boolean told = poll(kq, null, events) == 1 && events.ident(0) == ends[0] && !events.isChangeResult(0);
        if (told) {
            // An event is ready and a change fails: a kernel returns the failure, and it alone.
            ChangeList delete = new ChangeList(library.layout(), 1)
                    .add(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_DELETE, 2);
            goesOn = poll(kq, delete, events) != 1 || !events.isChangeResult(0);
        }
        boolean drained = library.calls().read(ends[0], address, 1) == 1;
        watchesPipes = silent && written && told && drained && poll(kq, null, events) == 0;
        poll(kq, new ChangeList(library.layout(), 1).add(ends[0], Filter.EVFILT_READ, KeventFlags.EV_DELETE, 1), events);
    }

    private int poll(int kq, ChangeList changes, EventList events) {
        events.prepare(0);
        int n = library.kevent().kevent(kq, changes == null ? 0 : changes.address(), changes == null ? 0 : 1,
                events.address(), events.capacity(), SystemKqueue.NO_TIME_ADDRESS);
        events.filled(Math.max(n, 0));
        return n;
    }
}
