package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/**
 * What a library that is no kernel may do otherwise than a kernel, found out once by trying it on a kqueue made for it.
 * Where it cannot be tried the answer is the one that is always safe.
 */
final class LibraryHabits {

    private static final int TIMER_WAIT_SECONDS = 1;

    private final SystemLibrary library;
    // guarded by this: all below
    private boolean known;
    private boolean answersAsKernel;
    private boolean watchesPipes;
    private List<String> otherAbis = List.of();
    /** Null until somebody asks. */
    private Boolean watchesKqueues;

    LibraryHabits(SystemLibrary library) {
        this.library = library;
    }

    /**
     * Whether changes are answered as by a kernel: one that fails or asks for a receipt, and no event beside it.
     * Libkqueue goes on to look for events where the list has room left, and if nothing comes then the answers are
     * lost; others know no receipts.
     */
    synchronized boolean answersAsKernel() {
        find();
        return answersAsKernel;
    }

    /** Whether a pipe's read end is readable while there is something in it, and only then. */
    synchronized boolean watchesPipes() {
        find();
        return watchesPipes;
    }

    /**
     * The ABIs that the library speaks as far as one can see, if it does not speak the one it was loaded for: its
     * kevents are larger or smaller. Empty if it does, or where that does not show.
     */
    synchronized List<String> otherAbis() {
        find();
        return otherAbis;
    }

    /** Whether a kqueue is readable while it has an event, and only then. Libkqueue's is the end of a pipe. */
    synchronized boolean watchesKqueues() {
        if (watchesKqueues == null && library.hasPipe()) {
            try {
                int watched = library.kqueue();
                try {
                    int watching = library.kqueue();
                    try {
                        watchesKqueues = isWatched(watched, watching);
                    } finally {
                        library.close(watching);
                    }
                } finally {
                    library.close(watched);
                }
            } catch (IOException e) {
                // No descriptor left: the next call asks again.
                return true;
            }
        }
        return !Boolean.FALSE.equals(watchesKqueues);
    }

    private boolean isWatched(int watched, int watching) throws IOException {
        EventList events = new EventList(library.layout(), 2);
        boolean silent = poll(watching, change(watched, Filter.EVFILT_READ, KeventFlags.EV_ADD), events) == 0;
        int[] ends = library.pipe();
        try {
            poll(watched, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_ADD), events);
            return silent && poll(watching, null, events) == 1 && events.ident(0) == watched;
        } finally {
            library.close(ends[0]);
            library.close(ends[1]);
        }
    }

    private void find() {
        if (known) {
            return;
        }
        try {
            int kq = library.kqueue();
            try {
                if (library.hasPipe()) {
                    tryOutWithPipe(kq);
                } else {
                    tryOutWithTimer(kq);
                }
                known = true;
            } finally {
                library.close(kq);
            }
        } catch (IOException e) {
            // No descriptor left: the next kqueue asks again.
            known = false;
        }
    }

    private void tryOutWithPipe(int kq) throws IOException {
        int[] ends = library.pipe();
        try {
            tryOut(kq, ends);
        } finally {
            library.close(ends[0]);
            library.close(ends[1]);
        }
    }

    /** With an event that will come while it would wait: a kernel returns the answer, and it alone. */
    private void tryOutWithTimer(int kq) {
        EventList events = new EventList(library.layout(), 2);
        int filter = library.layout().number(Filter.EVFILT_TIMER);
        int once = KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT;
        ChangeList changes = new ChangeList(library.layout(), 2)
                .add(1, filter, once, 0, 1, 1).add(2, filter, KeventFlags.EV_DELETE, 0, 0, 2);
        boolean failure = kevent(kq, changes, events, TIMER_WAIT_SECONDS) == 1 && events.isChangeResult(0)
                && events.ident(0) == 2;
        changes.clear().add(2, filter, once | KeventFlags.EV_RECEIPT, 0, 1, 2);
        answersAsKernel = kevent(kq, changes, events, TIMER_WAIT_SECONDS) == 1 && events.isChangeResult(0) && failure;
    }

    private void tryOut(int kq, int[] ends) {
        ByteBuffer content = ByteBuffer.allocateDirect(1);
        long address = Pointer.nativeValue(Native.getDirectBufferPointer(content));
        EventList events = new EventList(library.layout(), 2);
        boolean silent = poll(kq, change(ends[0], Filter.EVFILT_READ, KeventFlags.EV_ADD), events) == 0;
        boolean written = library.calls().write(ends[1], address, 1) == 1;
        boolean told = poll(kq, null, events) == 1 && events.ident(0) == ends[0] && !events.isChangeResult(0);
        if (told) {
            // While an event is ready: a kernel returns the answer, and it alone.
            boolean failure = poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_DELETE), events) == 1
                    && events.isChangeResult(0);
            int receipt = KeventFlags.EV_ADD | KeventFlags.EV_RECEIPT;
            answersAsKernel = poll(kq, change(ends[1], Filter.EVFILT_WRITE, receipt), events) == 1
                    && events.isChangeResult(0) && failure;
            if (poll(kq, null, events) == 2 && !isReadAndWrite(library.layout(), events, ends)) {
                otherAbis = Layouts.ALL.stream().filter(layout -> isReadAndWrite(layout, events, ends))
                        .map(KeventLayout::name).toList();
            }
            poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_DELETE), events);
        }
        boolean drained = written && library.calls().read(ends[0], address, 1) == 1;
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
        return kevent(kq, changes, events, 0);
    }

    private int kevent(int kq, ChangeList changes, EventList events, int seconds) {
        // More memory than two kevents of any ABI take.
        events.prepare(8);
        long changelist = changes == null ? 0 : changes.address();
        int nchanges = changes == null ? 0 : changes.size();
        int n = library.kevent().kevent(kq, changelist, nchanges, events.address(), events.capacity(),
                events.timespec(seconds, 0));
        Reference.reachabilityFence(changes);
        events.filled(Math.max(n, 0));
        return n;
    }
}
