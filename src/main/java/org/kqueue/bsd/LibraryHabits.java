package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

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
    private List<String> otherAbis = List.of();

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

    /**
     * The ABIs that the library speaks as far as one can see, if it does not speak the one it was loaded for: its kevents are
     * larger or smaller. Empty if it does, or where that does not show.
     */
    synchronized List<String> otherAbis() {
        find();
        return otherAbis;
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
        boolean silent = poll(kq, change(ends[0], Filter.EVFILT_READ, KeventFlags.EV_ADD), events) == 0;
        boolean written = library.calls().write(ends[1], address, 1) == 1;
        boolean told = poll(kq, null, events) == 1 && events.ident(0) == ends[0] && !events.isChangeResult(0);
        if (told) {
            // An event is ready and a change fails: a kernel returns the failure, and it alone.
            goesOn = poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_DELETE), events) != 1
                    || !events.isChangeResult(0);
            poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_ADD), events);
            if (poll(kq, null, events) == 2 && !isReadAndWrite(library.layout(), events, ends)) {
                otherAbis = Layouts.ALL.stream().filter(layout -> isReadAndWrite(layout, events, ends))
                        .map(KeventLayout::name).toList();
            }
            poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_DELETE), events);
        }
        boolean drained = library.calls().read(ends[0], address, 1) == 1;
        watchesPipes = silent && written && told && drained && poll(kq, null, events) == 0;
        // A library need not see the close that follows.
        poll(kq, change(ends[0], Filter.EVFILT_READ, KeventFlags.EV_DELETE), events);
    }

    private ChangeList change(int fd, Filter filter, int flags) {
        return new ChangeList(library.layout(), 1).add(fd, filter, flags, fd);
    }

    /** Whether two events are those of the pipe's ends, if they are read in a layout. */
    private static boolean isReadAndWrite(KeventLayout layout, EventList events, int[] ends) {
        Pointer memory = new Pointer(events.address());
        int found = 0;
        for (int at = 0; at < 2 * layout.size(); at += layout.size()) {
            long ident = memory.getLong(at + layout.identOffset());
            int filter = layout.filterWidth() == Integer.BYTES ? memory.getInt(at + layout.filterOffset())
                    : memory.getShort(at + layout.filterOffset());
            found |= ident == ends[0] && filter == layout.number(Filter.EVFILT_READ) ? 1 : 0;
            found |= ident == ends[1] && filter == layout.number(Filter.EVFILT_WRITE) ? 2 : 0;
        }
        return found == 3;
    }

    private int poll(int kq, ChangeList changes, EventList events) {
        // More memory than two kevents of any ABI take.
        events.prepare(8);
        int n = library.kevent().kevent(kq, changes == null ? 0 : changes.address(), changes == null ? 0 : 1,
                events.address(), events.capacity(), SystemKqueue.NO_TIME_ADDRESS);
        events.filled(Math.max(n, 0));
        return n;
    }
}
